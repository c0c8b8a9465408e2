"""Which points of a plan depend on which: every name must be there, and none may depend on itself. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from simulators.devices.fields import Located, Problem, did_you_mean
from simulators.devices.quantities import Quantities


@dataclass(frozen=True, slots=True)
class _Dependence:
    owner: str
    name: str
    place: Located
    is_text: bool


class References:
    """Collects dependences while a plan is read, and finds what is wrong with them when all of it is known."""

    def __init__(self, quantities: Quantities) -> None:
        self.quantities = quantities
        self._found: list[_Dependence] = []

    def note(self, owner: str, name: str, place: Located, *, is_text: bool = False) -> None:
        """The point `owner` depends on the point `name`, as is written at `place`."""
        self._found.append(_Dependence(owner, name, place, is_text))

    def problems(self) -> Iterator[Problem]:
        known_at_all = self.quantities.numbers.keys() | self.quantities.texts.keys()
        for each in self._found:
            known = self.quantities.texts if each.is_text else self.quantities.numbers
            if each.name not in known_at_all:
                near = did_you_mean(each.name, sorted(known))
                yield each.place.problem(f'{each.owner} depends on "{each.name}", which is not there{near}')
            elif each.name not in known:
                shows, wanted = ("a number", "a text") if each.is_text else ("a text", "a number")
                yield each.place.problem(f"{each.owner} needs {wanted}, {each.name} shows {shows}")
        for each in self._found:
            if each.owner in self._all_behind(each.name):
                yield each.place.problem(f"{each.owner} depends on itself, by way of {each.name}")

    def _all_behind(self, name: str) -> set[str]:
        behind: set[str] = set()
        open_ends = [name]
        while open_ends:
            each = open_ends.pop()
            if each not in behind:
                behind.add(each)
                open_ends += [found.name for found in self._found if found.owner == each]
        return behind

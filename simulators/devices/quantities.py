"""Quantities of a plan by name, so that one can follow another across machines: `MILL.speed`, `CRM.ST4.oil_p`. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


class Quantities:
    """Numbers and texts by `MACHINE.point`. Whoever registers a name last answers for it.

    Asked is the quantity itself, after scripts and hands and before its sensor. Many points follow the same few, so a
    number is remembered as long as the moment is the same and nothing was steered (`changed`).
    """

    def __init__(self) -> None:
        self.numbers: dict[str, Callable[[int], float]] = {}
        self.texts: dict[str, Callable[[int], str]] = {}
        self._remembered: dict[str, tuple[int, float]] = {}

    def number(self, name: str, now: int) -> float:
        """KeyError: nobody has registered the name."""
        remembered = self._remembered.get(name)
        if remembered is not None and remembered[0] == now:
            return remembered[1]
        number = self.numbers[name](now)
        self._remembered[name] = now, number
        return number

    def changed(self) -> None:
        """Something was steered: what was remembered may be otherwise now."""
        self._remembered.clear()


@dataclass(frozen=True, slots=True)
class Reference:
    """Another quantity as a signal. It is looked up when asked, because the other machine may come later."""

    quantities: Quantities
    name: str

    def value(self, now: int) -> float:
        return self.quantities.number(self.name, now)


@dataclass(frozen=True, slots=True)
class TextReference:
    """Another point's text."""

    quantities: Quantities
    name: str

    def text(self, now: int) -> str:
        return self.quantities.texts[self.name](now)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a function says, as a signal."""

    ask: Callable[[int], float]

    def value(self, now: int) -> float:
        return self.ask(now)


@dataclass(frozen=True, slots=True)
class AskedText:
    """What a function says, as a text."""

    ask: Callable[[int], str]

    def text(self, now: int) -> str:
        return self.ask(now)


@dataclass(frozen=True, slots=True)
class FixedText:
    """The same text for ever."""

    fixed: str

    def text(self, now: int) -> str:
        return self.fixed


@dataclass(frozen=True, slots=True)
class NumberedText:
    """The text whose place is the number that another quantity shows; the first or the last if it is beyond them."""

    texts: tuple[str, ...]
    number: Reference

    def text(self, now: int) -> str:
        return self.texts[min(max(round(self.number.value(now)), 0), len(self.texts) - 1)]

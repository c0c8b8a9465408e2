"""One line of the table: a figure of ours, and the same work done by the barest means, on the same machine just then."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """ours, beside: in `unit`. beside_what: what was run beside. beside None: nothing compares. least: the
    least that was measured, where `ours` is the median. goal: what ours shall be at most; ratio_goal: the same of its ratio
    to what was run beside; None: there is no goal."""

    what: str
    ours: float
    unit: str
    beside: float | None = None
    beside_what: str = ""
    least: float | None = None
    goal: float | None = None
    ratio_goal: float | None = None

    @property
    def ratio(self) -> float | None:
        return self.ours / self.beside if self.beside else None

    @property
    def verdict(self) -> str:
        """`met`; `missed`; or `at best`: the least met it, but not the median. Empty without a goal."""
        return _verdict(self.ours, self.least, self.goal)

    @property
    def ratio_verdict(self) -> str:
        return _verdict(self.ratio, None, self.ratio_goal)

    def __str__(self) -> str:
        least = "" if self.least is None else _short(self.least)
        goal = "" if self.goal is None else f"<= {_short(self.goal)} {self.verdict}"
        ours = f"{self.what:<64}{_short(self.ours):>9} {least:>9} {self.unit:<12}{goal:<18}"
        if self.beside is None:
            return f"{ours}{self.beside_what}".rstrip()
        ratio = "-" if self.ratio is None else f"{self.ratio:.2g} x"
        ratio_goal = "" if self.ratio_goal is None else f", goal <= {self.ratio_goal:.2g} x: {self.ratio_verdict}"
        return f"{ours}{_short(self.beside):>12} {ratio:>9}  {self.beside_what}{ratio_goal}"


HEAD = f"{'':<64}{'ours':>9} {'least':>9} {'':<12}{'goal':<18}{'beside it':>12} {'ratio':>9}"


def table(title: str, figures: Iterable[Figure]) -> str:
    return "\n".join([title, HEAD, *map(str, figures)])


def _verdict(ours: float | None, least: float | None, goal: float | None) -> str:
    if goal is None or ours is None:
        return ""
    if ours <= goal:
        return "met"
    return "at best" if least is not None and least <= goal else "missed"


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.3g}"

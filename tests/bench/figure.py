"""One line of the table: a figure of ours, and the same work done by the barest means, on the same machine just then."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """ours, beside: in `unit`. beside_what: what was run beside. beside None: nothing compares. least: the
    least that was measured, where `ours` is the median."""

    what: str
    ours: float
    unit: str
    beside: float | None = None
    beside_what: str = ""
    least: float | None = None

    def __str__(self) -> str:
        ours = f"{self.what:<64}{_short(self.ours):>9} {'' if self.least is None else _short(self.least):>9} {self.unit:<12}"
        if self.beside is None:
            return f"{ours}{self.beside_what}"
        ratio = f"{self.ours / self.beside:.2g} x" if self.beside else "-"
        return f"{ours}{_short(self.beside):>12} {ratio:>9}  {self.beside_what}"


HEAD = f"{'':<64}{'ours':>9} {'least':>9} {'':<12}{'beside it':>12} {'ratio':>9}"


def table(title: str, figures: Iterable[Figure]) -> str:
    return "\n".join([title, HEAD, *map(str, figures)])


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.3g}"

"""One line of the table: a figure of ours, and the same work done by the barest means, on the same machine just then."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """ours, beside: in `unit`. beside_what: what was run beside. beside None: nothing compares."""

    what: str
    ours: float
    unit: str
    beside: float | None = None
    beside_what: str = ""

    def __str__(self) -> str:
        if self.beside is None:
            return f"{self.what:<58}{_short(self.ours):>12} {self.unit:<12}{self.beside_what}"
        ratio = f"{self.ours / self.beside:.2g} x" if self.beside else "-"
        return f"{self.what:<58}{_short(self.ours):>12} {self.unit:<12}{_short(self.beside):>12} {ratio:>9}  {self.beside_what}"


HEAD = f"{'':<58}{'ours':>12} {'':<12}{'beside it':>12} {'ratio':>9}"


def table(title: str, figures: Iterable[Figure]) -> str:
    return "\n".join([title, HEAD, *map(str, figures)])


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.3g}"

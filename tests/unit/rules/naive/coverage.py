"""Coverage again: a list of gaps."""

from __future__ import annotations

from edge.model.moment import NEVER
from rules.signals.coverage import GAPS


class NaiveCoverage:
    def __init__(self, span: int, part: float) -> None:
        self._span = span
        self._need = round(span * part)
        self._begun: int | None = None
        self._until = 0
        self._gaps: list[tuple[int, int]] = []
        self.broken = False

    def take(self, value: float | None, source: int, gap: bool) -> bool:
        """Whether what is before this good sample is not covered."""
        if value is None:
            self.broken = True
            return False
        apart = gap or self.broken
        if self._begun is None:
            self._begun = source
        elif apart and source > self._until:
            self._gaps.append((self._until, source))
        if len(self._gaps) > GAPS:
            oldest, second, *others = self._gaps
            self._gaps = [(oldest[0], second[1]), *others] if oldest[1] > source - self._span else [second, *others]
        self.broken = False
        self._until = source
        return apart

    def covered(self, start: int, end: int) -> int:
        if self._begun is None:
            return 0
        start = max(start, self._begun)
        end = min(end, self._until) if self.broken else end
        return max(end - start, 0) - sum(max(min(to, end) - max(from_, start), 0) for from_, to in self._gaps)

    def enough(self, start: int, end: int) -> bool:
        return self.covered(start, end) >= self._need

    def enough_from(self, start: int) -> int:
        assert self._begun is not None
        last_gap = self._gaps[-1][1] if self._gaps else 0
        return min(max(self._begun, last_gap, start) + self._need, NEVER)

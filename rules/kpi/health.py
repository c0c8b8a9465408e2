"""One word for the dashboard: the levels of alarm performance (EEMUA 191)."""

from __future__ import annotations

from enum import StrEnum


class Health(StrEnum):
    """From the best to the worst."""

    ROBUST = "robust"
    STABLE = "stable"
    REACTIVE = "reactive"
    OVERLOADED = "overloaded"

    @property
    def rank(self) -> int:
        """0 is the best."""
        return list(Health).index(self)


def health(average: float | None, peak: float | None) -> Health | None:
    """The worse of what the average and the worst of ten minutes say. None without data."""
    if average is None or peak is None:
        return None
    return max(_of_average(average), _of_peak(peak), key=lambda level: level.rank)


def _of_average(average: float) -> Health:
    if average < 1:
        return Health.ROBUST
    if average <= 2:
        return Health.STABLE
    return Health.REACTIVE if average <= 10 else Health.OVERLOADED


def _of_peak(peak: float) -> Health:
    if peak < 10:
        return Health.ROBUST
    if peak < 100:
        return Health.STABLE
    return Health.REACTIVE if peak < 1000 else Health.OVERLOADED

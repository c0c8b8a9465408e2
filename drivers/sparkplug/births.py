"""What a birth said of its metrics: their names, aliases and data types. Pure.

Data messages may leave out the name, and mostly leave out the data type. An alias counts for the birth that gave it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import StrEnum

from drivers.sparkplug.codec import Metric


class Unnamed(StrEnum):
    """Why it cannot be said which metric is meant."""

    UNKNOWN_ALIAS = "unknown_alias"
    ALIAS_DIFFERS = "alias_differs"
    ALIAS_TWICE = "alias_twice"


class Births:
    """Of one device, or of the node itself."""

    def __init__(self, metrics: Iterable[Metric] = ()) -> None:
        self._type: dict[str, int | None] = {}
        self._name: dict[int, str] = {}
        #: The names of an alias that stands for several.
        self._twice: dict[int, set[str]] = {}
        for metric in metrics:
            if metric.name is None:
                continue
            self._type[metric.name] = metric.datatype
            if metric.alias is not None and self._name.setdefault(metric.alias, metric.name) != metric.name:
                self._twice.setdefault(metric.alias, {self._name[metric.alias]}).add(metric.name)
        for alias in self._twice:
            del self._name[alias]

    def __contains__(self, name: str) -> bool:
        return name in self._type

    def type_of(self, name: str) -> int | None:
        return self._type.get(name)

    def forget_aliases(self) -> None:
        self._name.clear()
        self._twice.clear()

    def names_of_twice(self, metric: Metric) -> Collection[str]:
        """Which metrics it may be, where its alias stands for several."""
        return () if metric.alias is None else self._twice.get(metric.alias, ())

    def name_of(self, metric: Metric) -> str | Unnamed:
        by_alias = None if metric.alias is None else self._name.get(metric.alias)
        if metric.name is None:
            return by_alias or (Unnamed.ALIAS_TWICE if metric.alias in self._twice else Unnamed.UNKNOWN_ALIAS)
        return metric.name if by_alias in (None, metric.name) else Unnamed.ALIAS_DIFFERS

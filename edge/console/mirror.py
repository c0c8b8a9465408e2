"""What the agent said last of every alarm that stands and of every tag: the mirror from which all pages are drawn. Pure.

An alarm's value moves with its tag, so that a value which moves costs the agent one row and not two. What is worked out of tags
is told beside them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from edge.console.rows import Count, count_alarms, count_hidden, with_reading
from edge.model.alarm import AlarmState, Priority

Form = Mapping[str, Any]
_NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Change:
    """Ids. alarms: those that came, changed or went. values: alarms of which only the value moved. tags: those of which
    something moved. full: nothing of before counts any more."""

    alarms: frozenset[str] = _NOTHING
    values: frozenset[str] = _NOTHING
    tags: frozenset[str] = _NOTHING
    full: bool = False

    def __or__(self, other: Change) -> Change:
        alarms = self.alarms | other.alarms
        return Change(alarms, (self.values | other.values) - alarms, self.tags | other.tags, self.full or other.full)


@dataclass(slots=True)
class Mirror:
    alarms: dict[str, Form] = field(default_factory=dict)
    tags: dict[str, Form] = field(default_factory=dict)
    counts: Mapping[Priority, Count] = field(default_factory=lambda: count_alarms(()))
    hidden: Mapping[AlarmState, int] = field(default_factory=lambda: count_hidden(()))
    _hung: Mapping[str, int] = field(default_factory=dict)
    _watching: dict[str, set[str]] = field(default_factory=dict)

    def everything(self) -> Change:
        """What a page has to draw that knows nothing yet."""
        return Change(frozenset(self.alarms), _NOTHING, frozenset(self.tags), full=True)

    def begin(self, tags: Iterable[Form]) -> None:
        """Forget all; these are the tags there are."""
        self.alarms.clear()
        self._watching.clear()
        self.tags = {tag["tag"]: self._marked(tag) for tag in tags}

    def hang(self, hang_tags: Iterable[Form]) -> Change:
        """The hang-tags there are: each alarm and tag says under `hung` how many hang on its device."""
        hung, known = Counter(str(each["device"]) for each in hang_tags), self._hung
        moved = {device for device in {*hung, *known} if hung[device] != known.get(device, 0)}
        if not moved:
            return Change()
        self._hung = hung
        alarms = {name for name, alarm in self.alarms.items() if alarm["device"] in moved}
        tags = {name for name, tag in self.tags.items() if tag["device"] in moved}
        self.alarms.update({name: self._marked(self.alarms[name]) for name in alarms})
        self.tags.update({name: self._marked(self.tags[name]) for name in tags})
        return Change(frozenset(alarms), _NOTHING, frozenset(tags))

    def _marked(self, form: Form) -> Form:
        return {**form, "hung": self._hung.get(form["device"], 0)}

    def take(self, alarms: Sequence[Form], gone: Sequence[str], tags: Sequence[Form], derived: Sequence[Form] = ()) -> Change:
        """An answer of `/api/v1/live`. What moves of a tag that is not known is left out."""
        for alarm_id in gone:
            self._put_away(alarm_id)
        for alarm in alarms:
            self.alarms[alarm["alarm"]] = with_reading(self._marked(alarm), self.tags.get(alarm["tag"]))
            self._watching.setdefault(alarm["tag"], set()).add(alarm["alarm"])
        moved = frozenset(tag["tag"] for tag in tags if tag["tag"] in self.tags)
        values = set[str]()
        for reading in tags:
            if reading["tag"] in moved:
                self.tags[reading["tag"]] = {**self.tags[reading["tag"]], **reading}
                values |= self._move_values(reading)
        for told in derived:
            if told["alarm"] in self.alarms:
                self.alarms[told["alarm"]] = {**self.alarms[told["alarm"]], "derived": told["derived"]}
                values.add(told["alarm"])
        changed = frozenset(gone) | {alarm["alarm"] for alarm in alarms}
        if changed:
            self.counts, self.hidden = count_alarms(self.alarms.values()), count_hidden(self.alarms.values())
        return Change(changed, frozenset(values) - changed, moved)

    def _move_values(self, reading: Form) -> set[str]:
        """A bad reading has no value: the alarm goes on showing the last good one, and what a failed sensor says beside it."""
        watching = self._watching.get(reading["tag"], set())
        for alarm_id in watching:
            alarm = self.alarms[alarm_id]
            value = alarm["value"] if reading["quality"] == "bad" or reading["value"] is None else reading["value"]
            self.alarms[alarm_id] = with_reading({**alarm, "value": value, "quality": reading["quality"]}, reading)
        return watching

    def _put_away(self, alarm_id: str) -> None:
        alarm = self.alarms.pop(alarm_id, None)
        if alarm is not None:
            self._watching[alarm["tag"]].discard(alarm_id)

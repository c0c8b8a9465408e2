"""What the response is told about the plant: who is told what, and the words for places, devices and tags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from edge.model.act import CallMedium
from edge.model.alarm import Priority
from edge.model.moment import Span
from edge.model.person import Directory
from edge.model.tag import DataClass, Device, Tag, Words
from edge.response.flood import USUAL_FLOOD, FloodLimits
from edge.response.grants import NO_GRANTS, Grants
from rules.definition import Kind, Rule


@dataclass(frozen=True, slots=True)
class Escalation:
    """Persons whose phones ring when nobody has acknowledged for so long. to: `person:ID` or `team:ID`."""

    after: Span
    call: CallMedium
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """Who is told of an alarm that matches all four filters (an empty filter matches everything).

    Every matching route applies, but of a sensor's fault only those that name its kind, when one does: it is the instrument
    people's. A recipient named by several is told once. to: `person:ID`, `team:ID` or `group:ID`.
    repeat_every: told again while nobody acknowledges; None: never. repeat_max: at most this many reminders.
    escalate: who is called while nobody acknowledges.
    """

    name: str
    to: tuple[str, ...]
    priorities: frozenset[Priority] = frozenset()
    areas: frozenset[str] = frozenset()
    device_types: frozenset[str] = frozenset()
    kinds: frozenset[Kind] = frozenset()
    repeat_every: Span | None = None
    repeat_max: int = 10
    escalate: tuple[Escalation, ...] = ()


@dataclass(frozen=True, slots=True)
class LineWords:
    """What a line and its states are called in the shop."""

    words: Words
    states: Mapping[str, Words]


@dataclass(frozen=True, slots=True)
class Delivering:
    """How hard we try to be heard, and how sparingly. values_every: the value on the cards of an active alarm is shown anew so
    often at most; None: with changes of state alone. cut_off_after: a raise of which nothing is heard for so long tells that
    its recipient is not reached; None: it never does. fallback: priorities of which people are then told by another channel;
    channels: by which, in the order in which each has them: those that people read."""

    values_every: Span | None = None
    cut_off_after: Span | None = None
    fallback: frozenset[Priority] = frozenset()
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """shelve_reasons: at most five (id, words) that a shelve button offers; shelve_for: how long such a press shelves.
    channel: the name of the channel that recipients are usually reached by; channels: all that are configured. late_after: a
    message that arrives later than this after it was wanted says by how much. time_zone: the IANA name of the plant's local
    time, in which people read moments.
    suppressions: the words of those that have any, by name.
    grants: which points may be written, and what rules write.
    has_codes: people answer alarms by typing their number.
    left: ids of persons who are no longer in the organisation, whatever people.yaml says.
    flood: when a position is in flood; None: never. floods: of positions that differ in that, by name.
    shared_names: the words by which more than one device goes, such as `main motor` of five stands.
    has_red: any tag is of the class red."""

    site: str
    routes: tuple[Route, ...]
    directory: Directory
    areas: Mapping[str, Words]
    devices: Mapping[str, Device]
    rules: Mapping[str, Rule]
    shelve_reasons: tuple[tuple[str, Words], ...]
    shelve_for: Span
    channel: str
    late_after: Span
    time_zone: str = "UTC"
    lines: Mapping[str, LineWords] = field(default_factory=dict)
    suppressions: Mapping[str, Words] = field(default_factory=dict)
    flood: FloodLimits | None = USUAL_FLOOD
    floods: Mapping[str, FloodLimits | None] = field(default_factory=dict)
    grants: Grants = NO_GRANTS
    channels: tuple[str, ...] = ()
    has_codes: bool = False
    left: frozenset[str] = frozenset()
    delivering: Delivering = Delivering()
    shared_names: frozenset[str] = field(init=False, repr=False, compare=False)
    has_red: bool = field(init=False, repr=False, compare=False)
    _tags: Mapping[str, Tag] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        counted = Counter(name for device in self.devices.values() for name in set(device.words.values()))
        object.__setattr__(self, "shared_names", frozenset(name for name, count in counted.items() if count > 1))
        tags = {tag.name: tag for device in self.devices.values() for tag in device.tags}
        object.__setattr__(self, "_tags", tags)
        object.__setattr__(self, "has_red", any(tag.data_class is DataClass.RED for tag in tags.values()))

    def channel_to(self, addresses: Collection[str]) -> str | None:
        """By which channel somebody is told who has addresses on these, in their order: by the usual one, else by the first
        that is configured; None: by none."""
        if self.channel in addresses:
            return self.channel
        return next((channel for channel in addresses if channel in self.channels), None)

    def flood_limits(self, position: str) -> FloodLimits | None:
        return self.floods.get(position, self.flood)

    def tag(self, name: str) -> Tag | None:
        """`DEVICE.TAG`; None when there is no such tag (any more)."""
        return self._tags.get(name)

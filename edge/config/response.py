"""`response.yaml`: who is told of which alarms, how often again, and how long a shelf may last. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from edge.config.flood import Floods, read_floods
from edge.config.names import Names
from edge.config.people import People
from edge.config.text.finding import Findings
from edge.config.text.reader import Reader
from edge.config.text.source import Node
from edge.config.text.values import FileModel, Name, TwoLanguages, duration, name_form
from edge.model.act import CallMedium
from edge.model.alarm import Priority
from edge.model.moment import HOUR, MINUTE, SECOND, Span
from edge.model.tag import Words
from edge.response.policy import Delivering, Escalation, Route
from rules.definition import Kind

RESPONSE_FILE = "response.yaml"
#: By which channels people can be called by a medium.
Callers = Mapping[CallMedium, frozenset[str]]
SECTIONS = ("routes", "flood", "shelve", "delivery", "late_after", "channel")


class EscalationFile(FileModel):
    """Whose phones ring when nobody has acknowledged for so long: persons and teams."""

    after: Annotated[Span, duration("1min", "24h")]
    call: CallMedium
    to: Annotated[tuple[str, ...], Field(min_length=1, max_length=20)]


class RouteFile(FileModel):
    """Who is told. An empty or absent filter matches everything."""

    to: Annotated[tuple[str, ...], Field(min_length=1, max_length=50)]
    priorities: tuple[Priority, ...] = ()
    areas: tuple[Name, ...] = ()
    device_types: tuple[Name, ...] = ()
    kinds: tuple[Kind, ...] = ()
    repeat_every: Annotated[Span, duration("10s", "24h")] | None = None
    repeat_max: Annotated[int, Field(ge=1, le=100)] = 10
    escalate: Annotated[tuple[EscalationFile, ...], Field(max_length=5)] = ()


#: What a shelve button asks when the plant says nothing.
USUAL_REASONS: tuple[tuple[str, Words], ...] = (
    ("known_fault", {"zh": "已知故障，等待处理", "en": "Known fault, being dealt with"}),
    ("maintenance", {"zh": "正在检修", "en": "Under maintenance"}),
    ("sensor_fault", {"zh": "传感器故障", "en": "Sensor fault"}),
)


class ShelveFile(FileModel):
    """for: how long a press on the button shelves; the longest shelf there is lasts 8 h. reasons: what it asks; left out: the
    usual ones. An empty mapping takes the button away. priorities: of which alarms may be shelved, by whatever way; a danger to
    people never is."""

    for_: Annotated[Span, duration("1min", "8h")] = Field(default=HOUR, alias="for")
    reasons: Annotated[Mapping[Name, TwoLanguages], Field(max_length=5)] | None = None
    priorities: tuple[Priority, ...] = (Priority.MEDIUM, Priority.LOW)


class DeliveryFile(FileModel):
    """values_every: the cards of an active alarm show a value that has changed so often at most, rarer the longer it stands.
    cut_off_after: when nothing is heard of a raise for so long, its recipient counts as not reached. fallback: priorities of
    which people are then told by another channel of theirs."""

    values_every: Annotated[Span, duration("5min", "24h")] = 5 * MINUTE
    cut_off_after: Annotated[Span, duration("10s", "1h")] = 30 * SECOND
    fallback: tuple[Priority, ...] = (Priority.CRITICAL,)


class ResponseFile(FileModel):
    """The rest of the file; `routes` and `flood` are read by themselves. channel: needed only when `cloud.yaml` has several."""

    shelve: ShelveFile = Field(default_factory=ShelveFile)
    delivery: DeliveryFile = Field(default_factory=DeliveryFile)
    late_after: Annotated[Span, duration("1s", "24h")] = MINUTE
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """All that `response.yaml` says, checked."""

    routes: tuple[Route, ...]
    floods: Floods
    shelve_reasons: tuple[tuple[str, Words], ...]
    shelve_for: Span
    shelve_priorities: frozenset[Priority]
    late_after: Span
    channel: str
    delivering: Delivering


@dataclass(frozen=True, slots=True)
class RouteContext:
    """What routes may refer to. channels: those that `cloud.yaml` configures. callers: None while one of
    them is wrong."""

    areas: Names
    device_types: Names
    people: People
    channels: Names
    callers: Callers | None


def read_response(root: Node, context: RouteContext, reader: Reader) -> Response | None:
    """The whole file; None when something in it is wrong."""
    findings = reader.findings
    known = reader.known(root, RESPONSE_FILE, SECTIONS)
    names = Names()
    if (section := known.get("routes")) is not None:
        names.declare(reader.named(section, "routes", name_form), findings)
    read = reader.read(ResponseFile, known.without(("routes", "flood")), RESPONSE_FILE)
    channel = _channel(known, context.channels, findings)
    references = _References(context, findings)
    routes = []
    for name, node in names.items():
        route = reader.read(RouteFile, node, name)
        references.check(node)
        if channel:
            references.check_reachable(node, channel, context.channels)
        if route is not None:
            routes.append(_route(name, route))
    floods = read_floods(known.get("flood"), _named_by(names), reader)
    if read is None or floods is None or len(routes) < len(names):
        return None
    asked = read.shelve.reasons
    reasons = USUAL_REASONS if asked is None else tuple((name, words.words) for name, words in asked.items())
    priorities = frozenset({*read.shelve.priorities, Priority.JOURNAL})
    delivery = read.delivery
    delivering = Delivering(delivery.values_every, delivery.cut_off_after, frozenset(delivery.fallback))
    return Response(tuple(routes), floods, reasons, read.shelve.for_, priorities, read.late_after, channel, delivering)


def reasons_of(root: Node | None, findings: Findings) -> Names:
    """The reasons that a shelve button offers, also where something else about them is wrong."""
    reasons = Names(complete=root is not None and root.entries.keys() <= set(SECTIONS))
    shelve = root.get("shelve") if root is not None else None
    if shelve is not None and (section := shelve.get("reasons")) is not None:
        reasons.declare(section.entries, findings)
    elif root is not None:
        reasons.declare({name: root for name, _ in USUAL_REASONS}, findings)
    return reasons


def _route(name: str, read: RouteFile) -> Route:
    return Route(
        name,
        read.to,
        frozenset(read.priorities),
        frozenset(read.areas),
        frozenset(read.device_types),
        frozenset(read.kinds),
        read.repeat_every,
        read.repeat_max,
        tuple(Escalation(step.after, step.call, step.to) for step in read.escalate),
    )


def _channel(root: Node, channels: Names, findings: Findings) -> str:
    """The channel by which everybody is told; empty when there is none."""
    node = root.get("channel")
    if node is not None and isinstance(node.value, str):
        return node.value if channels.knows(node.value, node.place, "unknown_channel", findings) else ""
    if len(channels) > 1 and node is None:
        findings.error(root.key, "channel_to_choose", known=", ".join(channels))
    if not channels and channels.complete and (routes := root.get("routes")) is not None:
        findings.error(routes.key, "no_channel")
    findings.missed |= not channels and not channels.complete
    return next(iter(channels), "")


class _References:
    """What a route refers to must be there, and somebody must be reached."""

    def __init__(self, context: RouteContext, findings: Findings) -> None:
        self._filters = {"areas": (context.areas, "unknown_area"), "device_types": (context.device_types, "unknown_type")}
        self._callers = context.callers
        people = context.people
        self._recipients = {"person": people.persons, "team": people.teams, "group": people.groups}
        self._findings = findings

    def check(self, route: Node) -> None:
        for key, (names, sentence) in self._filters.items():
            for item in _texts(route, key):
                names.knows(str(item.value), item.place, sentence, self._findings)
        for item in _texts(route, "priorities"):
            if item.value == Priority.JOURNAL:
                self._findings.error(item.place, "journal_routed")
        self._check_recipients(route)
        section = route.get("escalate")
        for step in section.items if section is not None else ():
            self._check_recipients(step)
            self._check_medium(step)
            for item in _texts(step, "to"):
                if str(item.value).startswith("group:"):
                    self._findings.error(item.place, "group_called", given=str(item.value)[:60])

    def _check_medium(self, step: Node) -> None:
        node, callers = step.get("call"), self._callers
        if node is None or callers is None or node.value not in list(CallMedium):
            return
        medium = CallMedium(str(node.value))
        if not callers[medium]:
            known = ", ".join(sorted(each for each in callers if callers[each])) or "-"
            self._findings.error(node.place, "cannot_call", medium=medium, known=known)
        else:
            self._check_phones(step, callers[medium])

    def _check_phones(self, step: Node, channels: frozenset[str]) -> None:
        """Who is called needs an address on a channel that can ring."""
        persons, teams = self._recipients["person"], self._recipients["team"]
        for item in _texts(step, "to"):
            kind, _, name = str(item.value).partition(":")
            called = [name] if kind == "person" else []
            if kind == "team" and name in teams:
                called = [str(each.value) for each in _texts(teams[name], "members")]
            unheard = [each for each in called if each in persons and not channels & persons[each].entries.keys()]
            if unheard:
                report = self._findings.error if len(unheard) == len(called) else self._findings.note
                report(item.place, "never_rings", names=", ".join(unheard), channel=", ".join(sorted(channels)))

    def _check_recipients(self, node: Node) -> None:
        for item in _texts(node, "to"):
            kind, colon, name = str(item.value).partition(":")
            if kind not in self._recipients or not colon:
                self._findings.error(item.place, "recipient_form", given=str(item.value)[:60])
            else:
                self._recipients[kind].knows(name, item.place, f"unknown_{kind}", self._findings)

    def check_reachable(self, route: Node, channel: str, channels: Names) -> None:
        """Who is named and has no address would never be told. channel: the usual one; channels: all that are configured."""
        persons, teams = self._recipients["person"], self._recipients["team"]

        def has_way(entry: Node) -> bool:
            return any(each in entry.entries for each in channels)

        for item in _texts(route, "to"):
            kind, _, name = str(item.value).partition(":")
            if kind == "team" and name in teams:
                members = [text for each in _texts(teams[name], "members") if (text := str(each.value)) in persons]
                unreached = [member for member in members if not has_way(persons[member])]
                if members and len(unreached) == len(members):
                    self._findings.error(item.place, "nobody_reached", name=name, channel=channel)
                elif unreached:
                    self._findings.note(item.place, "some_not_reached", names=", ".join(unreached), channel=channel)
            elif kind in ("person", "group") and name in (names := self._recipients[kind]):
                if has_way(names[name]):
                    continue
                self._findings.error(item.place, "not_reached", name=name, channel=channel)


def _named_by(routes: Names) -> Names:
    """Whom the routes name, as they name them."""
    named = Names(complete=routes.complete)
    for _, route in routes.items():
        named.declare({str(each.value): each for each in _texts(route, "to") if str(each.value) not in named}, Findings())
    return named


def _texts(node: Node, key: str) -> list[Node]:
    section = node.get(key)
    return [item for item in section.items if isinstance(item.value, str)] if section is not None else []

"""The organisation the stand-in plays: one internal app with its robot, persons, and groups with webhook robots.

How it is read from a file: `organisation_file`. How it is now, after persons left and groups were made: `directory`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from simulators.dingtalk.behaviour import Behaviour

LANGUAGES = ("zh", "en")
#: The department that is the whole organisation.
ROOT = 1


@dataclass(frozen=True, slots=True)
class GroupTemplate:
    """A template of scene groups, made in the console. robot: it brings the app's robot into each group."""

    template_id: str
    robot: bool = True


@dataclass(frozen=True, slots=True)
class EventCallback:
    """Where events are posted to, instead of the stream. token, aes_key: made in the console; the key has 43 characters."""

    url: str
    token: str
    aes_key: str


@dataclass(frozen=True, slots=True)
class App:
    """missing_scopes: permissions not granted; calls that need one are refused with the name of the scope. unticked_events:
    types of events that the app did not tick in its console. agent_id: what work notices are sent by. group_templates:
    those of the scene groups that the app may open. message_url: where messages to the robot are posted to;
    empty = they go over the stream. addresses: from which calls may come, single ones or networks such as 203.0.113.0/24;
    empty = from any."""

    client_id: str
    client_secret: str
    robot_code: str
    corp_id: str
    name: str = "Andon"
    missing_scopes: tuple[str, ...] = ()
    unticked_events: tuple[str, ...] = ()
    agent_id: int = 1_000_001
    group_templates: tuple[GroupTemplate, ...] = (GroupTemplate("andon-incident-group"),)
    message_url: str = ""
    addresses: tuple[str, ...] = ()
    event_callback: EventCallback | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """user_id: within the organisation. union_id: what to-do, conference and wiki calls want. language: zh or en. title: the
    person's post, as the contacts show it. departments: their ids; 1 is the whole organisation."""

    user_id: str
    union_id: str
    name: str
    language: str = "zh"
    mobile: str = ""
    title: str = ""
    job_number: str = ""
    departments: tuple[int, ...] = (ROOT,)


@dataclass(frozen=True, slots=True)
class Department:
    department_id: int
    name: str
    parent: int = ROOT


@dataclass(frozen=True, slots=True)
class Shift:
    """A shift that people are on, week after week. start, end: `HH:MM` of the organisation's time zone; an end that is not
    after the start is on the next day. weekdays: 1 Monday to 7 Sunday, of its start; on the others these people rest."""

    shift_id: int
    name: str
    start: str
    end: str
    people: tuple[str, ...]
    weekdays: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7)


@dataclass(frozen=True, slots=True)
class Leave:
    """A leave that was granted. start, end: ISO 8601 with offset."""

    user_id: str
    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Webhook:
    """A custom group robot. secret, keywords, addresses: its security modes; empty = mode not set."""

    token: str
    secret: str = ""
    keywords: tuple[str, ...] = ()
    name: str = "Webhook"
    enabled: bool = True
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """robot_is_member: may the app's robot send and deliver cards here. owner: a userId; empty = nobody we know of."""

    conversation_id: str
    title: str
    members: tuple[str, ...]
    webhook: Webhook | None = None
    robot_is_member: bool = True
    disbanded: bool = False
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """An AI table, with the names of its sheets."""

    base_id: str
    sheets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Process:
    """An approval process made in the console. approvers: userIds that decide when a start names none."""

    code: str
    name: str
    approvers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeviceEvents:
    """Where device events are forwarded to: a group, and a userId that is rung; empty = nowhere."""

    conversation_id: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Balances:
    """What was bought for DING: how many SMS, and how many phone calls."""

    sms: int = 100
    calls: int = 50


@dataclass(frozen=True, slots=True)
class Organisation:
    """workspaces: ids of those for documents. time_zone: the IANA name of that of the phones; empty: that of the machine."""

    app: App
    persons: tuple[Person, ...]
    groups: tuple[Group, ...]
    behaviour: Behaviour = field(default_factory=Behaviour)
    time_zone: str = ""
    balances: Balances = field(default_factory=Balances)
    departments: tuple[Department, ...] = ()
    shifts: tuple[Shift, ...] = ()
    leaves: tuple[Leave, ...] = ()
    device_events: DeviceEvents = field(default_factory=DeviceEvents)
    tables: tuple[Table, ...] = (Table("andon-base", ("alarms", "orders")),)
    workspaces: tuple[str, ...] = ("andon-space",)
    processes: tuple[Process, ...] = (Process("PROC-ANDON", "停机审批"),)

    def person(self, user_id: str) -> Person | None:
        return next((person for person in self.persons if person.user_id == user_id), None)

    def person_by_union_id(self, union_id: str) -> Person | None:
        return next((person for person in self.persons if person.union_id == union_id), None)

    def group(self, conversation_id: str) -> Group | None:
        return next((group for group in self.groups if group.conversation_id == conversation_id), None)

    def group_of_webhook(self, token: str) -> Group | None:
        return next((group for group in self.groups if group.webhook and group.webhook.token == token), None)

"""The organisation the stand-in plays: one internal app with its robot, persons, and groups with webhook robots.

Read from a YAML or JSON file (`sample.yaml` beside this file shows every key); `load` collects all problems and raises
once. Reading the file itself is the shell's work.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from simulators.dingtalk.behaviour import Behaviour, behaviour_from

LANGUAGES = ("zh", "en")


@dataclass(frozen=True, slots=True)
class App:
    """missing_scopes: permissions not granted; calls that need one are refused with the name of the scope. unticked_events:
    types of events that the app did not tick in its console."""

    client_id: str
    client_secret: str
    robot_code: str
    corp_id: str
    name: str = "Andon"
    missing_scopes: tuple[str, ...] = ()
    unticked_events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """user_id: within the organisation. union_id: what to-do, conference and wiki calls want. language: zh or en. title: the
    person's post, as the contacts show it."""

    user_id: str
    union_id: str
    name: str
    language: str = "zh"
    mobile: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Webhook:
    """A custom group robot. secret, keywords: its security modes; empty = mode not set."""

    token: str
    secret: str = ""
    keywords: tuple[str, ...] = ()
    name: str = "Webhook"
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """robot_is_member: may the app's robot send and deliver cards here."""

    conversation_id: str
    title: str
    members: tuple[str, ...]
    webhook: Webhook | None = None
    robot_is_member: bool = True
    disbanded: bool = False


@dataclass(frozen=True, slots=True)
class Balances:
    """What was bought for DING: how many SMS, and how many phone calls."""

    sms: int = 100
    calls: int = 50


@dataclass(frozen=True, slots=True)
class Organisation:
    """time_zone: the IANA name of that of the phones; empty: that of the machine."""

    app: App
    persons: tuple[Person, ...]
    groups: tuple[Group, ...]
    behaviour: Behaviour = field(default_factory=Behaviour)
    time_zone: str = ""
    balances: Balances = field(default_factory=Balances)

    def person(self, user_id: str) -> Person | None:
        return next((person for person in self.persons if person.user_id == user_id), None)

    def person_by_union_id(self, union_id: str) -> Person | None:
        return next((person for person in self.persons if person.union_id == union_id), None)

    def group(self, conversation_id: str) -> Group | None:
        return next((group for group in self.groups if group.conversation_id == conversation_id), None)

    def group_of_webhook(self, token: str) -> Group | None:
        return next((group for group in self.groups if group.webhook and group.webhook.token == token), None)


class OrganisationError(Exception):
    """The organisation file needs mending. problems: one line each, `key: what, and what to do`."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def load(data: Any) -> Organisation:
    """Build the organisation from parsed YAML or JSON; raises OrganisationError with all problems at once."""
    problems: list[str] = []
    top = _Section(data, "", problems, known=_KEYS)
    app = _app(
        top.section(
            "app", known=("client_id", "client_secret", "robot_code", "corp_id", "name", "missing_scopes", "unticked_events")
        )
    )
    persons = tuple(_person(section) for section in top.sections("persons", known=_PERSON_KEYS))
    groups = tuple(_group(section) for section in top.sections("groups", known=_GROUP_KEYS))
    behaviour = behaviour_from(top.mapping("behaviour"), problems)
    time_zone = _time_zone(top)
    balances = _balances(top) if "balances" in top.data else Balances()
    _check_references(persons, groups, problems)
    if problems:
        raise OrganisationError(problems)
    return Organisation(app, persons, groups, behaviour, time_zone, balances)


_KEYS = ("app", "persons", "groups", "behaviour", "time_zone", "balances")
_PERSON_KEYS = ("user_id", "union_id", "name", "language", "mobile", "title")
_GROUP_KEYS = ("conversation_id", "title", "members", "webhook", "robot_is_member", "disbanded")
_WEBHOOK_KEYS = ("token", "secret", "keywords", "name", "enabled")


class _Section:
    """A mapping being read: knows where it stands and adds a line for whatever is wrong with it."""

    def __init__(self, data: Any, where: str, problems: list[str], known: tuple[str, ...]) -> None:
        self.where = where
        self.problems = problems
        if not isinstance(data, Mapping):
            self._say("", f"must be a mapping with {', '.join(known)}")
            data = {}
        self.data: Mapping[str, Any] = data
        for key in data:
            if key not in known:
                self._say(str(key), f"unknown key; known are {', '.join(known)}")

    def _say(self, key: str, problem: str) -> None:
        path = ".".join(part for part in (self.where, key) if part)
        self.problems.append(f"{path or 'organisation'}: {problem}")

    def text(self, key: str, default: str | None = None) -> str:
        """A text; `default` None makes it mandatory. Numbers are taken as text: YAML reads `1001` as one."""
        value = self.data.get(key, default)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if value is None or not isinstance(value, str) or (default is None and not value):
            self._say(key, "must be a text" if value is not None else "is missing")
            return ""
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        value = self.data.get(key, default)
        if not isinstance(value, bool):
            self._say(key, f"must be true or false, is {value!r}")
            return default
        return value

    def whole(self, key: str, default: int) -> int:
        value = self.data.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            self._say(key, f"must be a whole number of 0 or more, is {value!r}")
            return default
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.data.get(key, [])
        if not isinstance(value, list) or any(isinstance(item, dict | list) for item in value):
            self._say(key, "must be a list of texts")
            return ()
        return tuple(str(item) for item in value)

    def mapping(self, key: str) -> Mapping[str, Any]:
        value = self.data.get(key, {})
        if not isinstance(value, Mapping):
            self._say(key, "must be a mapping")
            return {}
        return value

    def section(self, key: str, known: tuple[str, ...]) -> _Section:
        return _Section(self.data.get(key), ".".join(p for p in (self.where, key) if p), self.problems, known)

    def sections(self, key: str, known: tuple[str, ...]) -> list[_Section]:
        value = self.data.get(key, [])
        if not isinstance(value, list):
            self._say(key, "must be a list")
            return []
        return [_Section(item, f"{key}[{index}]", self.problems, known) for index, item in enumerate(value)]


def _app(section: _Section) -> App:
    client_id = section.text("client_id")
    return App(
        client_id=client_id,
        client_secret=section.text("client_secret"),
        # For an internal app the robot's code is the app's own client id (reference 0.6).
        robot_code=section.text("robot_code", client_id),
        corp_id=section.text("corp_id"),
        name=section.text("name", "Andon"),
        missing_scopes=section.texts("missing_scopes"),
        unticked_events=section.texts("unticked_events"),
    )


def _person(section: _Section) -> Person:
    user_id = section.text("user_id")
    language = section.text("language", "zh")
    if language not in LANGUAGES:
        section.problems.append(f"{section.where}.language: must be one of {', '.join(LANGUAGES)}, is {language!r}")
    return Person(
        user_id,
        section.text("union_id", f"union-{user_id}"),
        section.text("name"),
        language,
        section.text("mobile", ""),
        section.text("title", ""),
    )


def _group(section: _Section) -> Group:
    webhook = None
    if section.data.get("webhook") is not None:
        part = section.section("webhook", known=_WEBHOOK_KEYS)
        webhook = Webhook(
            part.text("token"),
            part.text("secret", ""),
            part.texts("keywords"),
            part.text("name", "Webhook"),
            part.flag("enabled", default=True),
        )
    return Group(
        section.text("conversation_id"),
        section.text("title"),
        section.texts("members"),
        webhook,
        section.flag("robot_is_member", default=True),
        section.flag("disbanded", default=False),
    )


def _balances(top: _Section) -> Balances:
    section = top.section("balances", known=("sms", "calls"))
    bought = Balances()
    return Balances(section.whole("sms", bought.sms), section.whole("calls", bought.calls))


def _time_zone(top: _Section) -> str:
    name = top.text("time_zone", "")
    try:
        return ZoneInfo(name).key if name else ""
    except (KeyError, ValueError, OSError):
        top.problems.append(f"time_zone: must be a name such as Asia/Shanghai, is {name!r}")
        return ""


def _check_references(persons: tuple[Person, ...], groups: tuple[Group, ...], problems: list[str]) -> None:
    for what, keys in (
        ("persons: user_id", [person.user_id for person in persons]),
        ("persons: union_id", [person.union_id for person in persons]),
        ("groups: conversation_id", [group.conversation_id for group in groups]),
        ("groups: webhook.token", [group.webhook.token for group in groups if group.webhook]),
    ):
        problems.extend(f"{what} {key!r} occurs twice" for key in sorted({k for k in keys if keys.count(k) > 1}))
    known = {person.user_id for person in persons}
    for index, group in enumerate(groups):
        problems.extend(
            f"groups[{index}].members: no person has the user_id {member!r}" for member in group.members if member not in known
        )

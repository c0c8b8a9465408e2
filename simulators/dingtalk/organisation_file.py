"""The organisation as a YAML or JSON file; `sample.yaml` beside this module shows every key.

`load` collects all problems and raises once. Reading the file itself is the shell's work.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from simulators.dingtalk.behaviour import behaviour_from
from simulators.dingtalk.organisation import (
    LANGUAGES,
    ROOT,
    App,
    Balances,
    Department,
    EventCallback,
    Group,
    GroupTemplate,
    Leave,
    Organisation,
    Person,
    Process,
    Shift,
    Table,
    Webhook,
)


class OrganisationError(Exception):
    """The organisation file needs mending. problems: one line each, `key: what, and what to do`."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def load(data: Any) -> Organisation:
    """Build the organisation from parsed YAML or JSON; raises OrganisationError with all problems at once."""
    problems: list[str] = []
    top = _Section(data, "", problems, known=_KEYS)
    app = _app(top.section("app", known=_APP_KEYS))
    persons = tuple(_person(section) for section in top.sections("persons", known=_PERSON_KEYS))
    groups = tuple(_group(section) for section in top.sections("groups", known=_GROUP_KEYS))
    behaviour = behaviour_from(top.mapping("behaviour"), problems)
    time_zone = _time_zone(top)
    balances = _balances(top) if "balances" in top.data else Balances()
    departments = tuple(_department(section) for section in top.sections("departments", known=("id", "name", "parent")))
    shifts = tuple(_shift(section) for section in top.sections("shifts", known=_SHIFT_KEYS))
    leaves = tuple(_leave(section) for section in top.sections("leaves", known=("user_id", "start", "end")))
    _check_references(persons, groups, problems)
    _check_rosters(persons, departments, shifts, leaves, problems)
    work = _work(top)
    if problems:
        raise OrganisationError(problems)
    return Organisation(app, persons, groups, behaviour, time_zone, balances, departments, shifts, leaves, *work)


_KEYS = (
    "app",
    "persons",
    "groups",
    "behaviour",
    "time_zone",
    "balances",
    "departments",
    "shifts",
    "leaves",
    "tables",
    "workspaces",
    "processes",
)
_APP_KEYS = (
    "client_id",
    "client_secret",
    "robot_code",
    "corp_id",
    "name",
    "missing_scopes",
    "unticked_events",
    "agent_id",
    "group_templates",
    "message_url",
    "event_callback",
)
_SHIFT_KEYS = ("id", "name", "start", "end", "people", "weekdays")
_PERSON_KEYS = ("user_id", "union_id", "name", "language", "mobile", "title", "job_number", "departments")
_GROUP_KEYS = ("conversation_id", "title", "members", "webhook", "robot_is_member", "disbanded", "owner")
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

    def wholes(self, key: str, default: tuple[int, ...]) -> tuple[int, ...]:
        value = self.data.get(key, list(default))
        if not isinstance(value, list | tuple) or any(isinstance(item, bool) or not isinstance(item, int) for item in value):
            self._say(key, "must be a list of whole numbers")
            return default
        return tuple(value)

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
        agent_id=section.whole("agent_id", 1_000_001),
        group_templates=_group_templates(section),
        message_url=section.text("message_url", ""),
        event_callback=_event_callback(section),
    )


def _event_callback(section: _Section) -> EventCallback | None:
    if section.data.get("event_callback") is None:
        return None
    part = section.section("event_callback", known=("url", "token", "aes_key"))
    callback = EventCallback(part.text("url"), part.text("token"), part.text("aes_key"))
    if not re.fullmatch(r"[A-Za-z0-9+/]{43}", callback.aes_key):
        part.problems.append(f"{part.where}.aes_key: must be the 43 letters and digits of the console")
    return callback


def _group_templates(section: _Section) -> tuple[GroupTemplate, ...]:
    if "group_templates" not in section.data:
        return (GroupTemplate("andon-incident-group"),)
    templates = section.sections("group_templates", known=("template_id", "robot"))
    return tuple(GroupTemplate(each.text("template_id"), each.flag("robot", default=True)) for each in templates)


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
        section.text("job_number", ""),
        section.wholes("departments", (ROOT,)),
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
        section.text("owner", ""),
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


def _department(section: _Section) -> Department:
    return Department(section.whole("id", 0), section.text("name"), section.whole("parent", ROOT))


def _shift(section: _Section) -> Shift:
    for key in ("start", "end"):
        if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", str(section.data.get(key, ""))):
            section.problems.append(f'{section.where}.{key}: must be a time such as "08:00", is {section.data.get(key)!r}')
    return Shift(
        section.whole("id", 0),
        section.text("name"),
        str(section.data.get("start", "")),
        str(section.data.get("end", "")),
        section.texts("people"),
        section.wholes("weekdays", (1, 2, 3, 4, 5, 6, 7)),
    )


def _leave(section: _Section) -> Leave:
    for key in ("start", "end"):
        value = str(section.data.get(key, ""))
        try:
            is_moment = datetime.fromisoformat(value).tzinfo is not None
        except ValueError:
            is_moment = False
        if not is_moment:
            section.problems.append(f'{section.where}.{key}: must be such as "2026-05-01T08:00:00+08:00", is {value!r}')
    return Leave(section.text("user_id"), str(section.data.get("start", "")), str(section.data.get("end", "")))


def _work(top: _Section) -> tuple[tuple[Table, ...], tuple[str, ...], tuple[Process, ...]]:
    """Tables, workspaces and processes: each list replaces the one there is without it."""
    has = Organisation(App("", "", "", ""), (), ())
    tables = top.sections("tables", known=("base_id", "sheets"))
    processes = top.sections("processes", known=("code", "name", "approvers"))
    return (
        tuple(Table(each.text("base_id"), each.texts("sheets")) for each in tables) or has.tables,
        top.texts("workspaces") or has.workspaces,
        tuple(Process(each.text("code"), each.text("name"), each.texts("approvers")) for each in processes) or has.processes,
    )


def _check_rosters(
    persons: tuple[Person, ...],
    departments: tuple[Department, ...],
    shifts: tuple[Shift, ...],
    leaves: tuple[Leave, ...],
    problems: list[str],
) -> None:
    known = {person.user_id for person in persons}
    ids = {ROOT, *(department.department_id for department in departments)}
    for index, person in enumerate(persons):
        problems.extend(
            f"persons[{index}].departments: there is no department {department}"
            for department in person.departments
            if department not in ids
        )
    for index, shift in enumerate(shifts):
        problems.extend(
            f"shifts[{index}].people: no person has the user_id {user_id!r}" for user_id in shift.people if user_id not in known
        )
        if shift.shift_id == 0:
            problems.append(f"shifts[{index}].id: must be a whole number above 0: 0 means rest")
    problems.extend(
        f"leaves[{index}].user_id: no person has the user_id {leave.user_id!r}"
        for index, leave in enumerate(leaves)
        if leave.user_id not in known
    )


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

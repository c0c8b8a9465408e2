"""The organisation as a YAML or JSON file; `sample.yaml` beside this module shows every key.

`load` collects all problems and raises once. Reading the file itself is the shell's work.
"""

from __future__ import annotations

import re
from importlib.util import find_spec
from ipaddress import ip_network
from typing import Any
from zoneinfo import ZoneInfo

from simulators.dingtalk.behaviour import behaviour_from
from simulators.dingtalk.establishment import KEYS, complete
from simulators.dingtalk.organisation import (
    LANGUAGES,
    ROOT,
    App,
    EventCallback,
    Group,
    GroupTemplate,
    Organisation,
    Person,
    Webhook,
)
from simulators.dingtalk.section import OrganisationError, Section

__all__ = ["OrganisationError", "load"]


def load(data: Any) -> Organisation:
    """Build the organisation from parsed YAML or JSON; raises OrganisationError with all problems at once."""
    problems: list[str] = []
    top = Section(data, "", problems, known=_KEYS)
    app = _app(top.section("app", known=_APP_KEYS))
    persons = tuple(_person(section) for section in top.sections("persons", known=_PERSON_KEYS))
    groups = tuple(_group(section) for section in top.sections("groups", known=_GROUP_KEYS))
    behaviour = behaviour_from(top.mapping("behaviour"), problems)
    time_zone = _time_zone(top)
    _check_references(persons, groups, problems)
    whole = complete(Organisation(app, persons, groups, behaviour, time_zone), top)
    if problems:
        raise OrganisationError(problems)
    return whole


_KEYS = ("app", "persons", "groups", "behaviour", "time_zone", *KEYS)
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
    "addresses",
    "event_callback",
)
_PERSON_KEYS = ("user_id", "union_id", "name", "language", "mobile", "title", "job_number", "departments")
_GROUP_KEYS = ("conversation_id", "title", "members", "webhook", "robot_is_member", "disbanded", "owner")
_WEBHOOK_KEYS = ("token", "secret", "keywords", "name", "enabled", "addresses")


def _app(section: Section) -> App:
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
        addresses=_addresses(section),
        event_callback=_event_callback(section),
    )


def _addresses(section: Section) -> tuple[str, ...]:
    addresses = section.texts("addresses")
    for address in addresses:
        try:
            ip_network(address)
        except ValueError:
            section.say("addresses", f"must be addresses or networks, is {address!r}")
    return addresses


def _event_callback(section: Section) -> EventCallback | None:
    if section.data.get("event_callback") is None:
        return None
    part = section.section("event_callback", known=("url", "token", "aes_key"))
    if find_spec("cryptography") is None:
        part.problems.append(f"{part.where}: encryption needs the extra `callbacks`: pip install 'andon[callbacks]'")
    callback = EventCallback(part.text("url"), part.text("token"), part.text("aes_key"))
    if not re.fullmatch(r"[A-Za-z0-9+/]{43}", callback.aes_key):
        part.problems.append(f"{part.where}.aes_key: must be the 43 letters and digits of the console")
    return callback


def _group_templates(section: Section) -> tuple[GroupTemplate, ...]:
    if "group_templates" not in section.data:
        return (GroupTemplate("andon-incident-group"),)
    templates = section.sections("group_templates", known=("template_id", "robot"))
    return tuple(GroupTemplate(each.text("template_id"), each.flag("robot", default=True)) for each in templates)


def _person(section: Section) -> Person:
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


def _group(section: Section) -> Group:
    webhook = None
    if section.data.get("webhook") is not None:
        part = section.section("webhook", known=_WEBHOOK_KEYS)
        webhook = Webhook(
            part.text("token"),
            part.text("secret", ""),
            part.texts("keywords"),
            part.text("name", "Webhook"),
            part.flag("enabled", default=True),
            _addresses(part),
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


def _time_zone(top: Section) -> str:
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

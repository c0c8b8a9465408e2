"""The organisation in which a plant's `cloud.yaml` and `people.yaml` would be right: what a stand-in plays for that plant."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import TypedDict

from cloud_bridge.dingtalk.config import DingTalkConfig
from edge.config.plant import Plant
from edge.config.secret import reveal
from edge.model.errors import ConfigError
from edge.model.person import Directory
from edge.model.person import Group as PlantGroup
from edge.model.person import Person as PlantPerson
from simulators.dingtalk.behaviour import Behaviour
from simulators.dingtalk.organisation import App, Group, GroupTemplate, Organisation, Person, Process, Table, Webhook

CHANNEL = "dingtalk"
#: What the stand-in takes for a secret that is not set.
UNSET = "stand-in"
_FROM_THE_PLANT = ("app", "persons", "groups", "tables", "workspaces", "processes")


class _WrittenInto(TypedDict):
    tables: tuple[Table, ...]
    workspaces: tuple[str, ...]
    processes: tuple[Process, ...]


def organisation_of(config: DingTalkConfig, directory: Directory, secret: Callable[[str], str]) -> Organisation:
    """The organisation in which a plant's `cloud.yaml` and `people.yaml` would be right; everybody is in every group."""
    persons = tuple(
        Person(address["user_id"], f"union-{address['user_id']}", person.name, person.language)
        for person in directory.persons.values()
        if (address := address_of(person))
    )
    members = tuple(person.user_id for person in persons)
    titles = {address["group"]: group.name for group in directory.groups.values() if (address := address_of(group))}
    groups = tuple(
        Group(
            group.conversation_id or conversation_of(key),
            titles.get(key, key),
            members,
            Webhook(secret(group.webhook.token), secret(group.webhook.secret) if group.webhook.secret else "")
            if group.webhook
            else None,
        )
        for key, group in config.groups.items()
    )
    return Organisation(_app(config, secret), persons, groups, _behaviour(config), **_written_into(config, members[:1]))


def _app(config: DingTalkConfig, secret: Callable[[str], str]) -> App:
    app = App(config.client_id, secret(config.client_secret), config.robot, "dingstandin")
    if config.agent_id is not None:
        app = replace(app, agent_id=config.agent_id)
    if config.group_template_id is not None:
        app = replace(app, group_templates=(GroupTemplate(config.group_template_id),))
    return app


def _behaviour(config: DingTalkConfig) -> Behaviour:
    """The stand-in's own, in an organisation that was let into DingTalk's IoT clouds if the plant uses one."""
    return Behaviour() if config.iot == "off" else Behaviour(iot_calls="bound")


def _written_into(config: DingTalkConfig, approvers: tuple[str, ...]) -> _WrittenInto:
    """Tables, workspaces and processes. approvers: who decides where a plant names nobody."""
    sheets: dict[str, tuple[str, ...]] = {}
    for table in config.tables.values():
        sheets[table.base_id] = (*sheets.get(table.base_id, ()), table.sheet)
    return {
        "tables": tuple(Table(base_id, names) for base_id, names in sheets.items()),
        "workspaces": tuple(documents.workspace_id for documents in config.documents.values()),
        "processes": tuple(Process(each.process_code, name, approvers) for name, each in config.approvals.items()),
    }


def organisation_file(plant: Plant, environ: Mapping[str, str], *, rate: float = 1.0) -> tuple[str, list[str]]:
    """The stand-in's organisation file for a plant, and the names of the secrets that are not set: for these it takes UNSET.

    rate: of a gateway in time-lapse; to such a one a connection is silent sooner, so the stand-in pings as much more often."""
    config = plant.channels[CHANNEL]
    assert isinstance(config, DingTalkConfig)
    unset: list[str] = []

    def secret(reference: str) -> str:
        try:
            return reveal(reference, environ)
        except ConfigError:
            unset.append(reference.partition(":")[2].rstrip("}"))
            return UNSET

    organisation = asdict(organisation_of(config, plant.policy.directory, secret))
    # The parts that people write; the rest of the stand-in's behaviour stays as it is by default.
    written: dict[str, object] = {key: organisation[key] for key in _FROM_THE_PLANT}
    written["time_zone"] = plant.time_zone
    behaviour = organisation["behaviour"]
    written["behaviour"] = {"ping_every_s": behaviour["ping_every_s"] / rate, "iot_calls": behaviour["iot_calls"]}
    return json.dumps(written, ensure_ascii=False), unset


def address_of(who: PlantPerson | PlantGroup) -> dict[str, str]:
    """How DingTalk reaches a person or group; empty when it does not."""
    return dict(who.addresses.get(CHANNEL, {}))


def conversation_of(group: str) -> str:
    """The conversation of a group that has only a webhook: it has no id that a plant could know."""
    return f"cid-{group}"

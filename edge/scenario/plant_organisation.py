"""The organisation in which a plant's `cloud.yaml` and `people.yaml` would be right: what a stand-in plays for that plant."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict

from cloud_bridge.dingtalk.config import DingTalkConfig
from edge.config.plant import Plant
from edge.config.secret import reveal
from edge.model.errors import ConfigError
from edge.model.person import Directory
from edge.model.person import Group as PlantGroup
from edge.model.person import Person as PlantPerson
from simulators.dingtalk.organisation import App, Group, Organisation, Person, Webhook

CHANNEL = "dingtalk"
#: What the stand-in takes for a secret that is not set.
UNSET = "stand-in"


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
    return Organisation(App(config.client_id, secret(config.client_secret), config.robot, "dingstandin"), persons, groups)


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
    written: dict[str, object] = {key: organisation[key] for key in ("app", "persons", "groups")}
    written["time_zone"] = plant.time_zone
    written["behaviour"] = {"ping_every_s": organisation["behaviour"]["ping_every_s"] / rate}
    return json.dumps(written, ensure_ascii=False), unset


def address_of(who: PlantPerson | PlantGroup) -> dict[str, str]:
    """How DingTalk reaches a person or group; empty when it does not."""
    return dict(who.addresses.get(CHANNEL, {}))


def conversation_of(group: str) -> str:
    """The conversation of a group that has only a webhook: it has no id that a plant could know."""
    return f"cid-{group}"

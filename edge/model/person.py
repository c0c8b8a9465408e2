"""Who can be told: persons, teams and groups, with the language they read and how each channel reaches them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Role(StrEnum):
    """What a person may do; the one authorisation point maps roles to permissions."""

    VIEWER = "viewer"
    WORKER = "worker"
    ENGINEER = "engineer"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Person:
    """addresses: channel name -> what that channel needs ({"dingtalk": {"user_id": "user01"}})."""

    id: str
    name: str
    language: str
    role: Role = Role.WORKER
    addresses: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Team:
    """Persons who are told each for themselves."""

    id: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A chat group, told as one. language: zh, en or both (one text above the other). mention: ids of its members who are
    named in what is told there when somebody is needed again."""

    id: str
    name: str
    language: str
    addresses: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    mention: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Directory:
    """All who can be told, by id."""

    persons: Mapping[str, Person]
    teams: Mapping[str, Team]
    groups: Mapping[str, Group]

    def person_at(self, channel: str, key: str, value: str) -> Person | None:
        """The person whose address on a channel has this value: who pressed the button."""
        for person in self.persons.values():
            if person.addresses.get(channel, {}).get(key) == value:
                return person
        return None

    def name_of(self, actor: str) -> str:
        """A person's name; the id of one who has left the directory; the log-in of an account that is no person there."""
        person = self.persons.get(actor)
        return actor.removeprefix("user:") if person is None else person.name

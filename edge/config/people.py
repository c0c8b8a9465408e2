"""`people.yaml` and `cloud.yaml`: who can be told, and by which channel. Pure.

A person's or group's keys are its own, and one per channel: `dingtalk: {...}` is what the channel's catalog row says it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, Field

from edge.config.names import Names, declared
from edge.config.text.finding import Finding, Findings, Phrase, Place
from edge.config.text.reader import Reader, keys_of
from edge.config.text.source import Node
from edge.config.text.values import FileModel, Name, ShortText, name_form
from edge.model.act import CallMedium
from edge.model.person import Directory, Group, Person, Role, Team

PEOPLE_FILE, CLOUD_FILE = "people.yaml", "cloud.yaml"


class Remark(Protocol):
    """A warning about a channel's configuration: a sentence, and the path of the key that it is about."""

    @property
    def at(self) -> tuple[str, ...]: ...

    @property
    def key(self) -> str: ...

    @property
    def arguments(self) -> Mapping[str, Any]: ...


class ChannelRow(Protocol):
    """What is needed of a row of the channels' catalog. address_problem: the key and arguments of a sentence about an address
    that does not fit the channel's configuration, or None. for_machines: no people listen there. is_answered_by_text: of a
    configuration, whether people there name alarms by number. remarks: about a configuration and the files of the plant folder
    that it names; it is given what reads one, None for one that cannot be read. rings: by what people can be called under a
    configuration."""

    @property
    def config(self) -> type[BaseModel]: ...

    @property
    def person(self) -> type[BaseModel]: ...

    @property
    def group(self) -> type[BaseModel]: ...

    @property
    def address_problem(self) -> Callable[[Any, Any], tuple[str, Mapping[str, Any]] | None]: ...

    @property
    def for_machines(self) -> bool: ...

    @property
    def is_answered_by_text(self) -> Callable[[Any], bool]: ...

    @property
    def rings(self) -> Callable[[Any], Collection[CallMedium]]: ...

    @property
    def remarks(self) -> Callable[[Any, Callable[[str], str | None]], Iterable[Remark]]: ...


class PersonFile(FileModel):
    """A person; how each channel reaches them is read by itself."""

    name: ShortText
    language: Literal["zh", "en"]
    role: Role = Role.WORKER


class TeamFile(FileModel):
    """Persons who are told each for themselves."""

    members: Annotated[tuple[Name, ...], Field(min_length=1, max_length=200)]


class GroupFile(FileModel):
    """A chat group; how each channel reaches it is read by itself. mention: who of its members is named when somebody is
    needed again."""

    name: ShortText
    language: Literal["zh", "en", "both"] = "both"
    mention: Annotated[tuple[Name, ...], Field(max_length=50)] = ()


@dataclass(frozen=True, slots=True)
class People:
    """All that `people.yaml` says; the names are complete also where the directory is not."""

    persons: Names
    teams: Names
    groups: Names
    directory: Directory


def read_channels(root: Node | None, channels: Mapping[str, ChannelRow], reader: Reader) -> tuple[Names, dict[str, BaseModel]]:
    """The channels that `cloud.yaml` names, and the configuration of each that is right."""
    if root is None:
        return Names(complete=False), {}
    known = reader.known(root, CLOUD_FILE, channels)
    names = Names(complete=root.is_mapping and len(known.entries) == len(root.entries))
    names.declare(known.entries, reader.findings)
    read = {name: reader.read(channels[name].config, node, name) for name, node in names.items()}
    return names, {name: config for name, config in read.items() if config is not None}


def read_people(
    root: Node | None, channels: Mapping[str, ChannelRow], configs: Mapping[str, BaseModel], reader: Reader
) -> People:
    """The whole file. root: None for one that could not be read. configs: the channels that are configured."""
    sections = declared({PEOPLE_FILE: root}, {"persons": name_form, "teams": name_form, "groups": name_form}, reader)
    persons, teams, groups = sections["persons"], sections["teams"], sections["groups"]
    addresses = _Addresses(channels, configs, reader)
    read_persons: dict[str, Person] = {}
    for key, node in persons.items():
        reached = addresses.read(key, node, keys_of(PersonFile), lambda row: row.person)
        person = reader.read(PersonFile, node.only(keys_of(PersonFile)), key) if node.is_mapping else None
        if person is not None:
            read_persons[key] = Person(key, person.name, person.language, person.role, reached)
    read_groups: dict[str, Group] = {}
    for key, node in groups.items():
        reached = addresses.read(key, node, keys_of(GroupFile), lambda row: row.group)
        group = reader.read(GroupFile, node.only(keys_of(GroupFile)), key) if node.is_mapping else None
        _check_persons(node, "mention", persons, reader.findings)
        if group is not None:
            read_groups[key] = Group(key, group.name, group.language, reached, group.mention)
    read_teams: dict[str, Team] = {}
    for key, node in teams.items():
        team = reader.read(TeamFile, node, key)
        _check_persons(node, "members", persons, reader.findings)
        if team is not None:
            read_teams[key] = Team(key, team.members)
    return People(persons, teams, groups, Directory(read_persons, read_teams, read_groups))


def _check_persons(node: Node, key: str, persons: Names, findings: Findings) -> None:
    seen: set[str] = set()
    for item in node.entries[key].items if key in node.entries else ():
        if isinstance(item.value, str):
            persons.knows(item.value, item.place, "unknown_person", findings)
            if item.value in seen:
                findings.note(item.place, "member_twice", name=item.value)
            seen.add(item.value)


class _Addresses:
    """Reads how channels reach persons and groups, and refuses one address for two of them."""

    def __init__(self, channels: Mapping[str, ChannelRow], configs: Mapping[str, BaseModel], reader: Reader) -> None:
        self._channels = channels
        self._configs = configs
        self._reader = reader
        self._taken: dict[str, tuple[str, Place]] = {}

    def read(
        self, key: str, node: Node, own_keys: list[str], model_of: Callable[[ChannelRow], type[BaseModel]]
    ) -> dict[str, Mapping[str, Any]]:
        known = self._reader.known(node, key, (*own_keys, *self._channels))
        addresses: dict[str, Mapping[str, Any]] = {}
        for channel, entry in known.without(own_keys).entries.items():
            address = self._reader.read(model_of(self._channels[channel]), entry, channel)
            if address is not None:
                self._check(channel, key, entry, address)
                addresses[channel] = address.model_dump()
        return addresses

    def _check(self, channel: str, key: str, node: Node, address: BaseModel) -> None:
        findings = self._reader.findings
        if (config := self._configs.get(channel)) is not None:
            problem = self._channels[channel].address_problem(config, address)
            if problem is not None:
                findings.add(Finding(node.place, Phrase(problem[0], problem[1])))
        identity = f"{channel} {type(address).__name__} {address.model_dump_json()}"
        if (first := self._taken.get(identity)) is not None:
            findings.error(node.place, "address_twice", name=key, other=first[0], first=str(first[1]))
        else:
            self._taken[identity] = (key, node.place)

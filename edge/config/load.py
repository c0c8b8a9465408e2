"""The entry: a plant folder becomes a `Plant`, or all of its problems in one run.

It goes on where it can: a file that cannot be read, or a value that is wrong, does not hide what is wrong elsewhere, and what
refers to a broken thing is not called wrong for that.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from edge.config.alive import read_alive
from edge.config.calendar import calendar
from edge.config.derived import with_derived
from edge.config.device_types import DriverRow
from edge.config.devices import Devices, read_devices
from edge.config.first_out import read_first_out
from edge.config.flood import told_of_each
from edge.config.folder import PlantFiles, read_files, read_library_files
from edge.config.gateway import GATEWAY_FILE, read_gateway
from edge.config.library import LIBRARIES_FILE, Libraries, read_libraries
from edge.config.lines import Lines, read_lines
from edge.config.lint import contradictions, remarks, remarks_on_routes
from edge.config.names import Names
from edge.config.parameters import Filling
from edge.config.people import CLOUD_FILE, PEOPLE_FILE, ChannelRow, read_channels, read_people
from edge.config.plant import Address, HistoryLimits, Plant
from edge.config.rationalisation import DEFAULT_MATRIX
from edge.config.response import RESPONSE_FILE, Callers, RouteContext, read_response, reasons_of
from edge.config.rules import Rules, Setting, read_rules
from edge.config.scenarios.reader import ScenarioContext, read_scenario
from edge.config.strain import check_strain
from edge.config.suppression import name_of, read_suppressions
from edge.config.system import system_roots, with_system
from edge.config.text.finding import Findings, Phrase, Place
from edge.config.text.reader import Reader
from edge.config.text.source import Node, parse
from edge.config.writes import WRITES_FILE, read_writes
from edge.model.act import CallMedium
from edge.model.errors import Problem
from edge.model.stage import Stage
from edge.response.policy import LineWords, Policy
from rules.definition import FirstOutWord, Suppressor

Amend = Callable[[Mapping[str, Node | None]], Mapping[str, Node | None]]


@dataclass(frozen=True, slots=True)
class Described:
    """What is written where, for `explain`. singles: the documents of the single files that could be read."""

    devices: Devices
    rules: Rules
    suppressors: tuple[Suppressor, ...]
    libraries: Libraries
    singles: Mapping[str, Node]
    first_out_words: tuple[FirstOutWord, ...] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """problems: errors, warnings and notes, by file and line. plant: None when there is an error among them. described: what is
    written where, also when it is wrong."""

    plant: Plant | None
    problems: list[Problem]
    described: Described


@dataclass(frozen=True, slots=True)
class Catalogs:
    """Which drivers and channels there are."""

    drivers: Mapping[str, DriverRow]
    channels: Mapping[str, ChannelRow]


def load(
    folder: Path,
    drivers: Mapping[str, DriverRow],
    channels: Mapping[str, ChannelRow],
    *,
    language: str = "en",
    amend: Amend = dict,
) -> Loaded:
    """Read and check a plant folder. Opens no connection, needs no secret, never raises for what the folder holds.

    drivers, channels: the catalogs, by name. language: of the problems' texts (zh or en). amend: what the files of devices and
    rules would say if somebody changed them, which is what is checked then."""
    findings = Findings()
    folder = folder.absolute()
    roots = _Roots(folder, findings, amend)
    with _without_collecting():
        described, plant = _plant(folder, roots, Catalogs(drivers, channels), findings)
    roots.say_what_is_not_read(is_missed=findings.missed or (plant is None and not findings.any_error))
    return Loaded(None if findings.any_error else plant, findings.problems(language), described)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Nearly all that is made of a folder stays: looking for garbage meanwhile takes a quarter of the time and finds none."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _Roots:
    """The documents of the files, parsed when they are asked for."""

    def __init__(self, folder: Path, findings: Findings, amend: Amend) -> None:
        self.amend = amend
        self.files = read_files(folder, findings)
        self._folder = folder
        self._findings = findings
        self._of_libraries: dict[str, bytes | None] = {}

    @property
    def revision(self) -> str:
        """Of the plant's own files and those of its libraries."""
        return PlantFiles({**self._of_libraries, **self.files.content}).revision

    def library(self, path: str, written: Node) -> PlantFiles | None:
        """The files of a library, by its path and where that is written."""
        files = read_library_files(self._folder, path, written.place, self._findings)
        if files is not None:
            self._of_libraries.update(files.content)
        return files

    def single(self, name: str) -> Node | None:
        """One file; an empty document when there is none, None when it cannot be read."""
        return self._parse(name, self.files.content.get(name, None if name in self._missing() else b""))

    def under(self, folder: str) -> dict[str, Node | None]:
        """All files of a folder; None for those that have another name than they should."""
        missing = {name: None for name in self._missing() if name.startswith(f"{folder}/")}
        return missing | {name: self._parse(name, data) for name, data in self.files.under(folder).items()}

    def say_what_is_not_read(self, *, is_missed: bool) -> None:
        """YAML files that nothing reads: notes, but for what is missed an error."""
        for name, home in self.files.astray.items():
            if is_missed and _is_misnamed(name, home):
                self._findings.error(Place(name, 1, 1), "file_misnamed", home=home)
                continue
            hint = Phrase("config.did_you_mean", {"near": home}) if home is not None else ""
            self._findings.note(Place(name, 1, 1), "file_not_read", name=name, hint=hint)

    def _missing(self) -> set[str]:
        """Files that are in their places under names that nothing reads."""
        of_astray = {home for name, home in self.files.astray.items() if home is not None and _is_misnamed(name, home)}
        return of_astray - self.files.content.keys()

    def _parse(self, name: str, data: bytes | None) -> Node | None:
        return parse(data, name, self._findings) if data is not None else None


def _is_misnamed(name: str, home: str | None) -> bool:
    """`devices/motors.yml`, `Rules/motors.yaml`, `people.yaml.txt`."""
    return home is not None and name.lower().startswith(home.removesuffix(".yaml").lower())


def _callers(channels: Names, configs: Mapping[str, BaseModel], rows: Mapping[str, ChannelRow]) -> Callers | None:
    """By what people can be called, and by which channels; None while one of them is not understood."""
    if not channels.complete or configs.keys() != set(channels):
        return None
    return {
        medium: frozenset(name for name, config in configs.items() if medium in rows[name].rings(config))
        for medium in CallMedium
    }


def _plant(folder: Path, roots: _Roots, catalogs: Catalogs, findings: Findings) -> tuple[Described, Plant | None]:
    reader, filling = Reader(findings, str(folder)), Filling(findings)

    # Where we are, by which channels we speak, and with whom.
    gateway_root = roots.single(GATEWAY_FILE) if GATEWAY_FILE in roots.files.content else None
    if GATEWAY_FILE not in roots.files.content:
        seen = next((name for name, home in roots.files.astray.items() if home == GATEWAY_FILE), None)
        hint = Phrase("config.gateway_elsewhere", {"name": seen}) if seen is not None else ""
        findings.error(Place(GATEWAY_FILE, 1, 1), "gateway_missing", hint=hint)
    gateway, areas = read_gateway(gateway_root, reader)
    findings.strict = gateway is not None and gateway.strict
    matrix = gateway.priority_matrix if gateway is not None else DEFAULT_MATRIX
    cloud_root, people_root = roots.single(CLOUD_FILE), roots.single(PEOPLE_FILE)
    channels, configs = read_channels(cloud_root, catalogs.channels, reader)
    people = read_people(people_root, catalogs.channels, configs, reader)

    # The devices, and the rules for them.
    libraries = read_libraries(roots.single(LIBRARIES_FILE), roots.library, reader)
    device_roots = roots.amend({**libraries.under("devices"), **roots.under("devices")})
    if built_in := system_roots(device_roots, channels, findings):
        catalogs = Catalogs(with_system(catalogs.drivers), catalogs.channels)
    zone = gateway.time_zone if gateway is not None else "UTC"
    devices = read_devices({**built_in, **device_roots}, areas, catalogs.drivers, reader, filling)
    devices = with_derived(devices, ZoneInfo(zone), findings)
    lines, days = Lines(), None
    if gateway is not None and gateway_root is not None:
        lines = read_lines(gateway.lines, gateway_root, areas, devices, reader)
        days = calendar(gateway.holidays, gateway.extra_workdays)
    setting = Setting(matrix, lines, zone, days)
    rule_roots = roots.amend({**libraries.under("rules"), **roots.under("rules")})
    rules = read_rules(rule_roots, devices, setting, reader, filling)
    rules, first_out_words = read_first_out(rules, devices, reader)
    suppressors = read_suppressions(rules.suppressions, rules, devices, reader)
    writes_root = roots.single(WRITES_FILE)
    grants = read_writes(writes_root, rules, devices, reader, suppressors, lines.built)
    told = gateway.alive if gateway is not None else None
    alive = read_alive(told, gateway_root, grants, findings, complete=writes_root is not None)
    contradictions(devices, rules, findings)
    if not findings.any_error:
        check_strain(devices, catalogs.drivers, findings)

    # Who is told of what.
    response_root = roots.single(RESPONSE_FILE)
    context = RouteContext(areas, devices.type_names, people, channels, _callers(channels, configs, catalogs.channels))
    response = read_response(response_root, context, reader) if response_root is not None else None

    # What must come of it.
    steps_context = ScenarioContext(devices, rules, people, reasons_of(response_root, findings))
    scenarios = [
        read_scenario(name.removeprefix("scenarios/").removesuffix(".yaml"), root, steps_context, reader)
        for name, root in roots.under("scenarios").items()
        if root is not None
    ]

    singles = {GATEWAY_FILE: gateway_root, CLOUD_FILE: cloud_root, PEOPLE_FILE: people_root, RESPONSE_FILE: response_root}
    singles[WRITES_FILE] = writes_root
    described = Described(
        devices,
        rules,
        suppressors,
        libraries,
        {name: root for name, root in singles.items() if root is not None},
        first_out_words,
    )
    if findings.any_error or findings.missed or gateway is None or response is None or response_root is None:
        return described, None
    rules = rules.with_shelving(response.shelve_priorities)
    machines = [name for name, row in catalogs.channels.items() if row.for_machines]
    policy = Policy(
        site=gateway.site,
        routes=response.routes,
        directory=people.directory,
        areas={name: words.words for name, words in gateway.areas.items()},
        devices=devices.built,
        rules={each.rule.id: each.rule for each in rules.built},
        flood=response.floods.usual,
        floods={**told_of_each(people.directory, machines), **(response.floods.own or {})},
        shelve_reasons=response.shelve_reasons,
        shelve_for=response.shelve_for,
        channel=response.channel,
        channels=tuple(configs),
        delivering=replace(response.delivering, channels=tuple(name for name in configs if name not in machines)),
        has_codes=any(catalogs.channels[name].is_answered_by_text(config) for name, config in configs.items()),
        late_after=response.late_after,
        time_zone=gateway.time_zone,
        lines={
            name: LineWords(line.words.words, {state: each.words.words for state, each in line.states.items()})
            for name, line in gateway.lines.items()
        },
        suppressions={name_of(each): each.words for each in suppressors if each.words},
        grants=grants,
    )
    remarks(devices, rules, lines, filling, findings)
    remarks_on_routes(policy, response_root, findings)
    plant = Plant(
        folder=folder,
        site=gateway.site,
        agent=gateway.agent,
        time_zone=gateway.time_zone,
        language=gateway.language,
        api=Address(gateway.api.host, gateway.api.port),
        console=Address(gateway.console.host, gateway.console.port),
        data_folder=folder / gateway.data_folder,
        history=HistoryLimits(gateway.history.keep, gateway.history.quota, gateway.history.segment),
        areas=policy.areas,
        device_types={name: each.words for name, each in devices.types.items()},
        devices=policy.devices,
        rules=tuple(policy.rules.values()),
        suppressors=suppressors,
        lines=lines.built,
        rationales={each.rule.id: each.rationale for each in rules.built},
        policy=policy,
        channels=configs,
        secrets=tuple(sorted(reader.secrets, key=lambda use: use.where)),
        scenarios=tuple(scenario for scenario in scenarios if scenario is not None),
        revision=roots.revision,
        stage=Stage(gateway.stage),
        first_out_words=first_out_words,
        alive=alive,
        horn_after=gateway.console.horn_after,
    )
    return described, plant

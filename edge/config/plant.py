"""A plant as its folder describes it: all the rest of the gateway gets to see of the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from edge.config.alive import NOBODY, Alive
from edge.config.rationalisation import Rationale
from edge.config.scenarios.steps import Scenario
from edge.config.text.reader import SecretUse
from edge.model.moment import MINUTE, Span
from edge.model.stage import Stage
from edge.model.tag import Device, Words
from edge.response.policy import Policy
from rules.definition import FirstOutWord, Line, Rule, Suppressor


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class HistoryLimits:
    """keep: samples older than this are deleted. quota: bytes of all of them. segment: how long what was read is in memory
    alone."""

    keep: Span
    quota: int
    segment: Span


@dataclass(frozen=True, slots=True)
class Plant:
    """Checked as a whole: every name in it leads somewhere, all parameters are filled in, all defaults applied.

    folder, data_folder: absolute. devices: by name, each with its session tag as the last of its tags. rules: one per
    instance, sorted by id. rationales: why each is there, by id. channels: the model of each channel in `cloud.yaml`. secrets:
    every reference to a secret. revision: a digest of all files that were read: equal files, equal revision. stage: of alarms
    for which nobody has set one. alive: who is told that the gateway lives.
    horn_after: no channel delivers for so long: consoles sound."""

    folder: Path
    site: str
    agent: str
    time_zone: str
    language: str
    api: Address
    console: Address
    data_folder: Path
    history: HistoryLimits
    areas: Mapping[str, Words]
    device_types: Mapping[str, Words]
    devices: Mapping[str, Device]
    rules: tuple[Rule, ...]
    rationales: Mapping[str, Rationale]
    policy: Policy
    channels: Mapping[str, BaseModel]
    secrets: tuple[SecretUse, ...]
    scenarios: tuple[Scenario, ...]
    revision: str
    suppressors: tuple[Suppressor, ...] = ()
    lines: tuple[Line, ...] = ()
    stage: Stage = Stage.LIVE
    first_out_words: tuple[FirstOutWord, ...] = ()
    alive: Alive = NOBODY
    horn_after: Span = MINUTE

"""The README names every key a plant folder may have."""

from __future__ import annotations

import re

import pytest
from pydantic import BaseModel

from edge.config.alive import AliveFile, WatcherFile
from edge.config.conditions import FILE_OF_KIND
from edge.config.device_types import TagFile, TypeFile
from edge.config.devices import DeviceFile
from edge.config.first_out import FirstOutFile
from edge.config.gateway import ApiAddress, ConsoleAddress, GatewayFile
from edge.config.library import LibraryFile, OverrideFile, UseFile
from edge.config.measure import MeasureFile
from edge.config.people import GroupFile, PersonFile, TeamFile
from edge.config.response import SECTIONS, RouteFile, ShelveFile
from edge.config.scenarios.file import CountFile, ExpectFile, PressFile, RampFile, ScenarioFile, StepFile, ToldFile, Within
from edge.config.suppression import SuppressionFile
from edge.config.text.reader import keys_of
from edge.model.alarm import AlarmState
from tests.unit.config.folders import COLD_ROLLING_MILL, ROOT

README = (ROOT / "edge" / "config" / "README.md").read_text(encoding="utf-8")
MILL = "\n".join(path.read_text(encoding="utf-8") for path in COLD_ROLLING_MILL.rglob("*.yaml"))
WORDS = set(re.findall(r"[a-z0-9_]+", README))
MODELS: list[type[BaseModel]] = [
    GatewayFile,
    ApiAddress,
    ConsoleAddress,
    AliveFile,
    WatcherFile,
    TypeFile,
    DeviceFile,
    TagFile,
    MeasureFile,
    UseFile,
    OverrideFile,
    LibraryFile,
    RouteFile,
    *FILE_OF_KIND.values(),
    SuppressionFile,
    FirstOutFile,
    ScenarioFile,
    StepFile,
    Within,
    RampFile,
    PressFile,
    ToldFile,
    CountFile,
    ExpectFile,
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_key_is_in_the_readme(model: type[BaseModel]) -> None:
    assert set(keys_of(model)) <= WORDS


@pytest.mark.parametrize("model", [PersonFile, TeamFile, GroupFile, ShelveFile], ids=lambda model: model.__name__)
def test_keys_that_explain_themselves_are_shown_in_the_bundled_plant(model: type[BaseModel]) -> None:
    assert set(keys_of(model)) <= set(re.findall(r"([a-z_]+):", MILL))


def test_sections_kinds_and_states_are_in_the_readme() -> None:
    assert {str(kind) for kind in FILE_OF_KIND} <= WORDS
    assert {str(state) for state in AlarmState} <= WORDS
    assert set(SECTIONS) <= WORDS

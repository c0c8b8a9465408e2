"""What the READMEs and samples of the drivers say is what the drivers do."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from ruamel.yaml import YAML

from cloud_bridge.catalog import CHANNELS
from drivers.catalog import DRIVERS
from drivers.modbus.config import ModbusConnection
from drivers.modbus.frame import FrameFault
from drivers.mqtt.codec import Refusal
from drivers.replay.codec import Refusal as ReplayRefusal
from drivers.sparkplug.births import Unnamed
from drivers.sparkplug.codec import Malformed
from drivers.sparkplug.metric import Refusal as MetricRefusal
from drivers.sparkplug.node import Cause
from edge.config.load import load
from edge.config.measure import MeasureFile
from edge.config.text.values import parse_duration

FOLDER = Path(__file__).parents[3] / "drivers"
GATEWAY = """\
site: test
agent: test
areas:
  boiler_house: {zh: 锅炉房, en: boiler house}
  hall: {zh: 车间, en: hall}
"""


@pytest.mark.parametrize("name", DRIVERS)
def test_the_readme_shows_the_sample_itself(name: str) -> None:
    sample = (FOLDER / name / "sample.yaml").read_text()
    assert f"```yaml\n{sample}```" in (FOLDER / name / "README.md").read_text()


@pytest.mark.parametrize("name", DRIVERS)
def test_the_sample_is_a_file_that_a_plant_may_have(name: str, tmp_path: Path) -> None:
    (tmp_path / "devices").mkdir()
    (tmp_path / "gateway.yaml").write_text(GATEWAY)
    (tmp_path / "devices" / "sample.yaml").write_text((FOLDER / name / "sample.yaml").read_text())
    # What the sample of a replay names.
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / "pump.csv").write_text("time,Pressure,Running\n0,1,on\n")
    problems = [str(each) for each in load(tmp_path, DRIVERS, CHANNELS).problems]
    assert [each for each in problems if each.startswith("devices/sample.yaml")] == []


@pytest.mark.parametrize("name", DRIVERS)
@pytest.mark.parametrize("part", ["connection", "point"])
def test_every_setting_is_in_the_sample_and_in_the_readme(name: str, part: str) -> None:
    model: type[BaseModel] = getattr(DRIVERS[name], part)
    sample = (FOLDER / name / "sample.yaml").read_text()
    readme = (FOLDER / name / "README.md").read_text()
    for field in model.model_fields:
        assert re.search(rf"\b{field}:", sample), field
        assert f"`{field}`" in readme, field


@pytest.mark.parametrize("name", DRIVERS)
def test_what_the_sample_comments_out_is_the_default(name: str) -> None:
    shown = dict(re.findall(r"^\s*# (\w+): ([^#\n]+?)\s*(?:#.*)?$", (FOLDER / name / "sample.yaml").read_text(), re.M))
    row = DRIVERS[name]
    checked = 0
    for model in (row.connection, row.point, MeasureFile):
        for field, info in model.model_fields.items():
            if field in shown and field != "client_id":
                written = shown.pop(field)  # a key of both models is shown where it has a default
                assert _as_default(YAML(typ="safe").load(written)) == json.loads(json.dumps(_plain(info.default))), field
                checked += 1
    assert checked >= (2 if name in ("manual", "pulse") else 5)  # what people enter and gateways say is not scaled


def _as_default(written: Any) -> Any:
    if isinstance(written, dict):
        return {key: _as_default(value) for key, value in written.items()}
    if isinstance(written, str) and re.fullmatch(r"\d+(ms|s|min|h)", written):
        return parse_duration(written)
    return written


def _plain(default: Any) -> Any:
    return default.model_dump() if isinstance(default, BaseModel) else default


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("modbus", [*FrameFault, "no_answer", "no_connection", "polls", "overruns", "exception_2"]),
        ("mqtt", [*Refusal, "messages", "no_connection"]),
        (
            "sparkplug",
            [*Malformed, *MetricRefusal, *Unnamed, *Cause, "messages", "no_connection", "rebirth_asked", "retained", "null"],
        ),
        ("replay", [*ReplayRefusal, "rows", "unreadable"]),
    ],
)
def test_every_word_that_is_counted_under_is_explained(name: str, words: list[str]) -> None:
    readme = (FOLDER / name / "README.md").read_text()
    assert [str(word) for word in words if f"`{word}`" not in readme] == []


def test_every_file_of_the_folder_is_spoken_of() -> None:
    readme = (FOLDER / "README.md").read_text()
    for path in FOLDER.glob("*.py"):
        assert path.name == "__init__.py" or path.name in readme, path.name
    for name in DRIVERS:
        own = (FOLDER / name / "README.md").read_text()
        for path in (FOLDER / name).glob("*.py"):
            assert path.name == "__init__.py" or f"`{path.stem}`" in own, path


def test_the_table_of_defaults_is_that_of_the_model() -> None:
    fields = ModbusConnection.model_fields
    readme = (FOLDER / "modbus" / "README.md").read_text()
    assert f"| `port` {fields['port'].default} |" in readme
    assert f"| {fields['max_registers'].default}, {fields['max_bits'].default} |" in readme

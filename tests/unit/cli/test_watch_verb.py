"""`andon watch` runs what watches somebody, and says what is missing where nothing does; what docs/watch.md shows is right."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge.cli import app
from edge.config.plant import Plant
from edge.response.grants import Purpose
from edge.starter.folder import Wish, starter_files, write_starter
from tests.unit.config.folders import plant_of

DOCUMENT = Path(__file__).parents[3] / "docs" / "watch.md"
BLOCK = re.compile(r"^```yaml\n(.*?)^```", re.S | re.M)


@pytest.mark.parametrize(("language", "word"), [("en", "no gateway to be watched"), ("zh", "没有要看护的网关")])
def test_a_folder_that_watches_nobody_is_not_run(tmp_path: Path, language: str, word: str) -> None:
    write_starter(tmp_path / "plant", starter_files(Wish("my_plant", "en")))
    result = CliRunner().invoke(app, ["watch", str(tmp_path / "plant"), "--lang", language])
    assert result.exit_code == 1
    assert word in result.output
    assert "pulse" in result.output


def documented(tmp_path: Path) -> Plant:
    """The plant of the document: its files, and a controller for what they name."""
    gateway, *blocks = BLOCK.findall(DOCUMENT.read_text(encoding="utf-8"))
    folder = tmp_path / "plant"
    (folder / "devices").mkdir(parents=True)
    (folder / "rules").mkdir()
    (folder / "gateway.yaml").write_text(
        f"site: gate\nagent: house\nareas: {{gate: {{zh: 门卫, en: gate}}}}\n{gateway}", encoding="utf-8"
    )
    for block in blocks:
        name, _, content = block.removeprefix("# ").partition("\n")
        (folder / name).write_text(content, encoding="utf-8")
    (folder / "devices" / "controller.yaml").write_text(CONTROLLER, encoding="utf-8")
    writes = (folder / "writes.yaml").read_text(encoding="utf-8")
    (folder / "writes.yaml").write_text(
        writes + "  PLC1.siren: {purpose: siren, values: [0, 1], rules: true, rest: 0}\n", encoding="utf-8"
    )
    return plant_of(folder)


CONTROLLER = """\
types:
  controller:
    words: {zh: 控制器, en: controller}
    driver: modbus
    tags:
      andon_alive: {address: holding 1, type: uint16, words: {zh: 网关心跳, en: heartbeat}}
      siren: {address: coil 1, words: {zh: 警笛, en: siren}}
devices:
  PLC1: {type: controller, area: gate, words: {zh: 控制器, en: plc}, connection: {host: 127.0.0.1, unit_id: 1, every: 1s}}
"""


def test_what_the_document_shows_is_a_plant(tmp_path: Path) -> None:
    plant = documented(tmp_path)
    assert (set(plant.alive.gateways), set(plant.alive.pings), plant.alive.registers) == (
        {"gatehouse"},
        {"uptime"},
        ("PLC1.andon_alive",),
    )
    assert plant.policy.grants.by_tag["PLC1.andon_alive"].purpose is Purpose.HEARTBEAT
    assert {rule.id for rule in plant.rules} == {"EDGE_1/gone", "EDGE_1/channel_down", "system/nobody_hears"}
    assert {use.ref for use in plant.secrets} == {"${env:ANDON_PULSE_SECRET}", "${env:ANDON_PING_URL}"}

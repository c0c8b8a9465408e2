"""Derived tags in the tag list: to be read on a sheet of their own, and never taken back."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.andon_command import Ran, run
from tests.unit.config.folders import BOILER_HOUSE, boiler_house

DEVICES = (BOILER_HOUSE / "devices" / "boilers.yaml").read_text()
TAGS = """\
    derived:
      used: {count: flow, over: 8h, from: "06:00", words: {zh: 本班用水, en: water this shift}, states: {0: {zh: 无, en: none}}}
      share: {expression: "steam_pressure / {steam_high}", unit: "%", words: {zh: 占比, en: share}}
    tags:
      flow: {address: holding 9, type: uint32, unit: m³, counter: {resets: never}, words: {zh: 水表, en: meter}}
"""


def andon(*arguments: object) -> Ran:
    return run("tags", *arguments, "--lang", "en")


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    return boiler_house(tmp_path, devices__boilers=DEVICES.replace("    tags:\n", TAGS, 1))


def test_derived_tags_stand_on_a_sheet_of_their_own_as_they_are_written(plant: Path, tmp_path: Path) -> None:
    file = tmp_path / "tags.xlsx"
    ran = andon("export", plant, "--to", file)
    assert ran.exit_code == 0
    assert "2 derived tags stand on a sheet of their own" in ran.stdout
    book = load_workbook(file)
    assert book.sheetnames == ["tags", "derived tags"]
    heads, *rows = book["derived tags"].iter_rows(values_only=True)
    used, share = (dict(zip(heads, row, strict=True)) for row in rows)
    assert (used["tag"], used["counts"], used["over"], used["from"]) == ("used", "flow", "8h", "06:00")
    assert used["other settings"] == "states: {0: {zh: 无, en: none}}"
    assert (share["name (en)"], share["expression"], share["unit"]) == ("share", "steam_pressure / {steam_high}", "%")
    meter = next(row for row in book["tags"].iter_rows(values_only=True) if row[1] == "flow")
    assert meter[-1] == "counter: {resets: never}"


def test_nothing_is_taken_back_from_there(plant: Path, tmp_path: Path) -> None:
    file = tmp_path / "tags.xlsx"
    andon("export", plant, "--to", file)
    book = load_workbook(file)
    book["derived tags"]["E2"] = "steam_pressure * 7"
    book.save(file)
    ran = andon("import", plant, file)
    assert (ran.exit_code, ran.stdout.strip()) == (0, "The list says what the plant says: nothing to change.")


def test_a_csv_has_one_table_and_says_what_is_not_in_it(plant: Path, tmp_path: Path) -> None:
    file = tmp_path / "tags.csv"
    ran = andon("export", plant, "--to", file)
    assert "2 derived tags stand only in an XLSX." in ran.stdout
    assert "used" not in file.read_text(encoding="utf-8-sig")
    assert andon("import", plant, file, "--dry-run").exit_code == 0

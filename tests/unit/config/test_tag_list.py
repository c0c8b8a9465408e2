"""The tag list against its plant: what goes out comes back, what was edited is written, and mistakes are said by row."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from drivers.catalog import DRIVERS
from edge.config.sheets.csv_file import csv_bytes, read_csv
from edge.config.sheets.table import table_of_texts
from edge.config.tag_list.apply import new_texts
from edge.config.tag_list.changes import asked_by
from edge.config.tag_list.columns import columns_of
from edge.config.tag_list.rows import tag_row
from edge.config.text.finding import Findings
from edge.config.text.source import parse
from tests.andon_command import Ran, run
from tests.unit.config.folders import BOILER_HOUSE, COLD_ROLLING_MILL, boiler_house, check, plant_of
from tests.unit.config.test_libraries import USES, with_library

COLUMNS = columns_of([DRIVERS["modbus"].point, DRIVERS["mqtt"].point])
DEVICES = (BOILER_HOUSE / "devices" / "boilers.yaml").read_text()
DESCRIBED = check(BOILER_HOUSE).described


def andon(*arguments: object, lang: str = "en") -> Ran:
    return run("tags", *arguments, "--lang", lang)


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def exported(plant: Path, file: Path) -> list[dict[str, str]]:
    assert andon("export", plant, "--to", file).exit_code == 0
    return list(csv.DictReader(io.StringIO(file.read_bytes().decode("utf-8-sig"))))


def saved(rows: list[dict[str, str]], file: Path, encoding: str = "gb18030") -> Path:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(key for row in rows for key in row)))
    writer.writeheader()
    writer.writerows(rows)
    file.write_bytes(text.getvalue().encode(encoding))
    return file


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    return boiler_house(tmp_path)


@pytest.mark.parametrize(
    ("folder", "name", "lang"),
    [(BOILER_HOUSE, "t.xlsx", "zh"), (BOILER_HOUSE, "t.CSV", "en"), (COLD_ROLLING_MILL, "t.xlsx", "zh")],
)
def test_out_and_back_changes_nothing(folder: Path, tmp_path: Path, name: str, lang: str) -> None:
    file = tmp_path / name
    assert andon("export", folder, "--to", file, lang=lang).exit_code == 0
    ran = andon("import", folder, file, "--dry-run", lang="en")
    assert (ran.exit_code, ran.stdout.strip()) == (0, "The list says what the plant says: nothing to change.")


def test_what_was_edited_is_shown_then_written_where_it_stands_and_is_then_the_same(plant: Path, tmp_path: Path) -> None:
    file, before = tmp_path / "tags.csv", content(plant)
    pressure, _ = rows = exported(plant, file)
    edited = {
        "address": "holding 7",
        "unit": "",
        "stale after": "20秒",
        "valid low": "0",
        "valid high": "１６",
        "name (zh)": "汽压",
    }
    rows[0] = pressure | edited
    saved(rows, file)
    ran = andon("import", plant, file, "--dry-run")
    assert ran.stdout.splitlines() == [
        "boiler.steam_pressure (devices/boilers.yaml:7:7)",
        "  name (zh): 蒸汽压力 -> 汽压",
        "  address: holding 0 -> holding 7",
        "  unit: bar -> (none)",
        "  valid low: (none) -> 0",
        "  valid high: (none) -> 16",
        "  stale after: 10s -> 20s",
        "1 tags would change or be added, 6 values in them. Nothing was written: leave --dry-run out to do it.",
    ]
    assert content(plant) == before
    assert andon("import", plant, file).exit_code == 0
    was = "steam_pressure: {address: holding 0, type: int16, scale: 0.01, unit: bar, stale_after: 10s, words: {zh: 蒸汽压力"
    now = "steam_pressure: {address: holding 7, type: int16, scale: 0.01, valid: [0, 16], stale_after: 20s, words: {zh: 汽压"
    assert (plant / "devices" / "boilers.yaml").read_text() == DEVICES.replace(was, now)
    assert "nothing to change" in andon("import", plant, file).stdout
    assert exported(plant, tmp_path / "again.csv")[0] == rows[0] | {"stale after": "20s", "valid high": "16"}


def test_a_row_with_a_tag_that_its_type_lacks_adds_it(plant: Path, tmp_path: Path) -> None:
    new = {
        "device type": "boiler",
        "tag": "level",
        "address": "holding 2",
        "data type": "uint16",
        "raw low": "0",
        "raw high": "27648",
    }
    new |= {"range low": "0", "range high": "100", "unit": "%", "name (zh)": "水位", "name (en)": "water level"}
    file = saved([new], tmp_path / "tags.csv", "utf-16")
    assert andon("import", plant, file).exit_code == 0
    level = next(tag for tag in plant_of(plant).devices["BOILER.1"].tags if tag.key == "level")
    assert (level.unit, level.measure.range, level.measure.raw_range) == ("%", (0, 100), (0, 27648))
    assert "nothing to change" in andon("import", plant, file).stdout


def test_all_mistakes_are_said_at_once_by_row_and_column_and_nothing_is_written(plant: Path, tmp_path: Path) -> None:
    before = content(plant)
    rows = [
        {"设备类型": "boiler", "测点": "steam_pressure", "系数": "1,5"},
        {"设备类型": "boilr", "测点": "level", "系数": ""},
        {"设备类型": "boiler", "测点": "steam_pressure", "系数": ""},
        {"设备类型": "boiler", "测点": "", "系数": ""},
    ]
    ran = andon("import", plant, saved(rows, tmp_path / "点表.csv"), lang="zh")
    assert ran.exit_code == 1
    assert ran.stderr.splitlines() == [
        "点表.csv 第 2 行 C 列（系数）：错误：1,5 的逗号可能是千分位，也可能是小数点：请用小数点，或去掉逗号",
        "点表.csv 第 3 行 A 列（设备类型）：错误：新的设备类型要先写在 devices/*.yaml 里："
        "现在没有设备类型“boilr”，是不是想写“boiler”？",
        "点表.csv 第 4 行 A 列（设备类型）：错误：测点 boiler.steam_pressure 在第 2 行已经有了：请删除其中一行",
        "点表.csv 第 5 行 A 列（设备类型）：错误：这一行没有写明是哪个设备类型的哪个测点：请两项都写上，或删除此行",
        "什么都没有写入：表里有 4 个错误。",
    ]
    assert content(plant) == before


@pytest.mark.parametrize(
    ("cells", "place"),
    [
        ({"address": "40001x"}, "row 2, column C (address)"),
        ({"data type": "int17"}, "row 2, column C (data type)"),
        ({"valid low": "0"}, "row 2, column C (valid low)"),
        ({"unit": "x" * 17}, "row 2, column C (unit)"),
        ({"name (en)": ""}, "row 2, column C (name (en))"),
        ({"other settings": "labels: {a: b}"}, "row 2, column C (other settings)"),
        ({"colour": "red"}, "row 1, column C"),
    ],
)
def test_what_check_would_refuse_is_refused_at_the_cell(plant: Path, tmp_path: Path, cells: dict[str, str], place: str) -> None:
    file = saved([{"device type": "boiler", "tag": "steam_pressure"} | cells], tmp_path / "t.csv")
    ran = andon("import", plant, file)
    assert ran.exit_code == 1
    assert ran.stderr.splitlines()[0].startswith(f"t.csv, {place}: error:")


def test_types_of_a_library_are_shown_and_left_alone(tmp_path: Path) -> None:
    folder = with_library(tmp_path, USES)
    file = tmp_path / "t.csv"
    rows = exported(folder, file)
    theirs = rows[0]
    ran = andon("import", folder, saved([theirs | {"unit": "mK"}], file))
    assert ran.exit_code == 1
    assert "comes from the library" in ran.stderr


def test_only_the_types_that_were_asked_for_go_out(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    assert andon("export", COLD_ROLLING_MILL, "--to", file, "--type", "fume_fan").exit_code == 0
    assert {row["device type"] for row in csv.DictReader(io.StringIO(file.read_bytes().decode("utf-8-sig")))} == {"fume_fan"}
    wrong = andon("export", BOILER_HOUSE, "--to", file, "--type", "boilr")
    assert (wrong.exit_code, "boiler" in wrong.stderr) == (2, True)


def test_the_workbook_offers_the_words_of_the_drivers(tmp_path: Path) -> None:
    file = tmp_path / "t.xlsx"
    assert andon("export", BOILER_HOUSE, "--to", file).exit_code == 0
    choices = [each.formula1 for each in load_workbook(file).active.data_validations.dataValidation]
    assert any("int16" in choice and "float32" in choice for choice in choices)
    assert any("CDAB" in choice for choice in choices)


def test_a_text_that_a_spreadsheet_would_compute_goes_out_as_a_text(plant: Path, tmp_path: Path) -> None:
    devices = plant / "devices" / "boilers.yaml"
    devices.write_text(DEVICES.replace("en: steam pressure", 'en: "=HYPERLINK(1)"'))
    file = tmp_path / "t.csv"
    assert exported(plant, file)[0]["name (en)"] == "'=HYPERLINK(1)"
    assert "nothing to change" in andon("import", plant, file).stdout


def test_the_built_in_type_is_not_listed_and_never_changed(plant: Path, tmp_path: Path) -> None:
    system = "  system: {type: system, area: boiler_1, words: {zh: 网关, en: gateway}}\n"
    (plant / "devices" / "boilers.yaml").write_text(DEVICES + system)
    file = tmp_path / "t.csv"
    assert {row["device type"] for row in exported(plant, file)} == {"boiler"}
    ran = andon("import", plant, saved([{"device type": "system", "tag": "uplink", "unit": "x"}], file))
    assert (ran.exit_code, "is built in" in ran.stderr) == (1, True)


NUMBERS = st.one_of(st.none(), st.integers(-32768, 65535), st.sampled_from([0.1, 0.01, 1e-5, 27648.5, -0.001]))
#: A hard space of a spreadsheet is read as a space.
TEXTS = (
    st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp", "Cf")), min_size=1, max_size=20)
    .map(lambda text: text.replace("\u00a0", " ").strip())
    .filter(bool)
)


@given(scale=NUMBERS.filter(lambda each: each is None or abs(each) >= 1e-12), offset=NUMBERS, name=TEXTS)
def test_whatever_a_cell_says_is_what_the_next_export_says(scale: float | None, offset: float | None, name: str) -> None:
    row = {"device_type": "boiler", "tag": "steam_pressure", "scale": scale, "offset": offset, "name_en": name}
    cells = [column for column in COLUMNS if column.name in row]
    sheet = read_csv(csv_bytes(table_of_texts([row], cells, "zh")), COLUMNS)
    findings = Findings()
    asked = asked_by([sheet], "t.csv", DESCRIBED, COLUMNS, findings)
    assert not findings.any_error
    (file,) = asked.files(DESCRIBED) or ["devices/boilers.yaml"]
    texts = new_texts(asked, DESCRIBED, {file: (BOILER_HOUSE / file).read_bytes()}, DRIVERS)
    root = parse(texts.get(file, DEVICES.encode()), file, findings)
    assert root is not None
    node = root.follow(("types", "boiler", "tags", "steam_pressure"))
    assert {**dict.fromkeys(row), **tag_row("boiler", "steam_pressure", node, cells), "other": None} == row | {"other": None}

"""The tag list in the column forms of Kepware and Neuron: what they can say comes and goes truly, the rest is named."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.catalog import DRIVERS
from drivers.modbus.address import parse_address
from drivers.modbus.foreign import Kepware, Neuron
from drivers.modbus.layout import ByteOrder
from edge.config.sheets.cells import Plain
from edge.config.tag_list.columns import columns_of
from edge.config.tag_list.foreign import CannotSay, ForeignForm
from edge.config.tag_list.rows import Row, tag_row
from edge.config.text.finding import Place
from edge.config.text.source import Node
from tests.unit.config.folders import BOILER_HOUSE, COLD_ROLLING_MILL, boiler_house, plant_of
from tests.unit.config.test_tag_list import andon, content, saved

HERE = Place("f.yaml", 1, 1)
COLUMNS = columns_of([DRIVERS["modbus"].point])
KEPWARE_HEADINGS = (
    "Tag Name,Address,Data Type,Respect Data Type,Client Access,Scan Rate,Scaling,Raw Low,Raw High,Scaled Low,Scaled High,"
    "Scaled Data Type,Clamp Low,Clamp High,Eng. Units,Description,Negate Value"
)


def out(folder: Path, file: Path, form: str) -> list[dict[str, str]]:
    ran = andon("export", folder, "--to", file, "--form", form, "--type", "boiler")
    assert ran.exit_code == 0, ran.stderr
    return list(csv.DictReader(io.StringIO(file.read_bytes().decode("utf-8-sig"))))


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    return boiler_house(tmp_path)


def test_kepware_gets_its_columns_with_the_scale_as_a_line(plant: Path, tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    pressure, fault = out(plant, file, "kepware")
    assert file.read_text("utf-8-sig").splitlines()[0] == KEPWARE_HEADINGS
    assert {key: value for key, value in pressure.items() if value} == {
        "Tag Name": "boiler.steam_pressure",
        "Address": "400001",
        "Data Type": "Short",
        "Respect Data Type": "1",
        "Client Access": "RO",
        "Scaling": "Linear",
        "Raw Low": "0",
        "Raw High": "1000",
        "Scaled Low": "0",
        "Scaled High": "10",
        "Scaled Data Type": "Double",
        "Eng. Units": "bar",
        "Description": "steam pressure",
    }
    assert (fault["Address"], fault["Data Type"]) == ("100001", "Boolean")


def test_neuron_gets_group_slave_and_decimal(plant: Path, tmp_path: Path) -> None:
    pressure, fault = out(plant, tmp_path / "t.csv", "neuron")
    assert list(pressure.values()) == ["boiler", "steam_pressure", "1!400001", "Read", "INT16", "steam pressure", "0.01", ""]
    assert (fault["address"], fault["type"]) == ("1!100001", "BIT")


@pytest.mark.parametrize("form", ["kepware", "neuron"])
@pytest.mark.parametrize(("folder", "suffix"), [(BOILER_HOUSE, "csv"), (BOILER_HOUSE, "xlsx"), (COLD_ROLLING_MILL, "csv")])
def test_out_and_back_in_another_products_form_changes_nothing(folder: Path, tmp_path: Path, form: str, suffix: str) -> None:
    file = tmp_path / f"t.{suffix}"
    assert andon("export", folder, "--to", file, "--form", form, lang="zh").exit_code == 0
    ran = andon("import", folder, file, "--form", form)
    assert (ran.exit_code, "nothing to change" in ran.stdout) == (0, True), ran.stderr


def test_what_a_form_has_no_words_for_is_named_and_left_out(tmp_path: Path) -> None:
    ran = andon("export", COLD_ROLLING_MILL, "--to", tmp_path / "t.csv", "--form", "kepware")
    assert "left out: laboratory.concentration: this form is for Modbus, and the type's driver is mqtt" in ran.stderr


def test_a_list_of_kepware_without_groups_goes_into_the_one_type_that_is_named(plant: Path, tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text(
        '"Tag Name";"Address";"Data Type";"Scaling";"Raw High";"Scaled High"\nlevel;400011;Word;Linear;27648;100\n'
        "low;400012.3;Boolean;;;\n"
    )
    assert andon("import", plant, file, "--form", "kepware", "--type", "boiler").exit_code == 0
    tags = {tag.key: tag for tag in plant_of(plant).devices["BOILER.1"].tags}
    assert (tags["level"].measure.raw_range, tags["level"].measure.range) == ((0, 27648), (0, 100))
    text = (plant / "devices" / "boilers.yaml").read_text()
    assert "address: holding 10, type: uint16" in text.replace("\n        ", ", ").replace("  ", "")
    assert "holding 11" in text and "bit: 3" in text


@pytest.mark.parametrize(
    ("form", "cells"),
    [
        (
            "kepware",
            "Tag Name,Address,Data Type\nboiler.flow,400021,Float\nboiler.low,400030,Word\nboiler.total,400041,QWord\n",
        ),
        (
            "neuron",
            "group,name,address,type\nboiler,flow,1!400021,FLOAT\nboiler,low,1!400030,UINT16\nboiler,total,1!400041,UINT64\n",
        ),
    ],
)
def test_values_whose_byte_order_no_row_says_are_named_once_by_their_rows(
    plant: Path, tmp_path: Path, form: str, cells: str
) -> None:
    file = tmp_path / "t.csv"
    file.write_text(cells)
    said = "warning: 2 values of 32 or 64 bits: this form does not say in which order their bytes are"
    for verb in (("--dry-run",), ()):
        ran = andon("import", plant, file, "--form", form, *verb)
        assert (ran.exit_code, ran.output.count(said)) == (0, 1), ran.output
        assert "rows 2, 4" in ran.output
    assert "order" not in andon("import", plant, file, "--form", form).output


def test_a_byte_order_that_stands_in_the_files_is_not_asked_about(plant: Path, tmp_path: Path) -> None:
    devices = plant / "devices" / "boilers.yaml"
    text = devices.read_text(encoding="utf-8")
    assert "type: int16" in text
    devices.write_text(text.replace("type: int16", "type: int32, word_order: CDAB", 1), encoding="utf-8")
    file = tmp_path / "t.csv"
    file.write_text("Tag Name,Address,Data Type\nboiler.steam_pressure,400001,Float\n")
    ran = andon("import", plant, file, "--form", "kepware")
    assert (ran.exit_code, "32 or 64 bits" in ran.output) == (0, False), ran.output


def test_a_changed_line_takes_the_place_of_the_scale(plant: Path, tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    pressure, _ = out(plant, file, "kepware")
    saved([pressure | {"Scaled High": "16"}], file)
    assert andon("import", plant, file, "--form", "kepware").exit_code == 0
    measure = next(tag.measure for tag in plant_of(plant).devices["BOILER.1"].tags if tag.key == "steam_pressure")
    assert (measure.scale, measure.raw_range, measure.range) == (1.0, (0, 1000), (0, 16))
    assert "nothing to change" in andon("import", plant, file, "--form", "kepware").stdout
    assert out(plant, tmp_path / "u.csv", "kepware")[0] == pressure | {"Scaled High": "16"}


@pytest.mark.parametrize(
    ("form", "cells", "said"),
    [
        ("kepware", {"Address": "x"}, 'column B (Address): error: "x" is no address'),
        ("kepware", {"Address": "400001.3"}, 'column B (Address): error: "400001.3" is no address'),
        ("kepware", {"Data Type": "Shrt"}, 'column C (Data Type): error: there is no data type "Shrt"'),
        ("kepware", {"Clamp Low": "1"}, "(Clamp Low): error: Andon shows what the device says"),
        ("kepware", {"Scaling": "Square Root"}, '(Scaling): error: "Square Root" is not taken over'),
        ("kepware", {"Scaled High": "a"}, "(Scaled High): error: must be a number"),
        ("kepware", {"Tag Name": "steam_pressure"}, "(Tag Name): error: this row does not say which device type"),
        ("kepware", {"Tag Name": "biler.steam_pressure"}, "(Tag Name): error: there is no device type"),
        ("neuron", {"address": "400001"}, '(address): error: "400001" is no Neuron address'),
        ("neuron", {"address": "1!400001#BB"}, "mean different byte orders"),
        ("neuron", {"group": ""}, "(group): error:"),
        ("neuron", {"address": "1!400001.9X", "type": "STRING"}, '(address): error: "400001.9X" is no address'),
        ("kepware", {"Address": "400001.9D", "Data Type": "String"}, '(Address): error: "400001.9D" is no address'),
    ],
)
def test_what_cannot_be_taken_over_truly_is_refused_at_its_cell(
    plant: Path, tmp_path: Path, form: str, cells: dict[str, str], said: str
) -> None:
    before, file = content(plant), tmp_path / "t.csv"
    pressure, fault = out(plant, file, form)
    ran = andon("import", plant, saved([fault, pressure | cells], file), "--form", form)
    assert ran.exit_code == 1
    assert said in ran.stderr
    assert ran.stderr.startswith("t.csv, row 3")
    assert content(plant) == before


def as_row(**given: Plain) -> tuple[Row, Node]:
    node = Node({key: Node(value, HERE, HERE) for key, value in given.items()}, HERE, HERE)
    return tag_row("t", "a", node, COLUMNS), node


@pytest.mark.parametrize("form", [Kepware(), Neuron()])
@pytest.mark.parametrize("order", ByteOrder)
def test_the_order_of_a_texts_characters_comes_back_or_is_not_said(form: ForeignForm, order: ByteOrder) -> None:
    row, node = as_row(address="holding 4", type="string", length=9, byte_order=str(order))
    if isinstance(form, Kepware) and order.characters == 1:
        with pytest.raises(CannotSay) as refused:
            form.written(row, node, 1)
        assert refused.value.phrase.key == "tag_list.form_byte_order"
    else:
        cells = form.written(row, node, 1)
        said = {key: value for each in form.understood(cells, None) for key, value in each.values.items()}
        assert ByteOrder(str(said["byte_order"] or ByteOrder.HIGH_FIRST)) is order
        assert said["length"] == 9


def test_neuron_calls_one_character_a_register_d_in_the_low_half_and_e_in_the_high() -> None:
    letters = []
    for order in ByteOrder:
        row, node = as_row(address="holding 0", type="string", length=9, byte_order=str(order))
        letters.append(Neuron().written(row, node, 1)["address"])
    assert letters == ["1!400001.9H", "1!400001.9L", "1!400001.9E", "1!400001.9D"]


def test_rows_of_one_group_are_of_one_slave(plant: Path, tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    pressure, fault = out(plant, file, "neuron")
    ran = andon("import", plant, saved([pressure, fault | {"address": "2!100001"}], file), "--form", "neuron")
    assert "of several slaves" in ran.stderr


TYPES = st.sampled_from(["int16", "uint16", "int32", "uint32", "int64", "float32", "float64", "uint64"])
ADDRESSES = st.integers(0, 65000).flatmap(lambda n: st.sampled_from([f"holding {n}", f"input 0x{n:X}", f"4x{n + 1:04}"]))
SCALES = st.one_of(st.none(), st.integers(1, 1000), st.sampled_from([0.1, 0.01, 0.001, -0.5, 1e-6, 0.3]))


@given(address=ADDRESSES, kind=TYPES, scale=SCALES, offset=SCALES, unit=st.sampled_from([None, "bar", "°C"]))
@pytest.mark.parametrize("form", [Kepware(), Neuron()])
def test_a_tag_said_in_a_form_is_understood_as_the_same_place_and_line(
    form: ForeignForm, address: str, kind: str, scale: float | None, offset: float | None, unit: str | None
) -> None:
    given_ = {"address": address, "type": kind, "scale": scale, "unit": unit}
    given_ |= {"offset": offset} if isinstance(form, Kepware) else {}
    node = Node({key: Node(value, HERE, HERE) for key, value in given_.items() if value is not None}, HERE, HERE)
    row = tag_row("t", "a", node, COLUMNS)
    said = {key: value for each in form.understood(form.written(row, node, 7), address) for key, value in each.values.items()}
    assert (parse_address(str(said["address"])), said["type"]) == (parse_address(address), kind)
    assert parse_address(str(said["address"])).notation is parse_address(address).notation
    if isinstance(form, Kepware) and (scale is not None or offset is not None):
        raw = 12345
        slope = (said["range_high"] - said["range_low"]) / (said["raw_range_high"] - said["raw_range_low"])
        value = said["range_low"] + (raw - said["raw_range_low"]) * slope
        assert value == pytest.approx(raw * (1 if scale is None else scale) + (offset or 0), rel=1e-12)
        assert said["unit"] == unit
    elif isinstance(form, Neuron):
        assert said["scale"] == scale

"""`on_change` in the tag's unit or in percent: of its range, or of the last value kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from edge.config.device_types import TagFile
from edge.config.on_change import Deadband
from edge.model.tag import AS_IT_COMES, Measure, Tag
from tests.unit.config.folders import BOILER_HOUSE, boiler_house, plant_of
from tests.unit.config.test_tag_list import andon, content

LINE = "unit: bar, stale_after: 10s"


def read(written: object) -> Deadband | None:
    given_ = json.dumps({"words": {"zh": "甲", "en": "a"}, "on_change": written})
    return TagFile.model_validate_json(given_, strict=True).on_change


def with_tag(tmp_path: Path, more: str) -> Path:
    text = (BOILER_HOUSE / "devices" / "boilers.yaml").read_text()
    assert LINE in text
    return boiler_house(tmp_path, devices__boilers=text.replace(LINE, f"{LINE}, {more}"))


def pressure(folder: Path) -> Tag:
    return next(tag for tag in plant_of(folder).devices["BOILER.1"].tags if tag.key == "steam_pressure")


@given(st.floats(1e-6, 1e6), st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_a_number_is_in_the_unit_whatever_the_range(size: float, low: float, span: float) -> None:
    band = read(size)
    assert band is not None
    assert band.on(Measure(range=(low, low + span))) == band.on(AS_IT_COMES) == (size, None)


def test_percent_are_of_the_span_of_the_range_where_there_is_one() -> None:
    band = read("2.5 %")
    assert band == Deadband(2.5, in_percent=True)
    assert band.on(Measure(range=(-20, 180))) == band.on(Measure(range=(180, -20))) == (5.0, None)
    assert band.on(AS_IT_COMES) == (None, 0.025)


@pytest.mark.parametrize("written", [0, -1, "0%", "101%", "1", "one percent", "1%%", "-1%", True, "1e2%"])
def test_what_is_no_change_is_refused(written: object) -> None:
    with pytest.raises(ValidationError) as refused:
        read(written)
    assert [error["type"] for error in refused.value.errors()] == ["config.on_change_form"]


def test_a_plant_says_it_in_percent(tmp_path: Path) -> None:
    tag = pressure(with_tag(tmp_path, "on_change: 1%"))
    assert (tag.on_change, tag.on_change_share) == (None, 0.01)


def test_percent_come_and_go_in_the_tag_list(tmp_path: Path) -> None:
    folder, file = with_tag(tmp_path, "on_change: 1%"), tmp_path / "t.csv"
    before = content(folder)
    assert andon("export", folder, "--to", file).exit_code == 0
    assert ",1%," in file.read_text("utf-8-sig")
    assert "nothing to change" in andon("import", folder, file).stdout
    assert content(folder) == before
    file.write_text(file.read_text("utf-8-sig").replace(",1%,", ",0.2,"), "utf-8-sig")
    assert andon("import", folder, file).exit_code == 0
    assert pressure(folder).on_change == 0.2

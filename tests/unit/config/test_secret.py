"""Secrets: looked up where a reference says, never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.config.secret import reveal, unset_secrets
from edge.model.errors import ConfigError
from tests.unit.config.folders import BOILER_HOUSE, boiler_house, plant_of


def test_a_variable_is_revealed() -> None:
    assert reveal("${env:MILL}", {"MILL": "hunter2"}) == "hunter2"


def test_a_file_is_revealed_without_the_line_end_after_it(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("hunter2\n", encoding="utf-8")
    assert reveal(f"${{file:{tmp_path}/token}}", {}) == "hunter2"


@pytest.mark.parametrize("environ", [{}, {"MILL": ""}])
def test_a_variable_that_is_not_set_or_empty_is_named(environ: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="the environment variable MILL is not set"):
        reveal("${env:MILL}", environ)


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", b"x" * 70_000])
def test_a_file_that_holds_no_secret_is_named_and_not_quoted(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "token").write_bytes(content)
    with pytest.raises(ConfigError, match=r"the secret file .*/token") as caught:
        reveal(f"${{file:{tmp_path}/token}}", {})
    assert "xxx" not in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no secret file"):
        reveal(f"${{file:{tmp_path}/nothing}}", {})


def test_an_unset_secret_is_a_note_at_its_place_and_an_error_when_asked_for() -> None:
    plant = plant_of(BOILER_HOUSE)
    (note,) = unset_secrets(plant, {}, language="en")
    assert str(note) == "cloud.yaml:3:18: the environment variable BOILER_SECRET is not set: set it before running"
    assert note.severity == "note"
    (error,) = unset_secrets(plant, {}, language="zh", severity="error")
    assert (error.severity, "没有设置" in error.text) == ("error", True)
    assert unset_secrets(plant, {"BOILER_SECRET": "x"}, language="en") == []


def test_a_literal_secret_appears_in_no_message(tmp_path: Path) -> None:
    from tests.unit.config.folders import said

    cloud = (BOILER_HOUSE / "cloud.yaml").read_text(encoding="utf-8").replace("${env:BOILER_SECRET}", "Zx9-hunter2")
    lines = said(boiler_house(tmp_path, cloud=cloud)) + said(boiler_house(tmp_path / "b", cloud=cloud), "zh")
    assert lines
    assert not any("hunter2" in line for line in lines)

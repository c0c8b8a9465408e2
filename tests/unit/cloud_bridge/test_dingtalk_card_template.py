"""The card template that comes with the product declares what alarms fill; a plant's own is compared with that by `check`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import simulators.dingtalk
from cloud_bridge.catalog import CHANNELS
from cloud_bridge.dingtalk.card_template import ARRAY, SENT, TEXT, Variable, differences, read_variables, shipped
from cloud_bridge.dingtalk.payloads import card_params
from cloud_bridge.marks import IN_TIME
from drivers.catalog import DRIVERS
from edge.config.check.check import check_folder
from edge.starter.folder import Wish, starter_files, write_starter
from tests.unit.cloud_bridge.intents import MESSAGE

#: The stand-in's types, in the card platform's words.
STANDIN_TYPES: Mapping[str, Variable] = {
    "text": Variable(TEXT),
    "word": Variable(TEXT),
    "rows": SENT["lines"],
    "buttons": SENT["buttons"],
}


def declared() -> Mapping[str, Variable]:
    found = read_variables(shipped())
    assert found is not None
    return found


def test_the_shipped_template_declares_exactly_what_alarms_fill() -> None:
    assert declared() == SENT


def test_what_is_sent_is_what_the_table_says() -> None:
    params = card_params(MESSAGE, IN_TIME)
    assert set(params) == set(SENT)
    for name, variable in SENT.items():
        if variable.type == ARRAY:
            for row in json.loads(params[name]):
                assert set(row) == set(variable.fields)
                assert {name for name, value in row.items() if isinstance(value, list)} == {
                    name for name, each in variable.fields.items() if each.type == ARRAY
                }


def test_the_stand_in_holds_a_template_of_the_same_variables() -> None:
    file = Path(simulators.dingtalk.__path__[0]) / "card_template.json"
    rows = json.loads(file.read_text(encoding="utf-8"))["variables"]
    assert {row["name"]: STANDIN_TYPES[row["type"]] for row in rows} == declared()


def test_the_shipped_template_shows_each_text_that_people_read() -> None:
    editor = json.loads(json.loads(shipped())["editorData"])
    drawn = json.dumps(editor["schema"]["componentsTree"], ensure_ascii=False)
    for name in ("headline", "priority_text", "state_text", "guidance", "footer"):
        assert f"${{{name}}}" in drawn
    assert {"lines", "buttons"} <= set(editor["mockData"]["cardData"])


def changed(**variables: Any) -> str:
    """The shipped template with variables of another type, or without them."""
    outer = json.loads(shipped())
    editor = json.loads(outer["editorData"])
    rows = [row | {"type": variables.get(row["name"], row["type"])} for row in editor["variableList"]]
    editor["variableList"] = [row for row in rows if row["type"] is not None]
    return json.dumps(outer | {"editorData": json.dumps(editor)})


def test_differences_are_told_by_name() -> None:
    found = read_variables(changed(footer=None, state="boolean", guidance="markdown"))
    assert found is not None
    told = differences(found)
    assert told.missing == ("footer",)
    assert told.mistyped == {"state": ("boolean", TEXT), "guidance": ("markdown", TEXT)}


def test_fields_of_arrays_are_compared_too() -> None:
    told = differences({**SENT, "lines": Variable(ARRAY, {"label": Variable("number")})})
    assert told.missing == ("lines.text",)
    assert told.mistyped == {"lines.label": ("number", TEXT)}


def test_what_else_a_template_has_is_its_own() -> None:
    assert not differences({**SENT, "picture": Variable(TEXT)})


@pytest.mark.parametrize("text", ["", "[]", "{", "{}", '{"editorData": "{"}', '{"editorData": "{}"}', "[" * 5_000])
def test_what_is_no_template_file_is_told_apart(text: str) -> None:
    assert read_variables(text) is None


# --- check ------------------------------------------------------------------------------------------------------------


def warned(tmp_path: Path, template: str | None, name: str = "templates/alarm_card.json") -> list[tuple[str, int, str, str]]:
    folder = tmp_path / "plant"
    write_starter(folder, starter_files(Wish("my_plant", "en")))
    with (folder / "cloud.yaml").open("a", encoding="utf-8") as file:
        file.write(f"\n  card_template_file: {name}\n")
    (folder / "templates").mkdir()
    if template is not None:
        (folder / "templates" / "alarm_card.json").write_text(template, encoding="utf-8")
    report = check_folder(folder, DRIVERS, CHANNELS, environ={}, language="en")
    assert report.exit_code == 0
    return [(each.file, each.line, each.code, each.text) for each in report.problems if each.severity == "warning"]


def test_check_says_nothing_of_a_template_that_fits(tmp_path: Path) -> None:
    assert warned(tmp_path, shipped()) == []


def test_check_names_what_is_missing_and_what_is_of_another_type_where_the_file_is_named(tmp_path: Path) -> None:
    missing, mistyped = warned(tmp_path, changed(footer=None, buttons=None, headline="markdown"))
    assert missing[0] == mistyped[0] == "cloud.yaml"
    assert missing[1] == mistyped[1] > 1
    assert (missing[2], mistyped[2]) == ("dingtalk.template.missing", "dingtalk.template.mistyped")
    assert "footer, buttons" in missing[3]
    assert "headline" in mistyped[3] and "markdown" in mistyped[3]


def test_check_tells_a_file_that_is_no_template_and_one_that_is_not_there(tmp_path: Path) -> None:
    assert [each[2] for each in warned(tmp_path / "a", "{}")] == ["dingtalk.template.no_template"]
    assert [each[2] for each in warned(tmp_path / "b", None)] == ["dingtalk.template.unreadable"]

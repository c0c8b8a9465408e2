"""The event that programs get: as its schema says, whatever the message."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cloud_bridge
from cloud_bridge.event import encode, event_of, is_about_an_alarm
from edge.model.alarm import AlarmState, Priority
from edge.model.intent import Purpose
from tests.other_channels import MESSAGE, claim

SCHEMA = json.loads((Path(cloud_bridge.__file__).parent / "event.schema.json").read_text(encoding="utf-8"))
TO_MES = {"endpoint": "mes"}
_TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


def problems(value: Any, schema: Any, where: str = "$") -> list[str]:
    """What a value has against a schema, as far as ours use JSON Schema: const, enum, type, required, properties, items."""
    found: list[str] = []
    if "const" in schema and value != schema["const"]:
        found.append(f"{where} is not {schema['const']}")
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{where}: {value!r} is none of {schema['enum']}")
    if "type" in schema:
        names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if not any(isinstance(value, _TYPES[name]) and (name == "boolean" or not isinstance(value, bool)) for name in names):
            return [*found, f"{where}: {value!r} is no {names}"]
    if isinstance(value, dict):
        known = schema.get("properties", {})
        found += [f"{where}.{name} is missing" for name in schema.get("required", ()) if name not in value]
        found += [f"{where}.{name} is not in the schema" for name in value if name not in known]
        for name in value.keys() & known.keys():
            found += problems(value[name], known[name], f"{where}.{name}")
    if isinstance(value, list):
        for number, each in enumerate(value):
            found += problems(each, schema["items"], f"{where}[{number}]")
    return found


@pytest.mark.parametrize("purpose", Purpose)
def test_an_event_of_every_purpose_is_as_the_schema_says(purpose: Purpose) -> None:
    event = json.loads(encode(event_of(claim(purpose=purpose, address=TO_MES).intent, site="crm", agent="line-1")))
    assert problems(event, SCHEMA) == []


def test_the_schema_lists_what_there_is() -> None:
    listed = SCHEMA["properties"]
    assert set(listed["event"]["enum"]) == {str(purpose) for purpose in Purpose}
    assert set(listed["state"]["enum"]) == {*map(str, AlarmState), ""}
    assert set(listed["priority"]["enum"]) == {*map(str, Priority)} - {"journal"}


def test_the_check_of_this_file_finds_what_is_wrong() -> None:
    event = event_of(claim(address=TO_MES).intent, site="crm", agent="line-1")
    assert problems({**event, "more": 1}, SCHEMA) == ["$.more is not in the schema"]
    assert problems({**event, "occurrence": "1"}, SCHEMA) == ["$.occurrence: '1' is no ['integer']"]
    assert problems({**event, "data": {"value": "82"}}, SCHEMA) == ["$.data.value: '82' is no ['number', 'null']"]


@given(st.text(max_size=5_000), st.lists(st.tuples(st.text(), st.text(max_size=3_000)), max_size=60))
def test_whatever_a_device_says_the_event_is_json_and_bounded(text: str, lines: list[tuple[str, str]]) -> None:
    message = replace(MESSAGE, headline=text, guidance=text, lines=tuple(lines))
    encoded = encode(event_of(claim(address=TO_MES, message=message).intent, site="crm", agent="line-1"))
    assert problems(json.loads(encoded), SCHEMA) == []
    assert len(encoded) < 512_000
    assert b"\n" not in encoded


def test_only_what_says_how_an_alarm_stands_is_about_an_alarm() -> None:
    assert is_about_an_alarm(claim(address=TO_MES).intent)
    digest = claim(purpose=Purpose.STATE, address=TO_MES, message=replace(MESSAGE, data={}))
    assert not is_about_an_alarm(digest.intent)

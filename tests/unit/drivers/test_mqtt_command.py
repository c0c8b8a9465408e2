"""Values into the payloads of commands: what is sent is what a device of the same type of tag would say, or nothing."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from drivers.mqtt.codec import as_value, parse_payload, payload_as_text
from drivers.mqtt.command import payload_of
from drivers.mqtt.config import MqttPoint, ValueType
from drivers.mqtt.path import find, parse_path

SHOWN = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp", "Cf", "Co", "Cn")), min_size=1, max_size=40)


def point(kind: str, **write: Any) -> MqttPoint:
    return MqttPoint.model_validate_json(json.dumps({"topic": "a/state", "type": kind, "write": {"topic": "a/set", **write}}))


def written(tested: MqttPoint, raw: float | str) -> bytes | None:
    assert tested.write is not None
    return payload_of(tested, tested.write, raw)


@given(value=st.floats(allow_nan=False, allow_infinity=False), template=st.sampled_from(["{value}", '{"set": {"v": {value}}}']))
def test_a_number_comes_out_of_the_payload_as_it_went_in(value: float, template: str) -> None:
    payload = written(point("float", payload=template), value)
    assert payload is not None
    document = parse_payload(payload)
    path = parse_path("" if template == "{value}" else "set.v")
    assert as_value(find(document.value, path), ValueType.FLOAT) == value  # type: ignore[union-attr]


@given(text=SHOWN)
def test_a_text_stands_in_a_document_whatever_is_in_it(text: str) -> None:
    payload = written(point("text", payload='{"recipe": "{value}"}'), text)
    assert payload is not None and json.loads(payload) == {"recipe": text}
    plain = written(point("text"), text)
    assert plain == text.encode()
    assert isinstance(payload_as_text(parse_payload(plain)), str)  # type: ignore[arg-type]


def test_a_switch_is_written_in_the_words_of_the_device() -> None:
    assert written(point("bool"), 1.0) == b"true"
    assert written(point("bool", on="ON", off="OFF", payload='{"state":"{value}"}'), 0.0) == b'{"state":"OFF"}'


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("float", math.nan),
        ("float", math.inf),
        ("float", "5"),
        ("bool", 2.0),
        ("text", 5.0),
        ("text", "a\nb"),
        ("text", "x" * 201),
    ],
)
def test_what_is_no_value_of_the_tag_is_not_written(kind: str, value: float | str) -> None:
    assert written(point(kind), value) is None


@pytest.mark.parametrize("write", [{"topic": "a/state"}, {"payload": "start"}, {"topic": "a/+/set"}, {"topic": "a/{value}"}])
def test_a_command_that_cannot_be_meant_is_refused(write: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        point("float", **write)


def test_a_tag_without_a_command_says_so() -> None:
    assert MqttPoint(topic="a/state").not_writable is not None
    assert point("float").not_writable is None

"""Alarms that a device raises by itself, as telegrams on one topic: each tag hears its own, and nothing else changes it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.memory import MemoryLinks
from drivers.mqtt.memory import MemoryMqttBroker
from edge.model.moment import MILLISECOND, from_iso
from edge.model.sample import Quality
from edge.runtime.virtual import VirtualClock, run_virtually
from tests.driver_rig import Rig, Row, device, until

START = from_iso("2026-05-04T08:00:00+08:00")
ALARM: dict[str, Any] = {"topic": "fan/alarm", "active": "state"}
TAGS: dict[str, dict[str, Any]] = {
    "text": {"topic": "fan/alarm", "where": {"code": "E42"}, "path": "text", "type": "text"},
    "hot": {**ALARM, "where": {"code": "E42"}, "path": "grade", "time_path": "ts"},
    "door": {**ALARM, "where": {"code": 7}},
}


def heard(*payloads: Any) -> list[Row]:
    """What the tags say to some telegrams."""

    async def main(clock: VirtualClock) -> list[Row]:
        broker = MemoryMqttBroker(clock)
        fan = device("mqtt", "FAN", TAGS, {"host": "broker"})
        links = MemoryLinks(clock, modbus={}, mqtt={("broker", 1883): broker})
        rows: list[Row] = []
        async with Rig([fan], clock, links).batches() as batches:
            await until(batches, bool)
            for payload in payloads:
                broker.publish("fan/alarm", payload if isinstance(payload, bytes) else json.dumps(payload).encode(), qos=1)
            broker.publish("fan/alarm", b'{"code": "E42", "state": "ok", "text": "end", "ts": "2026-05-04T00:00:00Z"}')
            rows += await until(batches, lambda seen: any(row.text == "end" for row in seen))
        return rows

    return run_virtually(main, START)


def values(rows: list[Row], tag: str) -> list[tuple[float, Quality]]:
    return [(row.value, row.quality) for row in rows if row.tag == f"FAN.{tag}"]


def test_an_alarm_is_its_severity_while_it_is_active_and_its_message_comes_with_it() -> None:
    stamp = START - 1500 * MILLISECOND
    rows = heard({"code": "E42", "state": "active", "grade": 700, "text": "bearing hot", "ts": stamp})
    assert [(row.tag, row.value if row.text is None else row.text) for row in rows][:2] == [
        ("FAN.text", "bearing hot"),
        ("FAN.hot", 700.0),
    ]
    assert rows[1].source_time == stamp
    assert values(rows, "hot") == [(700.0, Quality.GOOD), (0.0, Quality.GOOD)]
    assert values(rows, "door") == []


@pytest.mark.parametrize("code", [7, "7"])
@pytest.mark.parametrize(("state", "value"), [("raised", 1.0), (True, 1.0), (1, 1.0), ("Cleared", 0.0), (False, 0.0)])
def test_without_a_severity_it_is_1_and_its_number_may_stand_in_quotes(code: Any, state: Any, value: float) -> None:
    rows = heard({"code": code, "state": state})
    assert values(rows, "door") == [(value, Quality.GOOD)]
    assert len(values(rows, "hot")) == 1, "only the end"


@pytest.mark.parametrize("payload", [{"code": 7, "state": "perhaps"}, {"code": 7}, {"code": 7, "state": None}])
def test_an_alarm_of_which_nobody_can_tell_whether_it_is_active_is_bad(payload: Any) -> None:
    (only,) = values(heard(payload), "door")
    assert only[1] is Quality.BAD


def test_what_cannot_be_read_may_have_been_about_any_of_them() -> None:
    rows = heard(b'{"code": "E4')
    assert [quality for _, quality in values(rows, "hot")] == [Quality.BAD, Quality.GOOD]
    assert [quality for _, quality in values(rows, "door")] == [Quality.BAD]


@given(grade=st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**70), 2**70))
def test_an_active_alarm_is_never_0_and_never_beyond_the_scale(grade: float) -> None:
    rows = heard({"code": "E42", "state": "active", "grade": grade, "text": "x", "ts": "2026-05-04T00:00:00Z"})
    value, quality = values(rows, "hot")[0]
    assert quality is Quality.GOOD and 1.0 <= value <= 1000.0


@given(
    payload=st.dictionaries(
        st.sampled_from(["code", "state", "grade", "text", "ts"]),
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    )
)
def test_whatever_a_telegram_says_no_tag_of_another_code_is_touched(payload: dict[str, Any]) -> None:
    rows = heard({**payload, "code": "E99"})
    assert values(rows, "door") == []
    assert len(values(rows, "hot")) == 1

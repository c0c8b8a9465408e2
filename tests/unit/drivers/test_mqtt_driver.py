"""The MQTT driver on virtual time: what payloads become, and what is said when the broker is lost."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import structlog

from drivers.memory import MemoryLinks
from drivers.mqtt.codec import Refusal
from drivers.mqtt.driver import MqttDriver, RefusedPayload
from drivers.mqtt.memory import MemoryMqttBroker
from edge.model.moment import MILLISECOND, SECOND, from_iso
from edge.model.sample import Mark, Quality
from edge.model.tag import Device
from edge.ports import MqttLink
from edge.runtime.virtual import VirtualClock, run_virtually
from tests.driver_rig import Rig, Row, device

START = from_iso("2026-05-04T08:00:00Z")
GOOD, BAD = Quality.GOOD, Quality.BAD
HOST = {"host": "broker"}

FAN = {
    "vib": {"topic": "crm/fan", "path": "vib.rms"},
    "temp": {"topic": "crm/fan", "path": "temp", "scale": 0.1},
    "running": {"topic": "crm/fan/run", "type": "bool"},
}

Act = Callable[[MemoryMqttBroker], None]


def fan(name: str = "FAN", **connection: Any) -> Device:
    return device("mqtt", name, FAN, HOST | connection)


def say(topic: str, payload: bytes, retain: bool = False) -> Act:
    return lambda broker: broker.publish(topic, payload, retain=retain)


def watch(
    devices: list[Device], until: int, acts: Mapping[int, Act | list[Act]], rig_of: dict[str, Rig] | None = None
) -> list[list[Row]]:
    """What the driver yields up to and with `until` (a span from the start), while `acts` happen at their times."""

    async def main(clock: VirtualClock) -> list[list[Row]]:
        broker = MemoryMqttBroker(clock)
        rig = Rig(devices, clock, MemoryLinks(clock, modbus={}, mqtt={("broker", 1883): broker}))
        if rig_of is not None:
            rig_of["rig"] = rig
        seen: list[list[Row]] = []

        async def read() -> None:
            async with rig.batches() as batches:
                async for rows in batches:
                    seen.append(rows)

        for act in _listed(acts.get(-1, [])):
            act(broker)
        reading = asyncio.create_task(read())
        for at, listed in sorted(acts.items()):
            await clock.sleep_until(START + at)
            for act in _listed(listed) if at >= 0 else []:
                act(broker)
        await clock.sleep_until(START + until + MILLISECOND)
        reading.cancel()
        await asyncio.wait({reading})
        return seen

    return run_virtually(main, START)


def _listed(acts: Act | list[Act]) -> list[Act]:
    return acts if isinstance(acts, list) else [acts]


def of(seen: list[list[Row]], tag: str) -> list[tuple[int, float, Quality, Mark]]:
    return [(row.at - START, row.value, row.quality, row.mark) for rows in seen for row in rows if row.tag == tag]


def test_a_session_is_up_when_the_subscriptions_stand() -> None:
    seen = watch([fan()], SECOND, {})
    assert of(seen, "FAN.session") == [(0, 1.0, GOOD, Mark.NONE)]


def test_one_payload_feeds_all_tags_of_its_topic_in_one_batch() -> None:
    seen = watch([fan()], 2 * SECOND, {SECOND: say("crm/fan", b'{"vib":{"rms":2.1},"temp":623}')})
    (_, batch) = seen
    assert [(row.tag, row.value, row.quality) for row in batch] == [("FAN.vib", 2.1, GOOD), ("FAN.temp", 62.3, GOOD)]
    assert {row.mark for row in batch} == {Mark.RECEIVED_TIME_USED}


def test_all_samples_of_a_button_are_kept_in_order() -> None:
    presses = [say("crm/fan/run", word) for word in (b"off", b"on", b"off")]
    seen = watch([fan()], 2 * SECOND, {SECOND: presses})
    assert [value for _, value, _, _ in of(seen, "FAN.running")] == [0.0, 1.0, 0.0]
    assert len(seen) == 2, "what had come by then came in one batch"


def test_what_was_retained_is_initial_and_what_follows_is_news() -> None:
    acts = {-1: say("crm/fan/run", b"on", retain=True), SECOND: say("crm/fan/run", b"off", retain=True)}
    seen = watch([fan()], 2 * SECOND, acts)
    assert of(seen, "FAN.running") == [
        (0, 1.0, GOOD, Mark.INITIAL | Mark.RECEIVED_TIME_USED),
        (SECOND, 0.0, GOOD, Mark.RECEIVED_TIME_USED),
    ]


def test_a_refused_payload_makes_its_tags_bad_with_their_last_value() -> None:
    acts = {
        1 * SECOND: say("crm/fan", b'{"vib":{"rms":2.1},"temp":600}'),
        2 * SECOND: say("crm/fan", b'{"vib":{"rms":NaN},"temp":610}'),
        3 * SECOND: say("crm/fan", b'{"vib":{"rms":2.3},"temp":620}'),
    }
    seen = watch([fan()], 4 * SECOND, acts)
    for tag, values in (("FAN.vib", [2.1, 2.1, 2.3]), ("FAN.temp", [60.0, 60.0, 62.0])):
        assert [value for _, value, _, _ in of(seen, tag)] == values
        assert [quality for _, _, quality, _ in of(seen, tag)] == [GOOD, BAD, GOOD]
        assert of(seen, tag)[1][3] is Mark.RECEIVED_TIME_USED, "the engine must know whose clock that is"
    assert of(seen, "FAN.running") == [], "another topic is not touched"


def test_a_missing_path_makes_only_its_own_tag_bad() -> None:
    seen = watch([fan()], 2 * SECOND, {SECOND: say("crm/fan", b'{"vib":{"rms":2.1}}')})
    assert [quality for _, _, quality, _ in of(seen, "FAN.vib")] == [GOOD]
    ((_, value, quality, _),) = of(seen, "FAN.temp")
    assert quality is BAD and math.isnan(value)


def test_refusals_are_counted_by_cause_logged_once_and_the_first_is_kept_cut() -> None:
    garbage = [b"x" * 1000, b"y", b"z", b"\xff"]
    found: dict[str, Rig] = {}
    with structlog.testing.capture_logs() as logs:
        watch([fan()], 2 * SECOND, {SECOND: [say("crm/fan/run", payload) for payload in garbage]}, found)
    driver = found["rig"].drivers[0]
    assert isinstance(driver, MqttDriver)
    assert driver.counters()["FAN", "not_json"] == 3
    assert driver.counters()["FAN", "not_text"] == 1
    assert driver.refused()["crm/fan/run", Refusal.NOT_JSON] == RefusedPayload(3, b"x" * 200)
    assert [entry["cause"] for entry in logs if entry["event"] == "payload refused"] == ["not_json", "not_text"]


def test_a_lost_broker_makes_every_tag_bad_and_it_is_subscribed_anew_by_itself() -> None:
    acts: dict[int, Act | list[Act]] = {
        1 * SECOND: say("crm/fan/run", b"on"),
        2 * SECOND: lambda broker: broker.cut(),
        3 * SECOND: say("crm/fan/run", b"off", retain=True),
        4 * SECOND: lambda broker: broker.mend(),
        9 * SECOND: say("crm/fan/run", b"on"),
    }
    with structlog.testing.capture_logs() as logs:
        seen = watch([fan(), fan("FAN2")], 10 * SECOND, acts)
    # Tried again after 0.5, 1 and 2 s: at 2.5, 3.5 and 5.5 s, where the broker is back and has kept what was retained.
    for name in ("FAN", "FAN2"):
        assert [(at, value) for at, value, _, _ in of(seen, f"{name}.session")] == [
            (0, 1.0),
            (2 * SECOND, 0.0),
            (5500 * MILLISECOND, 1.0),
        ]
        assert [row[:3] for row in of(seen, f"{name}.running")] == [
            (1 * SECOND, 1.0, GOOD),
            (2 * SECOND, 1.0, BAD),
            (5500 * MILLISECOND, 0.0, GOOD),
            (9 * SECOND, 1.0, GOOD),
        ]
        assert of(seen, f"{name}.running")[2][3] & Mark.INITIAL
        assert [row[2:] for row in of(seen, f"{name}.vib")] == [(BAD, Mark.RECEIVED_TIME_USED)]
    assert [entry["event"] for entry in logs] == ["device is up"] * 2 + ["device is lost"] * 2 + ["device is back"] * 2


def test_messages_are_counted_as_the_device_s_rate() -> None:
    found: dict[str, Rig] = {}
    every_second: dict[int, Act | list[Act]] = {at * SECOND: say("crm/fan/run", b"on") for at in range(1, 61)}
    watch([fan()], 60 * SECOND, every_second, found)
    driver = found["rig"].drivers[0]
    assert driver.counters()["FAN", "messages"] == 60
    assert driver.rates()["FAN"] == (0.0, pytest.approx(1.0, abs=0.05)), "a device that speaks by itself has no set rate"


@pytest.mark.parametrize(
    ("others", "connections"),
    [
        ([{}], 1),
        ([{"qos": 0, "window": {"past": "1min"}}], 1),
        ([{"port": 1884}], 2),
        ([{"username": "edge", "password": "${env:BROKER}"}], 2),
        ([{"client_id": "other"}], 2),
    ],
)
def test_devices_of_the_same_broker_and_user_share_a_connection(others: list[dict[str, Any]], connections: int) -> None:
    async def main(clock: VirtualClock) -> int:
        devices = [fan("A"), *(fan(f"B{number}", **other) for number, other in enumerate(others))]
        return len(Rig(devices, clock, MemoryLinks(clock, modbus={}, mqtt={}), secret=lambda ref: "hunter2").drivers)

    assert run_virtually(main, START) == connections


def test_a_link_is_opened_as_configured_with_the_secret_revealed() -> None:
    asked: list[dict[str, Any]] = []

    class Noting(MemoryLinks):
        def mqtt(self, host: str, port: int, **account: Any) -> MqttLink:
            asked.append({"host": host, "port": port, **account})
            return super().mqtt(host, port, **account)

    async def main(clock: VirtualClock) -> None:
        links = Noting(clock, modbus={}, mqtt={})
        Rig([fan("A", username="edge", password="${env:BROKER}")], clock, links, {"${env:BROKER}": "hunter2"}.__getitem__)
        Rig([fan("B", client_id="line-3")], clock, links)

    run_virtually(main, START)
    broker = {"host": "broker", "port": 1883}
    assert asked == [
        {**broker, "client_id": "andon-A", "username": "edge", "password": "hunter2"},
        {**broker, "client_id": "line-3", "username": None, "password": None},
    ]

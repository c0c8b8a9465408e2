"""The MQTT driver on virtual time: what payloads become, and what is said when the broker is lost."""

from __future__ import annotations

import math
from typing import Any

import pytest
import structlog

from drivers.base import RefusedInput
from drivers.memory import MemoryLinks
from drivers.mqtt.refusals import UNKNOWN_TOPICS_MAX
from edge.model.moment import MILLISECOND, SECOND
from edge.model.sample import Mark, value_of_text
from edge.ports import MqttAccess, MqttLink, MqttTls, MqttWill
from edge.runtime.virtual import VirtualClock, run_virtually
from tests.driver_rig import Rig, device
from tests.unit.drivers.mqtt_broker import BAD, GOOD, HOST, START, Act, fan, of, press, say, watch


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
    assert driver.counters()["FAN", "not_json"] == 3
    assert driver.counters()["FAN", "not_utf8"] == 1
    assert driver.refused_inputs() == [
        RefusedInput("FAN", "FAN.running", "crm/fan/run", "not_json", 3, "x" * 200, START + SECOND),
        RefusedInput("FAN", "FAN.running", "crm/fan/run", "not_utf8", 1, "\\xff", START + SECOND),
    ]
    assert [entry["cause"] for entry in logs if entry["event"] == "payload refused"] == ["not_json", "not_utf8"]


def test_what_is_kept_of_a_refused_payload_can_be_shown_anywhere() -> None:
    found: dict[str, Rig] = {}
    watch([fan()], 2 * SECOND, {SECOND: say("crm/fan/run", "\x1b[2J\u202eok 轧机\n".encode())}, found)
    (refused,) = found["rig"].drivers[0].refused_inputs()
    assert refused.first == "\\x1b[2J\\u202eok 轧机\\n"


def test_a_payload_that_should_have_fed_two_tags_counts_once() -> None:
    found: dict[str, Rig] = {}
    watch([fan()], 2 * SECOND, {SECOND: say("crm/fan", b"{")}, found)
    assert found["rig"].drivers[0].counters() == {("FAN", "messages"): 1, ("FAN", "not_json"): 1}


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
        ([{"version": "5"}], 2),
        ([{"tls": True, "port": 1883}], 2),
        ([{"keepalive": "1min"}], 2),
        ([{"will": {"topic": "andon/gateway"}}], 2),
        ([{"availability": {"topic": "fan/status"}, "time_zone": "Asia/Shanghai", "topic_device": "b"}], 1),
    ],
)
def test_devices_of_the_same_broker_and_user_share_a_connection(others: list[dict[str, Any]], connections: int) -> None:
    async def main(clock: VirtualClock) -> int:
        devices = [fan("A"), *(fan(f"B{number}", **other) for number, other in enumerate(others))]
        return len(Rig(devices, clock, MemoryLinks(clock, modbus={}, mqtt={}), secret=lambda ref: "hunter2").drivers)

    assert run_virtually(main, START) == connections


def test_a_link_is_opened_as_configured_with_the_secret_revealed() -> None:
    asked: list[tuple[str, int, MqttAccess]] = []

    class Noting(MemoryLinks):
        def mqtt(self, host: str, port: int, access: MqttAccess) -> MqttLink:
            asked.append((host, port, access))
            return super().mqtt(host, port, access)

    async def main(clock: VirtualClock) -> None:
        links = Noting(clock, modbus={}, mqtt={})
        Rig([fan("A", username="edge", password="${env:BROKER}")], clock, links, {"${env:BROKER}": "hunter2"}.__getitem__)
        tls = {"ca": "/etc/ca.pem", "cert": "/etc/edge.pem", "key": "${file:/etc/edge.key}", "server_name": "broker.plant"}
        more = {"version": "5", "keepalive": "30s", "tls": tls, "will": {"topic": "andon/gw", "offline": "gone", "qos": 2}}
        Rig([fan("B", client_id="line-3", **more)], clock, links)

    run_virtually(main, START)
    assert asked == [
        ("broker", 1883, MqttAccess("andon-A", "edge", "hunter2")),
        (
            "broker",
            8883,
            MqttAccess(
                "line-3",
                version="5",
                keepalive_s=30,
                tls=MqttTls("/etc/ca.pem", "/etc/edge.pem", "/etc/edge.key", "broker.plant"),
                will=MqttWill("andon/gw", b"online", b"gone", 2),
            ),
        ),
    ]
    assert "hunter2" not in repr(asked), "a password reaches no log"


def test_two_connections_of_one_client_id_are_said_to_be_a_mistake() -> None:
    async def main(clock: VirtualClock) -> None:
        links = MemoryLinks(clock, modbus={}, mqtt={})
        Rig(
            [fan("A", client_id="edge"), fan("B", client_id="edge", qos=0), fan("C", client_id="edge", version="5")],
            clock,
            links,
        )

    with structlog.testing.capture_logs() as logs:
        run_virtually(main, START)
    assert [entry["devices"] for entry in logs] == [["A", "C"]]


# --- templates -------------------------------------------------------------------------------------------------------


def test_each_device_of_a_template_gets_its_own_messages() -> None:
    acts = {SECOND: [say("line/P1/vib", b"1"), say("line/press-02/vib", b"2"), say("line/P1/coil", b"C-7")]}
    seen = watch([press("P1"), press("P2", topic_device="press-02")], 2 * SECOND, acts)
    rows = [(row.tag, row.value, row.text) for batch in seen for row in batch if not row.tag.endswith("session")]
    assert rows == [("P1.vib", 1.0, None), ("P2.vib", 2.0, None), ("P1.coil", value_of_text("C-7"), "C-7")]


def test_a_name_that_no_device_has_is_kept_and_logged_once_with_its_first_payload() -> None:
    found: dict[str, Rig] = {}
    acts = {SECOND: [say("line/oven/vib", b"7"), say("line/oven/vib", b"8"), say("line/P1/vib", b"1")]}
    with structlog.testing.capture_logs() as logs:
        watch([press("P1"), press("P2")], 2 * SECOND, acts, found)
    driver = found["rig"].drivers[0]
    assert driver.refused_inputs() == [RefusedInput("oven", "", "line/oven/vib", "unknown_device", 2, "7", START + SECOND)]
    assert [entry["name"] for entry in logs if entry["event"] == "message of a device that is not configured"] == ["oven"]
    assert driver.counters() == {("P1", "messages"): 1}


def test_of_a_plant_full_of_unknown_names_only_the_first_are_kept() -> None:
    found: dict[str, Rig] = {}
    acts = {SECOND: [say(f"line/x{number}/vib", b"1") for number in range(UNKNOWN_TOPICS_MAX + 50)]}
    with structlog.testing.capture_logs():
        watch([press("P1"), press("P2")], 2 * SECOND, acts, found)
    assert len(found["rig"].drivers[0].refused_inputs()) == UNKNOWN_TOPICS_MAX


def test_a_text_keeps_its_last_value_when_it_turns_bad() -> None:
    acts = {
        SECOND: say("line/P1/coil", b"C-7"),
        2 * SECOND: say("line/P1/coil", b"\xff"),
        3 * SECOND: say("line/P1/coil", b"C-8"),
    }
    seen = watch([press("P1")], 4 * SECOND, acts)
    rows = [(row.text, row.quality) for batch in seen for row in batch if row.tag == "P1.coil"]
    assert rows == [("C-7", GOOD), ("C-7", BAD), ("C-8", GOOD)]


def test_the_last_good_value_is_kept_also_of_the_batch_that_turns_bad() -> None:
    seen = watch(
        [press("P1")], 2 * SECOND, {SECOND: [say("line/P1/vib", payload) for payload in (b"1", b"2", b"x", b"3", b"y")]}
    )
    assert [row[1:3] for row in of(seen, "P1.vib")] == [(1.0, GOOD), (2.0, GOOD), (2.0, BAD), (3.0, GOOD), (3.0, BAD)]


def test_a_list_of_samples_is_a_row_for_each() -> None:
    tags = {"vib": {"topic": "fan", "samples": "v", "every": "10ms", "time_path": "t", "scale": 0.1}}
    start = (START + SECOND) // MILLISECOND - 100
    acts = {SECOND: [say("fan", b'{"t":%d,"v":[10,20,30]}' % start), say("fan", b'{"t":%d,"v":[40,"x"]}' % start)]}
    seen = watch([device("mqtt", "FAN", tags, HOST)], 2 * SECOND, acts)
    rows = [(row.value, row.quality, row.source_time // MILLISECOND) for batch in seen for row in batch if row.tag == "FAN.vib"]
    assert rows == [(1.0, GOOD, start), (2.0, GOOD, start + 10), (3.0, GOOD, start + 20), (3.0, BAD, start + 100)]


def test_each_of_several_devices_in_one_batch_keeps_its_own_last_value() -> None:
    mixed = [say(f"line/{name}/vib", payload) for name, payload in (("P1", b"1"), ("P2", b"2"), ("P1", b"3"), ("P3", b"4"))]
    acts = {SECOND: mixed, 2 * SECOND: [say(f"line/{name}/vib", b"?") for name in ("P3", "P2", "P1")]}
    seen = watch([press(name) for name in ("P1", "P2", "P3")], 3 * SECOND, acts)
    assert [(row.tag, row.value) for row in seen[-1]] == [("P3.vib", 4.0), ("P2.vib", 2.0), ("P1.vib", 3.0)]

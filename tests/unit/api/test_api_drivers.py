"""What the drivers say of themselves, asked through the API of a real MQTT driver on a broker in memory."""

from __future__ import annotations

import pytest

from drivers.memory import MemoryLinks
from drivers.mqtt.memory import MemoryMqttBroker
from edge.model.sample import Quality
from tests.api_gateway import SmallGateway, Visitor
from tests.driver_rig import Rig, device


async def test_what_devices_said_and_was_not_used_is_shown_with_its_first_payload(
    admin: Visitor, gateway: SmallGateway
) -> None:
    broker = MemoryMqttBroker(gateway.clock)
    for topic, payload in (("line/P1/vib", b"\x1b[2J"), ("line/oven/vib", b"7"), ("line/P2/vib", b"2")):
        broker.publish(topic, payload, retain=True)
    presses = [device("mqtt", name, {"vib": {"topic": "line/{device}/vib"}}, {"host": "broker"}) for name in ("P1", "P2")]
    rig = Rig(presses, gateway.clock, MemoryLinks(gateway.clock, modbus={}, mqtt={("broker", 1883): broker}))
    async with rig.batches() as batches:
        await anext(batches)
        await anext(batches)
        gateway.opened = rig.drivers
        (shown,) = (await admin.get("drivers")).json()
    at = "2026-05-04T00:00:00.000000Z"
    assert shown["driver"] == "mqtt broker:1883"
    assert [(each["device"], each["configured"], each["counts"]) for each in shown["devices"]] == [
        ("P1", 0.0, {"messages": 1, "not_json": 1}),
        ("P2", 0.0, {"messages": 1}),
    ]
    vib, oven = "line/P1/vib", "line/oven/vib"
    assert shown["refused"] == [
        {"device": "P1", "tag": "P1.vib", "source": vib, "cause": "not_json", "times": 1, "first": "\\x1b[2J", "at": at},
        {"device": "oven", "tag": None, "source": oven, "cause": "unknown_device", "times": 1, "first": "7", "at": at},
    ]


async def test_a_device_is_shown_as_up_as_its_session_says(admin: Visitor, gateway: SmallGateway) -> None:
    fan = "CRM.FUME_FAN"
    one = device("mqtt", fan, {"vib": {"topic": "vib"}}, {"host": "broker"})
    gateway.opened = Rig([one], gateway.clock, MemoryLinks(gateway.clock, modbus={}, mqtt={})).drivers
    shown = []
    for session in (None, 1.0, 0.0):
        if session is not None:
            gateway.sample(f"{fan}.session", session)
        asked = (await admin.get("drivers")).json()[0]["devices"][0]
        shown.append((asked["up"], asked["since"]))
        gateway.pass_time(60)
    begun = ["2026-05-04T00:01:00.000000Z", "2026-05-04T00:02:00.000000Z"]
    assert shown == [(None, None), (True, begun[0]), (False, begun[1])]


async def test_of_a_lost_device_it_is_said_why(admin: Visitor, gateway: SmallGateway) -> None:
    fan = "CRM.FUME_FAN"
    one = device("mqtt", fan, {"vib": {"topic": "vib"}}, {"host": "broker"})
    rig = Rig([one], gateway.clock, MemoryLinks(gateway.clock, modbus={}, mqtt={}))
    gateway.opened = rig.drivers
    assert (await admin.get("drivers")).json()[0]["devices"][0]["why"] is None
    async with rig.batches() as batches:
        await anext(batches)
        assert "no connection" in (await admin.get("drivers")).json()[0]["devices"][0]["why"]


async def test_how_each_period_is_kept_is_shown_and_what_a_device_refuses_means_in_both_languages(
    admin: Visitor, gateway: SmallGateway
) -> None:
    def answer(unit: int, function: int, address: int, count: int) -> bytes | int:
        return 2 if address <= 7 < address + count else bytes(2 * count)

    tags = {
        "speed": {"address": "holding 0", "type": "uint16"},
        "gone": {"address": "holding 7", "type": "uint16"},
        "hours": {"address": "holding 20", "type": "uint16", "every": "1min"},
    }
    plc = device("modbus", "PLC", tags, {"host": "plc"})
    rig = Rig([plc], gateway.clock, MemoryLinks(gateway.clock, modbus={("plc", 502): answer}, mqtt={}))
    async with rig.batches() as batches:
        await anext(batches)
        await anext(batches)
        gateway.opened = rig.drivers
        (shown,) = (await admin.get("drivers")).json()
    (asked,) = shown["devices"]
    assert [(each["every_s"], each["tags"], each["configured"], each["overruns"]) for each in asked["scans"]] == [
        (1.0, 2, 1.0, 0),
        (60.0, 1, pytest.approx(1 / 60), 0),
    ]
    assert asked["counts"]["exception_2"] == 2
    assert "no such register" in asked["words"]["exception_2"]["en"]
    assert [(each["tag"], each["source"], each["cause"]) for each in shown["refused"]] == [
        ("PLC.gone", "holding 7", "exception_2")
    ]
    assert "没有这个寄存器" in shown["words"]["exception_2"]["zh"]


async def test_a_tag_that_its_device_refuses_says_what_the_device_said_and_the_others_say_nothing(
    admin: Visitor, gateway: SmallGateway
) -> None:
    fan = "CRM.FUME_FAN"
    name = next(tag.key for tag in gateway.plant.devices[fan].tags if tag.key != "session")

    def answer(unit: int, function: int, address: int, count: int) -> bytes | int:
        return 2 if address <= 7 < address + count else bytes(2 * count)

    plc = device("modbus", fan, {name: {"address": "holding 7", "type": "uint16"}}, {"host": "plc"})
    rig = Rig([plc], gateway.clock, MemoryLinks(gateway.clock, modbus={("plc", 502): answer}, mqtt={}))
    async with rig.batches() as batches:
        await anext(batches)
        gateway.opened = rig.drivers
        gateway.sample(f"{fan}.session", 1.0)
        gateway.sample(f"{fan}.{name}", 1.0, quality=Quality.BAD)
        asked = (await admin.get(f"tags/{fan}.{name}")).json()
        assert (asked["quality"], asked["reason"]) == ("bad", "refused")
        assert "holding 7" in asked["why"]["en"]
        assert "no such register" in asked["why"]["en"]
        gateway.sample(f"{fan}.{name}", 1.0)
        asked = (await admin.get(f"tags/{fan}.{name}")).json()
        assert (asked["reason"], asked["why"]) == ("", None)

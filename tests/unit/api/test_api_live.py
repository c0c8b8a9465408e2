"""What a face follows: after any changes, what it was told adds up to what there is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from edge.api.live import ALARMS_A_PART, Cursor
from edge.config.plant import Plant
from edge.model.intent import Delivered
from edge.model.sample import Mark, Quality
from edge.response.flood import FloodLimits
from tests.api_gateway import BEARING, BEARING_TAG, PUMPS, SmallGateway, Visitor, app_of, first_admin, load_mill
from tests.large_plant import large_plant


async def news(visitor: Visitor, since: str = "") -> dict[str, Any]:
    answer = await visitor.get(f"live?since={since}")
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


def names(told: dict[str, Any]) -> list[str]:
    return [tag["tag"] for tag in told["tags"]]


def alarms(told: dict[str, Any]) -> list[str]:
    return [alarm["alarm"] for alarm in told["alarms"]]


async def test_who_brings_no_cursor_gets_all_alarms_that_stand(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.raise_bearing()
    told = await news(admin)
    assert (told["full"], told["more"], BEARING in alarms(told)) == (True, False, True)
    every = (await admin.get("alarms")).json()
    assert sorted(told["alarms"], key=lambda one: one["alarm"]) == sorted(every, key=lambda one: one["alarm"])


async def test_where_nothing_changed_nothing_is_sent(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.raise_bearing()
    since = (await news(admin))["cursor"]
    again = await news(admin, since)
    assert (again["full"], again["alarms"], again["gone"], again["tags"]) == (False, [], [], [])
    gateway.sample(BEARING_TAG, 86.0)  # the same value again
    assert names(await news(admin, again["cursor"])) == []


async def test_a_position_in_a_flood_is_told_until_it_is_over() -> None:
    mill = load_mill()
    gateway = SmallGateway(replace(mill, policy=replace(mill.policy, flood=FloodLimits(over=5, under=2))))
    admin = await first_admin(app_of(gateway))
    since = await news(admin)
    gateway.raise_bearing()
    gateway.tell(Delivered("task-1"))
    assert since["floods"] == (await news(admin, since["cursor"]))["floods"] == []
    gateway.hold("CRM.ST1.MOTOR.de_temp", 86.0, 31)
    gateway.tell(Delivered("task-2"))
    told = (await news(admin, since["cursor"]))["floods"]
    assert [(flood["position"], flood["name"], flood["alarms"]) for flood in told] == [("person:shift_fitter_a", "A班钳工", 6)]
    assert told[0]["since"] > "2026-05-04T00:00:31"
    gateway.pass_time(1200)
    gateway.tell(Delivered("task-3"))
    assert (await news(admin, since["cursor"]))["floods"] == []


async def test_an_alarm_comes_changes_and_goes(admin: Visitor, gateway: SmallGateway) -> None:
    since = (await news(admin))["cursor"]
    gateway.raise_bearing()
    raised = await news(admin, since)
    assert BEARING in alarms(raised)
    await admin.post("alarms/on-my-way", {"alarm": BEARING, "occurrence": 1})
    coming = await news(admin, raised["cursor"])
    assert [(one["state"], one["coming_by_name"]) for one in coming["alarms"]] == [("acknowledged", "admin")]
    gateway.hold(BEARING_TAG, 60.0, 61)
    gone = await news(admin, coming["cursor"])
    assert (alarms(gone), BEARING in gone["gone"]) == ([], True)


async def test_a_second_who_is_on_the_way_is_news_though_the_state_stays(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.raise_bearing()
    await admin.post("alarms/acknowledge", {"alarm": BEARING, "occurrence": 1})
    since = (await news(admin))["cursor"]
    await admin.post("alarms/on-my-way", {"alarm": BEARING, "occurrence": 1})
    (alarm,) = (await news(admin, since))["alarms"]
    assert (alarm["acknowledged_by_name"], alarm["coming_by_name"]) == ("admin", "admin")


async def test_a_value_that_moved_is_one_row_of_its_tag_and_none_of_its_alarm(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.raise_bearing()
    since = (await news(admin))["cursor"]
    gateway.sample(BEARING_TAG, 88.5)
    told = await news(admin, since)
    assert (alarms(told), names(told), told["tags"][0]["value"]) == ([], [BEARING_TAG], 88.5)


async def test_a_tag_that_becomes_old_and_then_stale_is_news_each_time_without_a_sample(
    admin: Visitor, gateway: SmallGateway
) -> None:
    gateway.sample(BEARING_TAG, 60.0)
    since = (await news(admin))["cursor"]
    gateway.pass_time(9)
    fresh = await news(admin, since)
    gateway.pass_time(2)
    stale = await news(admin, fresh["cursor"])
    assert (names(fresh), names(stale)) == ([], [BEARING_TAG])
    assert stale["tags"][0]["quality"] == "stale"
    gateway.sample(BEARING_TAG, 60.0)
    back = await news(admin, stale["cursor"])
    assert [tag["quality"] for tag in back["tags"]] == ["good"]


async def test_a_failed_sensor_and_a_lost_device_say_so(admin: Visitor, gateway: SmallGateway) -> None:
    since = (await news(admin))["cursor"]
    gateway.samples({BEARING_TAG: 850.0}, Quality.BAD, Mark.SENSOR_FAULT)
    fault = await news(admin, since)
    assert [(tag["quality"], tag["reason"]) for tag in fault["tags"]] == [("bad", "sensor_fault")]
    gateway.samples({"CRM.ST3.MOTOR.session": 0.0})
    gateway.samples({BEARING_TAG: 850.0}, Quality.BAD)
    lost = await news(admin, fault["cursor"])
    assert {tag["tag"]: tag["reason"] for tag in lost["tags"]}[BEARING_TAG] == "disconnected"


@pytest.mark.parametrize(
    "since", ["nonsense", "other_boot.1.2.3", "....", "%00", "a.1.2", f"x.{10**30}.1.1", "x.-1.1.1", "x.١.1.1"]
)
async def test_a_cursor_that_is_not_of_this_boot_begins_anew(since: str, admin: Visitor, gateway: SmallGateway) -> None:
    gateway.raise_pumps()
    told = await news(admin, since)
    assert (told["full"], alarms(told)) == (True, [PUMPS])


def test_a_cursor_reads_back_as_it_was_written() -> None:
    cursor = Cursor("boot", 7, 8, 9)
    assert Cursor.read(str(cursor), "boot") == cursor
    assert Cursor.read(str(cursor), "other") is None


async def test_many_alarms_come_in_parts_and_none_twice(mill: Plant) -> None:
    gateway = SmallGateway(large_plant(mill, devices=60, tags_each=20))
    admin = await first_admin(app_of(gateway))
    gateway.samples({tag.name: 120.0 for device in gateway.plant.devices.values() for tag in device.tags})
    told, seen = await news(admin), list[str]()
    while told["more"]:
        assert len(told["alarms"]) <= ALARMS_A_PART
        seen += alarms(told)
        told = await news(admin, told["cursor"])
    seen += alarms(told)
    assert len(seen) == len(set(seen)) == 1_200
    gateway.store.close()


async def test_tags_come_by_page_in_their_order(admin: Visitor) -> None:
    every = (await admin.get("tags")).json()
    pages = [(await admin.get(f"tags?offset={offset}&limit=20")).json() for offset in range(0, len(every) + 20, 20)]
    assert [tag["tag"] for page in pages for tag in page] == [tag["tag"] for tag in every]


async def test_what_is_worked_out_is_told_when_any_tag_of_it_moves(admin: Visitor, gateway: SmallGateway) -> None:
    filter_alarm, warm = "CRM.AGC.HYDRAULICS/filter_dp_high", "CRM.AGC.HYDRAULICS.oil_temp"
    gateway.samples({"CRM.AGC.HYDRAULICS.filter_dp": 0.4, warm: 20.0})
    calm = await news(admin)
    gateway.sample(warm, 21.0)
    assert (await news(admin, calm["cursor"]))["derived"] == []
    for _ in range(61):
        gateway.samples({"CRM.AGC.HYDRAULICS.filter_dp": 0.4, warm: 40.0})
        gateway.pass_time(1)
    raised = await news(admin, calm["cursor"])
    gateway.sample(warm, 20.0)
    (told,) = (await news(admin, raised["cursor"]))["derived"]
    assert (told["alarm"], told["derived"]["words"]["en"]) == (filter_alarm, "calculated value 0 MPa")


async def test_a_channel_that_is_down_is_told_and_the_horn_only_when_none_delivers_for_long_enough(
    admin: Visitor, gateway: SmallGateway
) -> None:
    def told(news: dict[str, Any]) -> tuple[list[str], bool, str]:
        return [each["channel"] for each in news["channels_down"]], news["cut_off"], news["horn"]

    since = await news(admin)
    assert told(since) == ([], False, "")
    gateway.down = {"dingtalk": gateway.clock.now()}
    gateway.pass_time(59)
    assert told(await news(admin, since["cursor"])) == (["dingtalk"], True, "")
    gateway.pass_time(1)
    _, cut_off, horn = told(await news(admin, since["cursor"]))
    assert (cut_off, horn) == (True, since["now"])
    gateway.plant = replace(gateway.plant, channels={**gateway.plant.channels, "mail": gateway.plant.channels["dingtalk"]})
    assert told(await news(admin, since["cursor"])) == (["dingtalk"], False, "")


async def test_a_service_that_hangs_is_told_beside_the_channels_that_are_down(admin: Visitor, gateway: SmallGateway) -> None:
    since = await news(admin)
    assert since["services_hanging"] == []
    gateway.hanging = {("apprise", "mail"): gateway.clock.now()}
    told = await news(admin, since["cursor"])
    assert told["services_hanging"] == [{"channel": "apprise", "service": "mail", "since": since["now"]}]
    assert (told["channels_down"], told["cut_off"]) == ([], False)

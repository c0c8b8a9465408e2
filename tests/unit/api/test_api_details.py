"""All that is known of one alarm and of one tag; who was told, and the journal read backwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI

from edge.config.plant import Plant
from edge.model.facts import DeviceFacts, Spare
from edge.model.intent import Delivered, Refused
from tests.api_gateway import BEARING, BEARING_TAG, PUMPS, SmallGateway, Visitor, app_of, first_admin, with_role

FACTS = DeviceFacts(
    place={"zh": "传动侧", "en": "drive side"},
    panel="MCC-3",
    isolation=("Q3.12", "F3.4"),
    spares=(Spare("6330 C3", "A-12-3"),),
    phone="8-3107",
)


@pytest.fixture
def gateway(mill: Plant) -> Iterator[SmallGateway]:
    motor = mill.devices["CRM.ST3.MOTOR"]
    gateway = SmallGateway(replace(mill, devices={**mill.devices, motor.name: replace(motor, facts=FACTS)}))
    yield gateway
    gateway.store.close()


@pytest.fixture
def app(gateway: SmallGateway) -> FastAPI:
    return app_of(gateway)


@pytest.fixture
async def admin(app: FastAPI) -> Visitor:
    return await first_admin(app)


async def read(visitor: Visitor, path: str) -> Any:
    answer = await visitor.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_an_alarm_says_its_rule_its_machine_and_what_happened(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.raise_bearing()
    await admin.post("alarms/comment", {"alarm": BEARING, "text": "grease is old"})
    alarm = await read(admin, f"alarms/{BEARING}")
    assert (alarm["state"], alarm["value"], alarm["unit"]) == ("unacknowledged", 86.0, "°C")
    rule = alarm["rule"]
    assert (rule["kind"], rule["limit"], rule["deadband"], rule["on_delay_s"]) == ("high", 80.0, 3.0, 30.0)
    assert alarm["facts"] == {
        "place": {"zh": "传动侧", "en": "drive side"},
        "panel": "MCC-3",
        "breaker": "",
        "isolation": ["Q3.12", "F3.4"],
        "drawing": "",
        "spares": [{"part": "6330 C3", "bin": "A-12-3"}],
        "phone": "8-3107",
    }
    assert [(row["kind"], row["by_name"]) for row in alarm["journal"]] == [("commented", "admin"), ("raised", None)]


async def test_an_alarm_at_rest_is_shown_too_and_one_that_is_not_there_is_said(admin: Visitor) -> None:
    assert (await read(admin, f"alarms/{BEARING}"))["state"] == "normal"
    answer = await admin.get("alarms/NO.SUCH/alarm")
    assert (answer.status_code, answer.json()["error"]) == (404, "unknown_alarm")


async def test_who_was_told_when_it_arrived_and_who_pressed(admin: Visitor, app: FastAPI, gateway: SmallGateway) -> None:
    fitter = await with_role(app, admin, "worker", name="fitter", person="shift_fitter_a")
    gateway.raise_bearing()
    gateway.tell(Delivered("task-1"), after_s=1.5)  # a second after it was raised
    await fitter.post("alarms/on-my-way", {"alarm": BEARING, "occurrence": 1})
    told = (await read(admin, f"alarms/{BEARING}"))["deliveries"]
    assert {one["recipient"] for one in told} == {
        "person:shift_fitter_a",
        "person:shift_lead_a",
        "group:crm_maintenance",
    }
    assert {(one["purpose"], one["state"], one["late_s"], one["is_late"]) for one in told} == {
        ("raised", "delivered", 2.5, False)
    }
    presses = {one["recipient"]: one["presses"] for one in told}
    assert [(press["by"], press["coming"]) for press in presses["person:shift_fitter_a"]] == [("shift_fitter_a", True)]
    assert presses["person:shift_lead_a"] == []
    assert presses["group:crm_maintenance"] == []


async def test_a_late_one_says_so_and_a_refused_one_says_why(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.raise_bearing()
    gateway.tell(Delivered("task-1"), after_s=61)
    gateway.raise_pumps()
    gateway.tell(Refused("user not found"))
    page = await read(admin, f"deliveries?state=refused&alarm={PUMPS}")
    assert {(one["alarm"], one["detail"], one["arrived"]) for one in page["deliveries"]} == {(PUMPS, "user not found", None)}
    late = await read(admin, f"deliveries?alarm={BEARING}&purpose=raised")
    assert {one["is_late"] for one in late["deliveries"]} == {True}
    assert page["counts"]["refused"] >= 3


async def test_deliveries_come_newest_first_by_page_and_by_filter(admin: Visitor, gateway: SmallGateway) -> None:
    for stand in range(1, 5):
        gateway.hold(f"CRM.ST{stand}.MOTOR.de_temp", 88.0, 31)
        gateway.tell(Delivered("x"))
    every = (await read(admin, "deliveries?limit=500"))["deliveries"]
    assert [one["sequence"] for one in every] == sorted((one["sequence"] for one in every), reverse=True)
    pages, start = list[dict[str, Any]](), ""
    while True:
        page = await read(admin, f"deliveries?limit=5{start}")
        pages += page["deliveries"]
        if page["next"] is None:
            break
        start = f"&before={page['next']}"
    assert pages == every
    group = (await read(admin, "deliveries?limit=500&recipient=group:crm_maintenance"))["deliveries"]
    assert group == [one for one in every if one["recipient"] == "group:crm_maintenance"]
    assert group


async def test_silent_updates_of_a_card_can_be_left_out(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.raise_bearing()
    gateway.tell(Delivered("x"))
    await admin.post("alarms/acknowledge", {"alarm": BEARING, "occurrence": 1})
    gateway.tell(Delivered("x"))
    shown = {one["purpose"] for one in (await read(admin, "deliveries"))["deliveries"]}
    hidden = {one["purpose"] for one in (await read(admin, "deliveries?changes_of_state=hide"))["deliveries"]}
    assert shown - hidden == {"state"}


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "state=gone", "purpose=x", "before=-1", f"before={10**30}"])
async def test_deliveries_that_cannot_be_asked_for_are_refused(query: str, admin: Visitor) -> None:
    assert (await admin.get(f"deliveries?{query}")).status_code == 422


async def test_the_journal_is_read_backwards_by_page_and_by_alarm(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.raise_bearing()
    gateway.raise_pumps()
    forwards = await read(admin, "journal?limit=500")
    backwards = await read(admin, f"journal?before={forwards[-1]['sequence'] + 1}&limit=2")
    backwards += await read(admin, f"journal?before={backwards[-1]['sequence']}&limit=500")
    assert backwards == forwards[::-1]
    assert {row["subject"] for row in await read(admin, f"journal?subject={PUMPS}")} == {PUMPS}


async def test_a_tag_says_where_it_comes_from_and_which_alarms_watch_it(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.sample(BEARING_TAG, 62.5)
    tag = await read(admin, f"tags/{BEARING_TAG}")
    assert (tag["value"], tag["quality"], tag["driver"], tag["scale"]) == (62.5, "good", "modbus", 0.1)
    assert "holding" in tag["point"]["address"]
    assert BEARING in [alarm["alarm"] for alarm in tag["alarms"]]
    answer = await admin.get("tags/NO.SUCH.tag")
    assert (answer.status_code, answer.json()["error"]) == (404, "unknown_tag")

"""Stages and maintenance windows over the API: what holds, who may change it, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI

from edge.config.plant import Plant
from edge.model.moment import HOUR, to_iso
from edge.model.stage import Stage
from tests.api_gateway import BEARING, T0, SmallGateway, Visitor, app_of, first_admin, with_role

MOTOR = "CRM.ST3.MOTOR"


@pytest.fixture
def gateway(mill: Plant) -> Iterator[SmallGateway]:
    gateway = SmallGateway(replace(mill, stage=Stage.SHADOW))
    yield gateway
    gateway.store.close()


@pytest.fixture
def app(gateway: SmallGateway) -> FastAPI:
    return app_of(gateway)


@pytest.fixture
async def admin(app: FastAPI) -> Visitor:
    return await first_admin(app)


def window(**changes: Any) -> dict[str, Any]:
    asked = {"window": "bearing", "devices": [MOTOR], "end": to_iso(T0 + 2 * HOUR), "permit": "P-17", "reason": "new bearing"}
    return asked | changes


async def test_a_plant_in_shadow_says_so_and_goes_live_by_a_person_with_a_reason(admin: Visitor) -> None:
    before = (await admin.get("stages")).json()
    assert before["stages"] == [
        {"scope": "plant", "stage": "shadow", "by": "", "by_name": "", "reason": "", "only": [], "until": None}
    ]
    answer = await admin.post("stages", {"stage": "live", "reason": "looked at for a week"})
    assert (answer.status_code, answer.json()["event"]) == (200, "stage_set")
    (plant,) = (await admin.get("stages")).json()["stages"]
    assert (plant["stage"], plant["by_name"], plant["reason"]) == ("live", "admin", "looked at for a week")
    again = await admin.post("stages", {"stage": "live", "reason": "once more"})
    assert (again.status_code, again.json()["text"]) == (409, "It has that stage already.")


async def test_a_trial_names_who_is_told_and_for_how_long(admin: Visitor) -> None:
    trial = {
        "scope": BEARING,
        "stage": "commissioning",
        "reason": "new sensor",
        "only": ["person:shift_fitter_a"],
        "minutes": 60,
    }
    assert (await admin.post("stages", trial)).status_code == 200
    shown = (await admin.get("stages")).json()["stages"][1]
    assert (shown["scope"], shown["only"], shown["until"]) == (BEARING, ["person:shift_fitter_a"], to_iso(T0 + HOUR))
    unending = await admin.post("stages", trial | {"minutes": 0})
    assert unending.json()["text"] == "A trial lasts at most 12 hours."
    for wrong in ({"stage": "sleeping"}, {"reason": ""}, {"minutes": 721}, {"until": "noon"}):
        assert (await admin.post("stages", trial | wrong)).status_code == 422, wrong


async def test_a_trial_for_people_who_do_not_exist_is_refused_and_says_who_does(admin: Visitor) -> None:
    trial = {"scope": BEARING, "stage": "commissioning", "reason": "new sensor", "minutes": 60}
    refused = await admin.post("stages", trial | {"only": ["person:nobody", "fitter_b", "person:shift_fitter_a"]})
    assert (refused.status_code, refused.json()["error"]) == (422, "unknown_recipients")
    sentence = "people.yaml does not know: person:nobody, fitter_b. Who can be named: "
    assert refused.json()["text"].startswith(sentence)
    assert "person:shift_fitter_a" in refused.json()["text"].removeprefix(sentence)
    assert [each["scope"] for each in (await admin.get("stages")).json()["stages"]] == ["plant"]


async def test_the_list_of_a_day_says_who_would_have_been_told(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.raise_bearing()
    found = (await admin.get("stages/shadow")).json()
    (bearing,) = (each for each in found["alarms"] if each["alarm"] == BEARING)
    assert (found["day"], bearing["times"]) == ("2026-05-04", 1)
    assert {each["recipient"] for each in found["recipients"]} >= set(bearing["recipients"]) != set()
    assert (await admin.get("stages/shadow?day=2026-05-03")).json()["alarms"] == []
    assert (await admin.get("stages/shadow?day=yesterday")).status_code == 422


async def test_a_window_is_planned_listed_and_ended(admin: Visitor) -> None:
    planned = await admin.post("maintenance", window())
    assert (planned.status_code, planned.json()["event"]) == (200, "maintenance_planned")
    listed = (await admin.get("maintenance")).json()
    (shown,) = listed["windows"]
    assert (shown["devices"], shown["open"], shown["owner_name"], shown["permit"]) == ([MOTOR], True, "admin", "P-17")
    assert listed["devices"][MOTOR]["words"]["en"] == "motor"
    later = await admin.post("maintenance", window(window="gear", begin=to_iso(T0 + HOUR)))
    assert later.status_code == 200
    assert [each["open"] for each in (await admin.get("maintenance")).json()["windows"]] == [True, False]
    ended = await admin.post("maintenance/end", {"window": "bearing"})
    assert (ended.json()["event"], ended.json()["data"]["cause"]) == ("maintenance_ended", "person")
    assert (await admin.post("maintenance/end", {"window": "bearing"})).json()["reason"] == "unknown_window"


async def test_a_window_says_what_is_active_shelved_or_silent_of_its_devices(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.raise_bearing()
    await admin.post("maintenance", window())
    await admin.post("maintenance", window(window="gear", begin=to_iso(T0 + HOUR)))
    running, planned = (await admin.get("maintenance")).json()["windows"]
    active = running["left"]["open"]
    assert BEARING in [each["name"] for each in active["named"]]
    assert active["count"] == len(active["named"])
    assert active["named"][0]["device_words"]["en"] == "motor"
    assert running["left"].keys() == {"open", "shelved", "silent"}
    assert {each["count"] for each in planned["left"].values()} <= {0}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"devices": ["NO.SUCH"]}, "unknown_device"),
        ({"end": to_iso(T0)}, "span_backwards"),
        ({"end": to_iso(T0 + 31 * 24 * HOUR)}, "duration_out_of_range"),
        ({"permit": " "}, "permit_missing"),
    ],
)
async def test_a_window_that_cannot_be_is_refused_with_its_reason(admin: Visitor, changes: Any, reason: str) -> None:
    answer = await admin.post("maintenance", window(**changes))
    assert (answer.status_code, answer.json()["reason"]) == (409, reason)


async def test_a_moment_without_an_offset_is_not_in_the_form_asked_for(admin: Visitor) -> None:
    answer = await admin.post("maintenance", window(end="2026-05-04T12:00"))
    assert (answer.status_code, answer.json()["fields"]) == (422, "end")


async def test_a_worker_sees_stages_and_windows_and_changes_neither(app: FastAPI, admin: Visitor) -> None:
    worker = await with_role(app, admin, "worker", name="worker")
    assert [(await worker.get(path)).status_code for path in ("stages", "stages/shadow", "maintenance")] == [200] * 3
    asked = {"stages": {"stage": "live", "reason": "r"}, "maintenance": window(), "maintenance/end": {"window": "bearing"}}
    assert [(await worker.post(path, body)).status_code for path, body in asked.items()] == [403] * 3

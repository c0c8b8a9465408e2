"""Live alarms and tags, and what becomes of each command."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI

from edge.api import carry_out as carry_out_module
from edge.model.alarm import Priority
from edge.model.command import Rejection
from edge.model.moment import SECOND
from edge.model.sample import Quality
from edge.texts import LANGUAGES, render
from tests.api_gateway import BEARING, BEARING_TAG, PUMPS, PUMPS_TAG, SmallGateway, Visitor, log_in, with_role

WARM = "CRM.ST3.MOTOR/de_temp_warm"


async def one(visitor: Visitor, alarm: str) -> dict[str, Any]:
    return next(shown for shown in (await visitor.get("alarms?every=true")).json() if shown["alarm"] == alarm)


async def test_nothing_is_listed_while_nothing_is_wrong(admin: Visitor) -> None:
    assert (await admin.get("alarms")).json() == []


async def test_an_alarm_is_listed_with_all_that_a_person_reads(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.raise_bearing(86.0)
    shown = await one(admin, BEARING)
    expected = {
        "occurrence": 1,
        "priority": "high",
        "state": "unacknowledged",
        "area_words": {"zh": "3号机架", "en": "Stand 3"},
        "device_words": {"zh": "主电机", "en": "motor"},
        "words": {"zh": "轴承温度高", "en": "bearing hot"},
        "kind": "high",
        "limit": 80.0,
        "unit": "°C",
        "value": 86.0,
        "quality": "good",
        "peak": 86.0,
        "acknowledged_by": None,
        "shelvable": False,
    }
    assert {key: shown[key] for key in expected} == expected
    assert shown["began"] == "2026-05-04T00:00:00.000000Z"


async def test_what_was_worked_out_stands_beside_the_tags_own_reading(admin: Visitor, gateway: SmallGateway) -> None:
    """The filter's pressure counts only while the oil is warm."""
    gateway.samples({"CRM.AGC.HYDRAULICS.filter_dp": 0.4, "CRM.AGC.HYDRAULICS.oil_temp": 20.0})
    shown = await one(admin, "CRM.AGC.HYDRAULICS/filter_dp_high")
    assert (shown["value"], shown["unit"], shown["quality"]) == (0.4, "MPa", "good")
    derived = shown["derived"]
    assert (derived["name"]["zh"], derived["value"], derived["unit"]) == ("计算值", 0.0, "MPa")
    assert (derived["words"]["en"], derived["condition"]["en"]) == ("calculated value 0 MPa", "≥ 0.35 MPa")
    gateway.sample("CRM.AGC.HYDRAULICS.oil_temp", 20.0, Quality.BAD)
    derived = (await one(admin, "CRM.AGC.HYDRAULICS/filter_dp_high"))["derived"]
    assert (derived["value"], derived["words"]["en"]) == (None, "calculated value: cannot be worked out now")


async def test_a_rule_on_the_tag_itself_has_nothing_worked_out(admin: Visitor) -> None:
    assert (await one(admin, BEARING))["derived"] is None


async def test_the_most_urgent_come_first_and_then_the_eldest(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.hold("CRM.ST1.MOTOR.de_temp", 86.0, 31)
    gateway.raise_bearing()
    gateway.raise_pumps()
    listed = [shown["alarm"] for shown in (await admin.get("alarms")).json()]
    assert listed[:3] == [PUMPS, "CRM.ST1.MOTOR/de_temp_high", BEARING]


async def test_what_is_only_written_down_is_not_put_before_people(admin: Visitor, gateway: SmallGateway) -> None:
    rule = next(rule for rule in gateway.plant.rules if rule.priority is Priority.JOURNAL)
    gateway.hold(rule.tag, rule.limit or 0.0, rule.on_delay // SECOND + 1)
    assert (await one(admin, rule.id))["active"]
    assert rule.id not in [shown["alarm"] for shown in (await admin.get("alarms")).json()]


async def test_an_acknowledgement_says_who_and_when(app: FastAPI, admin: Visitor, gateway: SmallGateway) -> None:
    fitter = await with_role(app, admin, "worker", name="fitter", person="shift_fitter_a")
    gateway.raise_bearing()
    answer = await fitter.post("alarms/acknowledge", {"alarm": BEARING, "occurrence": 1, "comment": "going"})
    assert answer.status_code == 200
    assert answer.json()["event"] == "acknowledged"
    assert answer.json()["data"]["by"] == "shift_fitter_a"
    shown = await one(admin, BEARING)
    assert (shown["state"], shown["acknowledged_by"], shown["acknowledged_by_name"]) == (
        "acknowledged",
        "shift_fitter_a",
        "A班钳工",
    )


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "Already acknowledged by A班钳工 at 08:00:31."), ("zh", "A班钳工 已于 08:00:31 确认。")],
)
async def test_whoever_presses_second_is_told_who_was_first_in_the_plants_time(
    language: str, sentence: str, app: FastAPI, admin: Visitor, gateway: SmallGateway
) -> None:
    fitter = await with_role(app, admin, "worker", name="fitter", person="shift_fitter_a")
    gateway.raise_bearing()
    await fitter.post("alarms/acknowledge", {"alarm": BEARING, "occurrence": 1})
    second = await log_in(app, "admin", language=language)
    answer = await second.post("alarms/acknowledge", {"alarm": BEARING, "occurrence": 1})
    assert answer.status_code == 409
    assert answer.json() == {
        "error": "rejected",
        "reason": "already_acknowledged",
        "sentence": sentence,
        "text": sentence,
    }


@pytest.mark.parametrize("reason", list(Rejection))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rejection_has_a_sentence(reason: Rejection, language: str) -> None:
    assert render(f"api.rejections.{reason}", {"by": "li", "at": "08:00:00", "low": "5", "high": "9", "unit": "bar"}, language)


@pytest.mark.parametrize(
    ("verb", "body", "reason"),
    [
        ("acknowledge", {"alarm": "no/such", "occurrence": 1}, "unknown_alarm"),
        ("acknowledge", {"alarm": BEARING, "occurrence": 7}, "stale_occurrence"),
        ("acknowledge", {"alarm": "CRM.ST1.MOTOR/de_temp_high", "occurrence": 1}, "stale_occurrence"),
        ("reset", {"alarm": "CRM.ST1.MOTOR/de_temp_high"}, "not_latched"),
        ("reset", {"alarm": PUMPS}, "still_active"),
        ("unshelve", {"alarm": BEARING}, "not_shelved"),
        ("shelve", {"alarm": BEARING, "minutes": 10, "reason": "x"}, "priority_not_shelvable"),
        ("shelve", {"alarm": WARM, "minutes": 10, "reason": "  "}, "reason_missing"),
        ("comment", {"alarm": BEARING, "text": "  "}, "comment_empty"),
    ],
)
async def test_a_command_that_cannot_be_carried_out_says_why(
    verb: str, body: dict[str, object], reason: str, admin: Visitor, gateway: SmallGateway
) -> None:
    gateway.raise_bearing()
    gateway.raise_pumps()
    answer = await admin.post(f"alarms/{verb}", body)
    assert (answer.status_code, answer.json()["reason"]) == (409, reason), answer.text
    assert answer.json()["text"] == render(f"api.rejections.{reason}", {}, "en")


async def test_on_my_way_acknowledges_and_says_that_somebody_comes(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.raise_bearing()
    answer = await admin.post("alarms/on-my-way", {"alarm": BEARING, "occurrence": 1})
    assert (answer.json()["event"], answer.json()["data"]["coming"]) == ("acknowledged", True)


async def test_a_shelf_hides_for_as_long_as_asked_and_can_be_ended(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.hold(BEARING_TAG, 75.0, 660)
    answer = await admin.post("alarms/shelve", {"alarm": WARM, "minutes": 30, "reason": "works_on_it"})
    assert answer.status_code == 200, answer.text
    shown = await one(admin, WARM)
    assert (shown["state"], shown["shelved_by_name"], shown["shelve_reason"]) == ("shelved", "admin", "works_on_it")
    assert shown["shelved_until"] == "2026-05-04T00:41:00.000000Z"
    assert (await admin.post("alarms/unshelve", {"alarm": WARM})).status_code == 200
    assert (await one(admin, WARM))["state"] == "unacknowledged"


async def test_a_latched_alarm_is_reset_once_it_is_gone_and_acknowledged(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.raise_pumps()
    gateway.sample(PUMPS_TAG, 0.0)
    gateway.pass_time(60)
    early = await admin.post("alarms/reset", {"alarm": PUMPS})
    assert early.json()["reason"] == "acknowledge_first"
    await admin.post("alarms/acknowledge", {"alarm": PUMPS, "occurrence": 1})
    assert (await one(admin, PUMPS))["process_state"] == "latched_acknowledged"
    assert (await admin.post("alarms/reset", {"alarm": PUMPS})).json()["event"] == "reset"
    assert (await one(admin, PUMPS))["state"] == "normal"


async def test_the_same_key_enters_once(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.raise_bearing()
    body = {"alarm": BEARING, "text": "oil changed"}
    first = await admin.post("alarms/comment", body, **{"Idempotency-Key": "press-1"})
    again = await admin.post("alarms/comment", body, **{"Idempotency-Key": "press-1"})
    assert first.status_code == 200
    assert (again.status_code, again.json()["error"]) == (409, "taken_before")
    assert [row.event.kind for row in await gateway.journal(0, 100)].count("commented") == 1


async def test_two_accounts_may_use_the_same_key(app: FastAPI, admin: Visitor, gateway: SmallGateway) -> None:
    worker = await with_role(app, admin, "worker")
    gateway.raise_bearing()
    for visitor in (admin, worker):
        answer = await visitor.post("alarms/comment", {"alarm": BEARING, "text": "seen"}, **{"Idempotency-Key": "1"})
        assert answer.status_code == 200


async def test_a_command_whose_answer_does_not_come_is_said_to_be_taken(
    admin: Visitor, gateway: SmallGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway.raise_bearing()
    gateway.mute = True
    monkeypatch.setattr(carry_out_module, "ANSWER_WITHIN_S", 0.01)
    answer = await admin.post("alarms/comment", {"alarm": BEARING, "text": "seen"})
    assert (answer.status_code, answer.json()["error"]) == (504, "not_answered")
    assert len(gateway.store.unconsumed()) == 1


async def test_what_may_be_offered_for_shelving_comes_from_the_plant(admin: Visitor, gateway: SmallGateway) -> None:
    offered = (await admin.get("alarms/shelving")).json()
    assert [reason["id"] for reason in offered["reasons"]] == [key for key, _ in gateway.plant.policy.shelve_reasons]
    assert offered["minutes_max"] == 480


async def test_a_tag_waits_then_has_a_value_an_age_and_a_quality(admin: Visitor, gateway: SmallGateway) -> None:
    async def shown() -> tuple[object, object, object]:
        tags = (await admin.get("tags")).json()
        tag = next(tag for tag in tags if tag["tag"] == BEARING_TAG)
        return tag["value"], tag["quality"], tag["age_s"]

    assert await shown() == (None, "waiting", None)
    gateway.sample(BEARING_TAG, 62.5)
    gateway.clock.moment += 1_500_000
    assert await shown() == (62.5, "good", 1.5)
    gateway.pass_time(3_600)
    assert (await shown())[1] == "stale"
    gateway.sample(BEARING_TAG, float("nan"), Quality.BAD)
    assert await shown() == (None, "bad", 0.0)
    gateway.sample(BEARING_TAG, 61.0, Quality.UNCERTAIN)
    assert await shown() == (61.0, "uncertain", 0.0)


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
async def test_a_value_that_json_cannot_write_breaks_nothing(value: float, admin: Visitor, gateway: SmallGateway) -> None:
    gateway.sample(BEARING_TAG, value)
    gateway.pass_time(60)
    assert (await admin.get("tags")).status_code == 200
    assert (await admin.get("alarms?every=true")).status_code == 200
    assert (await admin.get("journal")).status_code == 200

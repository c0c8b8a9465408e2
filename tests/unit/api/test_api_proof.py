"""Proof of delivery of one occurrence: who, when, by which channel, accepted, acted; and who was told otherwise, or not."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI

from edge.model.intent import Delivered, Refused
from tests.api_gateway import BEARING, SmallGateway, Visitor, with_role

FITTER, LEAD, GROUP = "person:shift_fitter_a", "person:shift_lead_a", "group:crm_maintenance"


async def proof(visitor: Visitor, query: str = "") -> Any:
    answer = await visitor.get(f"proof/{BEARING}{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def of(told: Any, recipient: str) -> Any:
    (way,) = (each for each in told["people"] if each["recipient"] == recipient)
    return way


async def test_each_of_its_people_is_there_with_channel_acceptance_and_what_they_did(
    admin: Visitor, app: FastAPI, gateway: SmallGateway
) -> None:
    fitter = await with_role(app, admin, "worker", name="fitter", person="shift_fitter_a")
    gateway.raise_bearing()
    gateway.tell(Delivered("task-1"), after_s=1.5)
    await fitter.post("alarms/on-my-way", {"alarm": BEARING, "occurrence": 1})
    told = await proof(admin)
    assert [each["recipient"] for each in told["people"]] == [FITTER, LEAD, GROUP]
    way = of(told, FITTER)
    assert (way["recipient_name"], way["channel"], way["state"], way["late_s"]) == ("A班钳工", "dingtalk", "delivered", 2.5)
    assert way["accepted"] > way["wanted"]
    assert [(act["kind"], act["by"], act["via"]) for act in way["acted"]] == [("acknowledged", "shift_fitter_a", "api")]
    assert of(told, LEAD)["acted"] == of(told, GROUP)["acted"] == []
    assert [act["kind"] for act in told["acts"]] == ["acknowledged"]
    assert [each["purpose"] for each in way["told"]] == ["raised"]


async def test_who_was_refused_is_there_with_the_reason_and_was_never_accepted(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.raise_bearing()
    gateway.tell(Refused("user not found"))
    way = of(await proof(admin), LEAD)
    assert (way["state"], way["accepted"], way["detail"]) == ("refused", None, "user not found")


async def test_an_alarm_that_nobody_was_told_of_has_no_people(admin: Visitor) -> None:
    told = await proof(admin)
    assert (told["people"], told["otherwise"], told["acts"]) == ([], [], [])


async def test_each_occurrence_has_a_proof_of_its_own(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.raise_bearing()
    gateway.tell(Delivered("task-1"))
    gateway.hold("CRM.ST3.MOTOR.de_temp", 50.0, 60)
    gateway.raise_bearing()
    gateway.tell(Delivered("task-2"))
    newest, first = await proof(admin), await proof(admin, "?occurrence=1")
    assert (newest["occurrence"], first["occurrence"]) == (2, 1)
    assert of(newest, LEAD)["wanted"] > of(first, LEAD)["wanted"]


async def test_who_was_not_reached_while_it_stood_is_told_by_a_digest(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.raise_bearing()
    gateway.decide()
    gateway.hold("CRM.ST3.MOTOR.de_temp", 50.0, 60)
    gateway.decide()
    missed = {each["recipient"]: each for each in (await proof(admin))["otherwise"]}
    assert missed.keys() == {FITTER, LEAD, GROUP}
    assert {(each["kind"], each["digest"]) for each in missed.values()} == {("missed", None)}
    gateway.tell(Delivered("task-1"))
    told = await proof(admin)
    assert all(each["digest"] is not None for each in told["otherwise"])
    assert {each["state"] for each in told["people"]} == {"withdrawn"}


async def test_channels_are_asked_whether_it_was_read_only_when_somebody_wants_to_know(
    admin: Visitor, gateway: SmallGateway
) -> None:
    gateway.raise_bearing()
    gateway.tell(Delivered("task-1"))
    gateway.read = {(FITTER, "raised"): True, (LEAD, "raised"): False}
    assert {each["read"] for each in (await proof(admin))["people"]} == {None}
    asked = await proof(admin, "?read=true")
    assert [of(asked, who)["read"] for who in (FITTER, LEAD, GROUP)] == [True, False, None]


@pytest.mark.parametrize("query", ["?occurrence=0", "?occurrence=x"])
async def test_what_cannot_be_asked_for_is_refused(query: str, admin: Visitor) -> None:
    assert (await admin.get(f"proof/{BEARING}{query}")).status_code == 422


async def test_an_alarm_that_is_not_there_is_said(admin: Visitor) -> None:
    answer = await admin.get("proof/NO.SUCH/alarm")
    assert (answer.status_code, answer.json()["error"]) == (404, "unknown_alarm")

"""Having a message tried anew that was refused or set aside, or perhaps not told, over the API."""

from __future__ import annotations

from fastapi import FastAPI

from edge.model.intent import Crashed, Delivered, Refused, Unknown
from edge.model.moment import HOUR
from edge.model.permission import Permission, may
from edge.model.person import Role
from edge.ports.store import ResponseCommit
from tests.api_gateway import SmallGateway, Visitor, with_role

GONE = Refused("the group was dissolved")


async def refused(admin: Visitor, gateway: SmallGateway) -> list[str]:
    gateway.raise_bearing()
    gateway.tell(GONE)
    return [each["intent"] for each in (await admin.get("deliveries?state=refused")).json()["deliveries"]]


async def test_a_refused_message_is_in_the_list_with_its_reason_and_can_be_tried_anew(
    admin: Visitor, gateway: SmallGateway
) -> None:
    keys = await refused(admin, gateway)
    answer = await admin.post("deliveries/replay", {"intent": keys[0]})
    assert (answer.status_code, answer.json()["event"]) == (200, "replayed")
    assert gateway.tell(Delivered("r")) == 1
    told = (await admin.get("deliveries")).json()["deliveries"]
    assert {each["intent"]: each["state"] for each in told}[keys[0]] == "delivered"


async def test_what_made_the_channel_fail_is_set_aside_until_somebody_says_so(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.raise_bearing()
    gateway.tell(Crashed("the channel failed with KeyError"))
    (first, *_) = (await admin.get("deliveries?state=quarantined")).json()["deliveries"]
    assert first["detail"] == "the channel failed with KeyError"
    assert (await admin.post("deliveries/replay", {"intent": first["intent"]})).status_code == 200


async def test_what_perhaps_did_not_arrive_is_tried_anew_when_somebody_says_so(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.raise_bearing()
    gateway.tell(Unknown("Email did not take it"))
    (first, *_) = (await admin.get("deliveries?state=unknown")).json()["deliveries"]
    assert (await admin.post("deliveries/replay", {"intent": first["intent"]})).status_code == 200
    assert gateway.tell(Delivered("r")) == 1


async def test_what_was_taken_back_is_not_tried_anew(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.raise_bearing()
    gateway.decide()
    now = gateway.clock.now()
    (claim, *_) = gateway.store.claim(now, gateway.plant.policy.channel, 1)
    gateway.store.settle(claim, Unknown("no answer"), now, now + HOUR)
    gateway.store.commit_response(ResponseCommit(now, 0, [], [], [claim.intent.key], {}, []))
    answer = await admin.post("deliveries/replay", {"intent": claim.intent.key})
    assert (answer.status_code, answer.json()["error"]) == (409, "no_longer_wanted")


async def test_what_was_delivered_is_not_told_again(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.raise_bearing()
    gateway.tell(Delivered("r"))
    key = (await admin.get("deliveries")).json()["deliveries"][0]["intent"]
    answer = await admin.post("deliveries/replay", {"intent": key})
    assert (answer.status_code, answer.json()["error"]) == (409, "not_in_quarantine")


async def test_a_message_that_nobody_knows_is_not_found(admin: Visitor) -> None:
    answer = await admin.post("deliveries/replay", {"intent": "nobody knows"})
    assert (answer.status_code, answer.json()["error"]) == (404, "unknown_message")


async def test_only_who_maintains_may_have_one_tried_anew(app: FastAPI, admin: Visitor, gateway: SmallGateway) -> None:
    key = (await refused(admin, gateway))[0]
    for role in Role:
        visitor = await with_role(app, admin, role, name=f"some_{role}")
        answer = await visitor.post("deliveries/replay", {"intent": key})
        assert (answer.status_code != 403) == may(role, Permission.MAINTAIN)

"""By which channel somebody is told: by the plant's usual one, or by the one that they have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from edge.model.intent import Purpose
from edge.model.person import Directory, Group
from edge.response.flood import FloodLimits
from edge.response.policy import Policy, Route
from edge.response.routing import Addressee, Unrouted, address_of

DINGTALK, WEBHOOK = {"group": "shift"}, {"endpoint": "mes"}


def reached(policy: Policy, **addresses: Any) -> Addressee | Unrouted:
    directory = Directory({}, {}, {"mes": Group("mes", "MES", "en", addresses)})
    return address_of(replace(policy, directory=directory, channels=("dingtalk", "webhook", "mqtt")), "group:mes")


def channel_of(found: Addressee | Unrouted) -> str:
    assert isinstance(found, Addressee)
    return found.channel


def test_who_has_an_address_on_the_usual_channel_is_told_by_it(plant: Any) -> None:
    assert channel_of(reached(plant(), webhook=WEBHOOK, dingtalk=DINGTALK)) == ""


def test_who_has_none_there_is_told_by_the_first_channel_they_have(plant: Any) -> None:
    found = reached(plant(), webhook=WEBHOOK, mqtt={"topic": "mes"})
    assert (channel_of(found), isinstance(found, Addressee) and found.address) == ("webhook", WEBHOOK)


def test_a_channel_that_is_not_configured_is_no_way(plant: Any) -> None:
    assert reached(plant(), pager={"number": "1"}) is Unrouted.NO_ADDRESS


def test_raise_state_and_return_leave_by_the_channel_of_their_recipient_also_after_a_restart(plant: Any, shift_at: Any) -> None:
    directory = Directory({}, {}, {"mes": Group("mes", "MES", "en", {"webhook": WEBHOOK})})
    shift = shift_at(plant((Route("mes", ("group:mes",)),), directory=directory, channels=("dingtalk", "webhook")))
    shift.hear("raised")
    shift.restart()
    shift.at(60).hear("acknowledged")
    shift.at(120).hear("returned")
    told = list(shift.outbox.values())
    assert {intent.channel for intent in told} == {"webhook"}
    assert {Purpose.RAISED, Purpose.STATE, Purpose.RETURNED} == {intent.purpose for intent in told}


def test_the_digest_of_a_flood_goes_by_the_channel_of_its_recipient(plant: Any, shift_at: Any) -> None:
    directory = Directory({}, {}, {"mail": Group("mail", "Mail", "en", {"apprise": {"service": "mail"}})})
    policy = plant((Route("mail", ("group:mail",)),), directory=directory, channels=("dingtalk", "apprise"))
    shift = shift_at(replace(policy, flood=FloodLimits(over=1, under=1)))
    shift.step([shift.row("raised", "bearing_hot"), shift.row("raised", "event", occurrence=3)])
    digests = [intent for intent in shift.outbox.values() if intent.purpose is Purpose.FLOOD]
    assert [intent.channel for intent in digests] == ["apprise"]

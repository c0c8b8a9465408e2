"""A message in quarantine is tried anew: only what somebody still needs to hear, and with the state as it is now behind it."""

from __future__ import annotations

import json

from edge.model.command import InboxRow, Rejection, ReplayIntent, body_kind, decode_body, encode_body
from edge.model.event import Stream
from edge.model.intent import Intent, Purpose
from edge.response.response import ResponseStep
from tests.unit.response.conftest import Shift


def replay(shift: Shift, intent: Intent | str) -> ResponseStep:
    key = intent if isinstance(intent, str) else intent.key
    return shift.full_step([], [InboxRow("api", f"replay {key}", "ann", ReplayIntent(key), shift.now, 900)])


def refused_raise(shift: Shift) -> Intent:
    (raised,) = shift.hear("raised")
    shift.receive(raised, "refused")
    return raised


def rejection(shift: Shift) -> str:
    (event,) = shift.journal("rejected")
    assert event.stream is Stream.DELIVERY
    return str(event.data["reason"])


def test_the_command_comes_back_from_the_inbox_as_it_was() -> None:
    command = ReplayIntent("crm/a#1/person:li/raised.1.0")
    assert decode_body(body_kind(command), json.loads(json.dumps(encode_body(command)))) == command
    assert not InboxRow("api", "m", "ann", command, 0).for_engine


def test_a_raise_is_tried_anew_and_behind_it_goes_the_state_as_it_is_now(shift: Shift) -> None:
    raised = refused_raise(shift)
    shift.at(60).hear("acknowledged")
    step = replay(shift.at(90), raised)
    assert step.replayed == (raised.key,)
    (state,) = step.intents
    assert (state.purpose, state.thread, state.message.state) == (Purpose.STATE, raised.thread, "acknowledged")
    (event,) = shift.journal("replayed")
    assert (event.data["by"], event.data["recipient"], event.command) == ("ann", "person:li", ("api", f"replay {raised.key}"))


def test_who_is_told_by_a_replay_hears_that_it_is_over(shift: Shift) -> None:
    raised = refused_raise(shift)
    replay(shift.at(60), raised)
    shift.receive(raised, "delivered")
    assert Purpose.RETURNED in {intent.purpose for intent in shift.at(90).hear("returned")}


def test_what_is_refused_again_takes_back_what_waits_behind_it(shift: Shift) -> None:
    raised = refused_raise(shift)
    (state,) = replay(shift.at(60), raised).intents
    shift.receive(raised, "refused")
    assert shift.withdrawn == [state.key]


def test_who_may_have_got_it_hears_that_it_is_over_though_the_replay_was_refused(shift: Shift) -> None:
    (raised,) = shift.hear("raised")
    shift.receive(raised, "unknown")
    assert replay(shift.at(60), raised).replayed == (raised.key,)
    shift.receive(raised, "refused")
    assert Purpose.RETURNED in {intent.purpose for intent in shift.at(90).hear("returned")}


def test_nobody_is_rung_for_what_is_over(shift: Shift) -> None:
    raised = refused_raise(shift)
    shift.at(60).hear("acknowledged")
    shift.at(70).hear("returned", acknowledged=True)
    assert replay(shift.at(90), raised).replayed == ()
    assert rejection(shift) == Rejection.NOTHING_TO_TELL


def test_that_it_is_over_is_still_told(shift: Shift) -> None:
    (raised,) = shift.hear("raised")
    shift.receive(raised)
    shift.at(60).hear("acknowledged")
    notice = next(each for each in shift.at(70).hear("returned", acknowledged=True) if each.purpose is Purpose.RETURNED)
    shift.receive(notice, "refused")
    assert replay(shift.at(90), notice).replayed == (notice.key,)


def test_a_key_of_another_making_is_rejected(shift: Shift) -> None:
    assert replay(shift, "another site/a#1/person:li/raised.1.0").replayed == ()
    assert rejection(shift) == Rejection.UNKNOWN_MESSAGE

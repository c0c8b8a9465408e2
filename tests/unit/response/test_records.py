"""Records live as long as there is news or a receipt to come, and no longer."""

from __future__ import annotations

from typing import Any

from edge.model.intent import Purpose
from edge.response.ledger import OCCURRENCES_MAX, RECEIPTS_AWAITED
from edge.response.policy import Route

KEY = "CRM.ST3.MOTOR/bearing_hot#17"


def settle_all(shift: Any) -> None:
    for intent in list(shift.outbox.values()):
        shift.receive(intent)


def test_a_record_ends_when_the_occurrence_is_over_and_every_receipt_is_in(shift: Any) -> None:
    shift.hear("raised")
    settle_all(shift)
    shift.hear("acknowledged")
    shift.hear("returned")
    assert list(shift.records) == [KEY]
    settle_all(shift)
    assert shift.records == {}
    assert shift.next_due is None


def test_receipts_of_a_card_update_that_was_overtaken_are_not_waited_for(shift: Any) -> None:
    (raised,) = shift.hear("raised")
    overtaken = shift.hear("acknowledged")
    state, notice = shift.hear("returned")
    assert [intent.purpose for intent in overtaken] == [Purpose.STATE]
    for intent in (raised, state, notice):
        shift.receive(intent)
    assert shift.records == {}


def test_a_returned_alarm_stays_until_somebody_acknowledges_it(shift: Any) -> None:
    shift.hear("raised")
    shift.hear("returned")
    settle_all(shift)
    shift.at(10**6).step()
    assert list(shift.records) == [KEY]
    shift.hear("acknowledged")
    settle_all(shift)
    assert shift.records == {}


def test_receipts_that_never_come_are_waited_for_a_day(shift: Any) -> None:
    shift.hear("raised")
    shift.hear("acknowledged")
    shift.hear("returned")
    assert shift.next_due == shift.now + RECEIPTS_AWAITED
    shift.restart()
    shift.at(86399).step()
    assert list(shift.records) == [KEY]
    shift.at(86400).step()
    assert shift.records == {}


def test_an_alarm_that_chatters_through_an_outage_keeps_its_newest_occurrences(shift_at: Any, plant: Any) -> None:
    shift = shift_at(plant(flood=None))
    for number in range(1, OCCURRENCES_MAX + 20):
        shift.hear("raised", occurrence=number)
        shift.hear("acknowledged", occurrence=number)
        shift.hear("returned", occurrence=number)
    assert len(shift.records) == OCCURRENCES_MAX
    assert f"CRM.ST3.MOTOR/bearing_hot#{OCCURRENCES_MAX + 19}" in shift.records


def test_a_record_of_the_first_versions_still_loads(shift: Any) -> None:
    shift.hear("raised")
    first_version = dict(shift.records[KEY])
    added = ("first", "unacknowledged", "confirmed", "service", "work_order", "suppressed", "chatter", "first_out")
    for name in added:
        del first_version[name]
    first_version["facts"] = {name: first_version["facts"][name] for name in ("active", "acked", "latched", "occurrence")}
    for recipient in first_version["recipients"].values():
        del recipient["reminders_before"]
    shift.records[KEY] = first_version
    shift.restart()
    assert [intent.purpose for intent in shift.hear("returned")] == [Purpose.STATE, Purpose.RETURNED]


def test_shelves_that_the_first_versions_kept_apart_are_let_go(shift: Any) -> None:
    shift.records["CRM.ST3.MOTOR/bearing_hot#shelf"] = {"until": shift.now}
    shift.restart()
    shift.step()
    assert shift.records == {}


def test_a_change_of_the_address_book_leaves_cards_where_they_are(shift: Any, plant: Any) -> None:
    (raised,) = shift.hear("raised")
    shift.restart(plant([Route("other", ("person:ann",))]))
    assert [(intent.recipient, intent.address) for intent in shift.hear("acknowledged")] == [("person:li", raised.address)]

"""What people can ask of an alarm in the naive engine, and what they are answered."""

from __future__ import annotations

from typing import Any

from edge.model.command import (
    Acknowledge,
    AlarmCommand,
    Comment,
    Confirm,
    InboxRow,
    LearnAnew,
    OnMyWay,
    Reset,
    ResetSums,
    ReturnToService,
    Shelve,
    TakeOutOfService,
    Unacknowledge,
    Unshelve,
)
from edge.model.event import Event, Stream
from edge.model.moment import HOUR, Moment, to_iso
from tests.unit.rules.naive_alarm import NaiveAlarm, NaiveAlarms, iso
from tests.unit.rules.naive_tag import FOREVER

NAMES = {
    Acknowledge: "acknowledge",
    OnMyWay: "on_my_way",
    Comment: "comment",
    Shelve: "shelve",
    Unshelve: "unshelve",
    Reset: "reset",
    Confirm: "confirm",
    Unacknowledge: "unacknowledge",
    TakeOutOfService: "take_out_of_service",
    ReturnToService: "return_to_service",
    LearnAnew: "learn_anew",
    ResetSums: "reset_sums",
}
#: By which people show that they have seen an alarm.
SEEN = ("acknowledged", "on_my_way", "commented", "confirmed", "shelved")


class Refused(Exception):
    def __init__(self, reason: str, **more: Any) -> None:
        super().__init__(reason)
        self.reason, self.more = reason, more


class NaivePeople:
    def __init__(self, alarms: NaiveAlarms) -> None:
        self.alarms = alarms
        self.row: InboxRow
        self.now: Moment
        self.reading: tuple[float | None, str]

    def obey(
        self, row: InboxRow, alarm: NaiveAlarm | None, reading: tuple[float | None, str], now: Moment, *, signal: Any
    ) -> bool:
        """Whether it was accepted. reading: what the alarm's tag shows; signal: the naive twin of its signal, None for none."""
        self.row, self.reading, self.now = row, reading, now
        body = row.body
        assert isinstance(body, AlarmCommand)
        try:
            if alarm is None:
                raise Refused("unknown_alarm")
            if isinstance(body, LearnAnew) and not getattr(signal, "learns", False):
                raise Refused("nothing_to_learn")
            if isinstance(body, ResetSums) and not hasattr(signal, "reset"):
                raise Refused("no_sums")
            kind, data = self.decide(alarm, body)
        except Refused as refused:
            self.answer("rejected", {"command": NAMES[type(body)], "reason": refused.reason, **refused.more})
            return False
        if kind in SEEN:
            alarm.recent = []
        self.alarms.mind(alarm, now)
        self.alarms.forget_ranks(alarm)
        self.answer(kind, data)
        return True

    def answer(self, kind: str, data: dict[str, Any]) -> None:
        row = self.row
        assert isinstance(row.body, AlarmCommand)
        named = {"by": row.actor, "via": row.source, **data}
        self.alarms.events.append(Event(Stream.ALARM, kind, row.body.alarm, self.now, named, (row.source, row.message_id)))

    def decide(self, alarm: NaiveAlarm, body: AlarmCommand) -> tuple[str, dict[str, Any]]:  # noqa: PLR0911 - one for each command
        match body:
            case Acknowledge():
                expect_text(body.comment)
                return self.see(alarm, body.occurrence, body.comment, coming=False)
            case OnMyWay():
                return self.see(alarm, body.occurrence, "", coming=True)
            case Comment():
                return self.comment(body)
            case Shelve():
                return self.shelve(alarm, body)
            case Unshelve():
                return self.unshelve(alarm)
            case Reset():
                return self.reset(alarm)
            case Confirm():
                return self.confirm(alarm, body)
            case Unacknowledge():
                return self.unacknowledge(alarm, body)
            case TakeOutOfService():
                return self.take_out(alarm, body)
            case ReturnToService():
                return self.bring_back(alarm)
            case LearnAnew():
                expect_reason(body.reason)
                return "learning", {"reason": body.reason}
            case ResetSums():
                expect_reason(body.reason)
                return "sums_reset", {"reason": body.reason}

    def comment(self, body: Comment) -> tuple[str, dict[str, Any]]:
        if not body.text.strip():
            raise Refused("comment_empty")
        expect_text(body.text)
        return "commented", {"text": body.text}

    def unshelve(self, alarm: NaiveAlarm) -> tuple[str, dict[str, Any]]:
        if alarm.shelf == FOREVER:
            raise Refused("not_shelved")
        alarm.unshelve()
        return "unshelved", {"cause": "person", **self.uncover(alarm)}

    def bring_back(self, alarm: NaiveAlarm) -> tuple[str, dict[str, Any]]:
        if not alarm.out:
            raise Refused("in_service")
        alarm.out = False
        return "returned_to_service", self.uncover(alarm)

    def uncover(self, alarm: NaiveAlarm) -> dict[str, Any]:
        standing = self.alarms.uncover(alarm, self.now, self.reading)
        return {"occurrence": alarm.occurrence, **standing}

    def see(self, alarm: NaiveAlarm, occurrence: int, comment: str, *, coming: bool) -> tuple[str, dict[str, Any]]:
        on_the_list = alarm.active or alarm.latched
        if occurrence != alarm.occurrence:
            raise Refused("stale_occurrence")
        if not alarm.acked:
            alarm.acknowledge(self.row.actor, self.now)
            return "acknowledged", {"occurrence": occurrence, "comment": comment, "coming": coming}
        if coming and on_the_list:
            return "on_my_way", {"occurrence": occurrence}
        if on_the_list or alarm.acked_by not in (None, "system"):
            raise Refused("already_acknowledged", acknowledged_by=alarm.acked_by, acknowledged_at=iso(alarm.acked_at))
        raise Refused("not_unacknowledged")

    def shelve(self, alarm: NaiveAlarm, body: Shelve) -> tuple[str, dict[str, Any]]:
        rule = alarm.rule
        if body.occurrence not in (0, alarm.occurrence):
            raise Refused("stale_occurrence")
        if rule.safety:
            raise Refused("safety_never_shelved")
        if rule.priority not in rule.shelved:
            raise Refused("priority_not_shelvable")
        shelved = alarm.shelf != FOREVER
        if shelved and alarm.one_shot is body.one_shot:
            raise Refused("already_shelved")
        if not 0 < body.duration <= 8 * HOUR:
            raise Refused("duration_out_of_range")
        if self.now + body.duration > alarm.shelf:
            raise Refused("shelf_not_lengthened")
        expect_reason(body.reason)
        alarm.shelf = alarm.shelf_timer = self.now + body.duration
        alarm.one_shot = body.one_shot
        return "shelved", {"until": to_iso(alarm.shelf), "reason": body.reason, "one_shot": body.one_shot}

    def reset(self, alarm: NaiveAlarm) -> tuple[str, dict[str, Any]]:
        if alarm.active:
            raise Refused("still_active")
        if not alarm.latched:
            raise Refused("not_latched")
        if not alarm.acked:
            raise Refused("acknowledge_first")
        if not alarm.confirmed:
            raise Refused("confirm_first")
        alarm.latched = False
        alarm.hidden = None
        return "reset", {}

    def confirm(self, alarm: NaiveAlarm, body: Confirm) -> tuple[str, dict[str, Any]]:
        if body.occurrence != alarm.occurrence:
            raise Refused("stale_occurrence")
        if not alarm.rule.confirm:
            raise Refused("nothing_to_confirm")
        expect_text(body.comment)
        if not alarm.acked:
            raise Refused("acknowledge_first")
        if alarm.confirmed:
            raise Refused("already_confirmed")
        alarm.confirmed = True
        return "confirmed", {"occurrence": body.occurrence, "comment": body.comment}

    def unacknowledge(self, alarm: NaiveAlarm, body: Unacknowledge) -> tuple[str, dict[str, Any]]:
        if body.occurrence != alarm.occurrence:
            raise Refused("stale_occurrence")
        if not alarm.acked or not (alarm.active or alarm.latched) or not alarm.rule.ack_required:
            raise Refused("not_acknowledged")
        expect_reason(body.reason)
        alarm.ask_again()
        return "unacknowledged", {"occurrence": body.occurrence, "reason": body.reason}

    def take_out(self, alarm: NaiveAlarm, body: TakeOutOfService) -> tuple[str, dict[str, Any]]:
        if alarm.rule.safety:
            raise Refused("safety_stays_in_service")
        if alarm.out:
            raise Refused("already_out_of_service")
        expect_reason(body.reason)
        if not body.work_order.strip() or len(body.work_order) > 500:
            raise Refused("work_order_missing")
        alarm.out = True
        return "taken_out_of_service", {"reason": body.reason, "work_order": body.work_order}


def expect_text(text: str) -> None:
    if len(text) > 500:
        raise Refused("comment_too_long")


def expect_reason(text: str) -> None:
    if not text.strip():
        raise Refused("reason_missing")
    expect_text(text)

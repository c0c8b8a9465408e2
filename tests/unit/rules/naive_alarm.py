"""What conditions, time and people make of alarms in the naive engine: one thing after the other, a plain object an alarm."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from edge.model.event import Event, Stream
from edge.model.moment import SECOND, Moment, Span, to_iso
from rules.definition import Rule
from rules.layout import Layout
from tests.unit.rules.naive_condition import Filtered, Turned
from tests.unit.rules.naive_covers import Change, NaiveCovers
from tests.unit.rules.naive_first_out import NaiveWord, WordSaid
from tests.unit.rules.naive_tag import FOREVER


class NaiveAlarm:
    """shelf: when it ends; shelf_timer: the same until that has fired. hidden: people were told last that it is, by design, and
    by what. recent: when it was raised, while it does not chatter yet."""

    def __init__(self, row: int, rule: Rule) -> None:
        self.row, self.rule = row, rule
        self.active = False
        self.acked = True
        self.confirmed = True
        self.latched = False
        self.occurrence = 0
        self.shelf = self.shelf_timer = FOREVER
        self.one_shot = False
        self.out = False
        self.hidden: str | None = None
        self.began: Moment | None = None
        self.raised: Moment | None = None
        self.returned: Moment | None = None
        self.value: float | None = None
        self.quality = "bad"
        self.acked_by: str | None = None
        self.acked_at: Moment | None = None
        self.reminders = 0
        self.remind_at = FOREVER
        self.remind_about: tuple[bool, int] | None = None
        self.recent: list[Moment] = []
        self.chattering = 0
        self.chatter_began: Moment | None = None
        self.quiet_at = FOREVER
        self.ranked_at: Moment = 0

    @property
    def normal(self) -> bool:
        return not self.active and not self.latched and self.acked

    @property
    def listed(self) -> bool:
        return not self.normal or not self.confirmed

    @property
    def stands(self) -> bool:
        return self.active or self.latched

    def acknowledge(self, by: str, at: Moment) -> None:
        self.acked, self.acked_by, self.acked_at = True, by, at

    def ask_again(self) -> None:
        """People must acknowledge and confirm it, if they are asked to at all."""
        self.confirmed = not self.rule.confirm
        if self.rule.ack_required:
            self.acked, self.acked_by, self.acked_at = False, None, None

    def begin_occurrence(self, at: Moment) -> None:
        self.occurrence += 1
        self.active = True
        self.latched = self.latched or self.rule.latching
        self.confirmed = not self.rule.confirm
        self.raised, self.returned = at, None
        self.acked, self.acked_by, self.acked_at = False, None, None
        if not self.rule.ack_required:
            self.acknowledge("system", at)

    def unshelve(self) -> None:
        self.shelf = self.shelf_timer = FOREVER
        self.one_shot = False


class NaiveAlarms:
    """All alarms, their covers, and the groups in which the first one counts. events: what they told so far."""

    def __init__(self, layout: Layout, start: Moment) -> None:
        self.alarms = [NaiveAlarm(row, rule) for row, rule in enumerate(layout.rules)]
        self.covers = NaiveCovers(layout, start)
        self.awake_since = start
        self.ranked: dict[str, list[NaiveAlarm]] = {}
        self.first_at: dict[str, Moment] = {}
        self.words = {word.group: NaiveWord(word) for word in layout.words}
        self.named: dict[str, NaiveAlarm] = {}
        self.events: list[Event] = []

    def wake_up(self, now: Moment, outage: Span) -> None:
        """After a restart. The quiet time was not observed, and of several reminders that were held up one is enough."""
        self.awake_since = now
        known = [alarm.row for alarm in self.alarms if alarm.listed]
        self.covers.wake_up([alarm.rule.id for alarm in self.alarms if alarm.active], known, now, outage)
        for alarm in self.alarms:
            if alarm.quiet_at != FOREVER:
                alarm.quiet_at += outage
            alarm.remind_at = max(alarm.remind_at, now)
            alarm.shelf_timer = alarm.shelf
            self.look_at_cover(alarm, now, alarm.hidden)

    # --- time

    def next_timer(self) -> Moment:
        return min(
            [self.covers.next_timer(), *(min(alarm.remind_at, alarm.quiet_at) for alarm in self.alarms)], default=FOREVER
        )

    def fire(self) -> None:
        """The next timer: covers first, then reminders, then what has settled."""
        due = self.next_timer()
        if due == self.covers.next_timer():
            self.follow_covers(self.covers.fire(due), due)
            return
        reminded = [alarm for alarm in self.alarms if alarm.remind_at == due]
        if reminded:
            self.remind(reminded[0], due)
            return
        alarm = next(alarm for alarm in self.alarms if alarm.quiet_at == due)
        began = due if alarm.chatter_began is None else alarm.chatter_began
        lasted = (due - began) / SECOND
        self.tell("settled", alarm, due, count=alarm.chattering, lasted=lasted, active=alarm.active)
        alarm.recent, alarm.chattering, alarm.chatter_began, alarm.quiet_at = [], 0, None, FOREVER

    def remind(self, alarm: NaiveAlarm, due: Moment) -> None:
        alarm.reminders += 1
        alarm.remind_at = FOREVER
        priority = str(alarm.rule.priority)
        if alarm.acked:
            alarm.begin_occurrence(due)
            self.mind(alarm, due)
            self.tell("raised", alarm, due, **self.about_raise(alarm), realarm=True)
        else:
            self.mind(alarm, due)
            self.tell("realarmed", alarm, due, priority=priority, count=alarm.reminders)

    def mind(self, alarm: NaiveAlarm, now: Moment, *, anew: bool = False) -> None:
        """Reminders count from each raise and acknowledgement, and from the end of the last cover."""
        after = alarm.rule.realarm_after
        about = (alarm.acked, alarm.occurrence)
        hidden = alarm.hidden is not None or alarm.out or alarm.shelf != FOREVER
        if after is None or not alarm.active or hidden or alarm.reminders >= alarm.rule.realarm_max:
            alarm.remind_at = FOREVER
        elif anew or alarm.remind_at == FOREVER or about != alarm.remind_about:
            alarm.remind_at = max(now, self.awake_since) + after
        alarm.remind_about = about

    # --- conditions

    def take(self, happened: Sequence[Any], now: Moment) -> None:
        """All that happened at one instant, in the order of rows; a line's change is a tuple (line, state)."""
        turned = [each for each in happened if isinstance(each, Turned)]
        for each in turned:
            if each.active:
                self.follow_covers(self.covers.alarm_turned(self.alarms[each.row].rule, now, active=True), now)
        matters_now: list[Change] = []
        for each in happened:
            if isinstance(each, Turned):
                self.turn(each, now)
            elif isinstance(each, Filtered):
                alarm = self.alarms[each.row]
                self.events.append(Event(Stream.ALARM, "filtered", alarm.rule.id, each.time, each.data))
            elif isinstance(each, WordSaid):
                self.words[each.group].hear(each.value, each.time)
                self.follow_word(each.group, each.time)
            elif len(each) == 2:
                matters_now += self.turn_line(*each, now)
            else:
                self.end_shelf(*each)
        for each in turned:
            if not each.active:
                self.follow_covers(self.covers.alarm_turned(self.alarms[each.row].rule, now, active=False), now)
        self.follow_covers(matters_now, now)

    def turn(self, turned: Turned, now: Moment) -> None:
        alarm = self.alarms[turned.row]
        alarm.value, alarm.quality = (turned.value, turned.quality) if turned.active else (alarm.value, alarm.quality)
        if turned.active:
            self.raise_(alarm, turned, max(turned.due, alarm.returned or turned.due), now)
        else:
            self.return_(alarm, turned, max(turned.due, alarm.raised or turned.due), now)

    def raise_(self, alarm: NaiveAlarm, turned: Turned, time: Moment, now: Moment) -> None:
        again = alarm.latched and alarm.acked
        alarm.began = turned.began
        alarm.begin_occurrence(time)
        alarm.reminders = 0
        alarm.hidden = next(iter(self.covers.hiding(alarm.row)), None)
        more, passed = self.place(alarm, turned.began)
        if alarm.rule.context:
            more |= {"context_began": turned.context_began, "context": turned.context}
        begins = self.count(alarm, time, now)
        if alarm.chattering and not begins:
            more["chattering"] = True
        self.mind(alarm, now, anew=True)
        self.tell("raised", alarm, time, **self.about_raise(alarm), realarm=again, **more)
        if passed is not None:
            by = more["first_out"].get("by", "source_time")
            self.tell("first_out_moved", alarm, time, group=alarm.rule.first_out, before=passed.rule.id, by=by)
        if alarm.rule.first_out in self.words:
            self.follow_word(alarm.rule.first_out, time)
        if begins and alarm.chatter_began is not None:
            self.tell("chattering", alarm, time, count=alarm.chattering, within=(time - alarm.chatter_began) / SECOND)

    def return_(self, alarm: NaiveAlarm, turned: Turned, time: Moment, now: Moment) -> None:
        alarm.active, alarm.returned = False, time
        if not alarm.latched:
            alarm.hidden = None
        if alarm.rule.ack_on_return and not alarm.acked:
            alarm.acknowledge("system", time)
        if alarm.chattering and alarm.rule.chatter is not None:
            alarm.quiet_at = now + alarm.rule.chatter.quiet
        self.mind(alarm, now)
        self.tell(
            "returned",
            alarm,
            time,
            began=iso(alarm.began),
            raised=iso(alarm.raised),
            value=turned.value,
            peak=turned.peak,
            acknowledged=alarm.acked,
            suppressed=self.hiding(alarm),
            **({"context": turned.context} if alarm.rule.context else {}),
        )
        if alarm.one_shot:
            alarm.unshelve()
            reading = (turned.value, turned.quality)
            self.tell("unshelved", alarm, time, by="system", via="system", cause="returned", **self.standing(alarm, reading))
        self.forget_ranks(alarm)

    def count(self, alarm: NaiveAlarm, time: Moment, now: Moment) -> bool:
        """Whether it begins to chatter with this raise."""
        chatter = alarm.rule.chatter
        if chatter is None:
            return False
        if alarm.chattering:
            alarm.chattering += 1
            alarm.quiet_at = now + chatter.quiet
            return False
        alarm.recent.append(time)
        alarm.recent = alarm.recent[-chatter.count :]
        if len(alarm.recent) < chatter.count or alarm.recent[-1] - alarm.recent[0] > chatter.within:
            return False
        alarm.chattering, alarm.chatter_began, alarm.recent = chatter.count, alarm.recent[0], []
        alarm.quiet_at = now + chatter.quiet
        return True

    def place(self, alarm: NaiveAlarm, began: Moment) -> tuple[dict[str, Any], NaiveAlarm | None]:
        """What the raise says of its group, and who was the first before it."""
        group = alarm.rule.first_out
        if group is None:
            return {}, None
        ranked = self.ranked.setdefault(group, [])
        if alarm not in ranked:
            alarm.ranked_at = began
        if group in self.words:
            return self.place_by_word(group, ranked, alarm, began)
        return self.place_by_time(group, ranked, alarm, began)

    def place_by_word(
        self, group: str, ranked: list[NaiveAlarm], alarm: NaiveAlarm, time: Moment
    ) -> tuple[dict[str, Any], NaiveAlarm | None]:
        says = self.words[group].says(min([time, *(each.ranked_at for each in ranked)]))
        named = next((each for each in self.alarms if each.rule.id == says), None)
        if named is not alarm and group not in self.named and named not in ranked:
            place, passed = self.place_by_time(group, ranked, alarm, time)
            place["first_out"] |= {"by": "source_time", "why": says if named is None else "not_raised"}
            return place, passed
        passed = None
        if named is alarm:
            passed = ranked[0] if ranked and ranked[0] is not alarm else None
            self.put_first(group, alarm)
        elif alarm not in ranked:
            ranked.append(alarm)
        rank = ranked.index(alarm) + 1
        within = alarm.rule.scan / SECOND
        return {"first_out": {"group": group, "rank": rank, "tie": False, "within": within, "by": "plc_word"}}, passed

    def put_first(self, group: str, alarm: NaiveAlarm) -> None:
        ranked = self.ranked[group]
        if alarm in ranked:
            ranked.remove(alarm)
        ranked.insert(0, alarm)
        self.named[group] = alarm

    def follow_word(self, group: str, time: Moment) -> None:
        ranked = self.ranked.get(group, [])
        if not ranked:
            return
        says = self.words[group].says(min(each.ranked_at for each in ranked))
        named = next((each for each in ranked if each.rule.id == says), None)
        if named is None or named is self.named.get(group):
            return
        before = ranked[0]
        self.put_first(group, named)
        if before is not named:
            at = max(time, time if named.raised is None else named.raised)
            self.tell("first_out_moved", named, at, group=group, before=before.rule.id, by="plc_word")

    def place_by_time(
        self, group: str, ranked: list[NaiveAlarm], alarm: NaiveAlarm, time: Moment
    ) -> tuple[dict[str, Any], NaiveAlarm | None]:
        passed = None
        if not ranked:
            ranked.append(alarm)
            self.first_at[group] = time
        first = ranked[0]
        within = max(alarm.rule.scan, first.rule.scan)
        tie = first is not alarm and abs(time - self.first_at[group]) <= within
        if first is not alarm and time < self.first_at[group]:
            passed = first
            if alarm in ranked:
                ranked.remove(alarm)
            ranked.insert(0, alarm)
            self.first_at[group] = time
        elif alarm not in ranked:
            ranked.append(alarm)
        rank = ranked.index(alarm) + 1
        return {"first_out": {"group": group, "rank": rank, "tie": tie, "within": within / SECOND}}, passed

    def forget_ranks(self, alarm: NaiveAlarm) -> None:
        group = alarm.rule.first_out
        if group is not None and all(each.normal for each in self.alarms if each.rule.first_out == group):
            self.ranked.pop(group, None)
            self.named.pop(group, None)

    # --- covers

    def turn_line(self, line: str, state: str, now: Moment) -> list[Change]:
        """What matters from now on is told when all that happens now has been taken."""
        before = self.covers.states[line]
        self.events.append(Event(Stream.LINE, "state", line, now, {"before": before, "state": state}))
        changes = self.covers.line_turned(line, state, now)
        self.follow_covers([change for change in changes if change.hidden], now)
        return [change for change in changes if not change.hidden]

    def follow_covers(self, changes: Iterable[Change], now: Moment) -> None:
        for change in changes:
            self.look_at_cover(self.alarms[change.row], now, change.ended)

    def look_at_cover(self, alarm: NaiveAlarm, now: Moment, ended: str | None) -> None:
        """People are told of an alarm that stands when it becomes hidden by design, and when it is not any more."""
        hiding = self.covers.hiding(alarm.row)
        if not alarm.stands or bool(hiding) == (alarm.hidden is not None):
            return
        alarm.hidden = hiding[0] if hiding else None
        if hiding:
            alarm.remind_at = FOREVER
            self.tell("suppressed", alarm, now, suppressed=self.hiding(alarm))
        else:
            standing = self.uncover(alarm, now, (alarm.value, alarm.quality))
            self.tell("released", alarm, now, cause=ended, **standing)

    def end_shelf(self, alarm: NaiveAlarm, due: Moment, reading: tuple[float | None, str]) -> None:
        if alarm.shelf == due:
            alarm.unshelve()
            standing = self.uncover(alarm, due, reading)
            self.tell("unshelved", alarm, due, by="system", via="system", cause="expired", **standing)

    def uncover(self, alarm: NaiveAlarm, now: Moment, reading: tuple[float | None, str]) -> dict[str, Any]:
        """A cover is off: what is active is announced again, if that was the last."""
        seen = alarm.rule.keep_ack and alarm.rule.ack_required and alarm.acked
        announce = alarm.active and not self.hiding(alarm) and not seen
        if announce:
            alarm.ask_again()
        self.mind(alarm, now, anew=True)
        return self.standing(alarm, reading, announce=announce)

    def hiding(self, alarm: NaiveAlarm) -> list[str]:
        out = ["out_of_service"] if alarm.out else []
        shelved = ["shelved"] if alarm.shelf != FOREVER else []
        return [*out, *shelved, *self.covers.hiding(alarm.row)]

    # --- what is told

    def standing(self, alarm: NaiveAlarm, reading: tuple[float | None, str], *, announce: bool = False) -> dict[str, Any]:
        return {
            "active": alarm.active,
            "priority": str(alarm.rule.priority),
            "began": iso(alarm.began),
            "value": reading[0],
            "limit": alarm.rule.limit,
            "quality": reading[1],
            "suppressed": self.hiding(alarm),
            "acknowledged": alarm.acked,
            "announce": announce,
        }

    def about_raise(self, alarm: NaiveAlarm) -> dict[str, Any]:
        return {
            "priority": str(alarm.rule.priority),
            "began": iso(alarm.began),
            "value": alarm.value,
            "limit": alarm.rule.limit,
            "quality": alarm.quality,
            "suppressed": self.hiding(alarm),
        }

    def tell(self, kind: str, alarm: NaiveAlarm, time: Moment, **data: Any) -> None:
        named = {"occurrence": alarm.occurrence, **data}
        self.events.append(Event(Stream.ALARM, kind, alarm.rule.id, time, named))


def iso(moment: Moment | None) -> str | None:
    return None if moment is None else to_iso(moment)

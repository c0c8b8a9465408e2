"""Who is on shift, by the organisation's attendance schedule. Pure. dingtalk-api 12.2.

A person's row OnDuty and the row OffDuty of the same work date make an interval; of a night shift it ends on the next day.
Days of rest have shift 0. Times are texts of China's clock, without a zone; now and then milliseconds. Who is on leave is not
on shift, whatever was planned.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cloud_bridge.dingtalk.endpoints import LEAVES_OF_USERS, SHIFTS_OF_USERS, Request
from cloud_bridge.dingtalk.verdicts import Accepted
from edge.model.moment import HOUR, MILLISECOND, Moment, Span, from_iso

USERS_MAX = 50
LEAVES_PER_PAGE = 20
#: What is asked for around a moment: the night shift that began yesterday, and the next change.
BEFORE: Span = 24 * HOUR
AFTER: Span = 24 * HOUR

#: The offset of DingTalk's clock.
CHINA = "+08:00"


@dataclass(frozen=True, slots=True)
class Shift:
    """A person's planned work; the end is not part of it."""

    user_id: str
    start: Moment
    end: Moment


@dataclass(frozen=True, slots=True)
class Leave:
    """The end is not part of it."""

    user_id: str
    start: Moment
    end: Moment


def schedule(users: Sequence[str], now: Moment, *, operator: str) -> Request:
    """users: at most 50 user ids. operator: the user id of a person with the right to see attendance."""
    body = {
        "op_user_id": operator,
        "userids": ",".join(users),
        "from_date_time": (now - BEFORE) // MILLISECOND,
        "to_date_time": (now + AFTER) // MILLISECOND,
    }
    return Request(SHIFTS_OF_USERS, body)


def leaves(users: Sequence[str], now: Moment, *, offset: int = 0) -> Request:
    """users: as of `schedule`. offset: how many were read before."""
    body = {
        "userid_list": ",".join(users),
        "start_time": (now - BEFORE) // MILLISECOND,
        "end_time": (now + AFTER) // MILLISECOND,
        "offset": offset,
        "size": LEAVES_PER_PAGE,
    }
    return Request(LEAVES_OF_USERS, body)


def read_leaves(answer: Accepted) -> tuple[tuple[Leave, ...], bool]:
    """And whether there are more."""
    result = answer.body.get("result")
    if not isinstance(result, Mapping):
        return (), False
    found = []
    for row in _rows(result.get("leave_status")):
        start, end = _moment(row.get("start_time")), _moment(row.get("end_time"))
        if row.get("userid") and start is not None and end is not None:
            found.append(Leave(str(row["userid"]), start, end))
    return tuple(found), str(result.get("has_more")).lower() == "true" and bool(found)


def read_shifts(answer: Accepted) -> tuple[Shift, ...]:
    """By start. Rows that make no interval, and days of rest, are left out."""
    rows = _rows(answer.body.get("result"))
    ends: dict[tuple[str, str, int], dict[str, Moment]] = {}
    turns: dict[tuple[str, str, str], int] = {}
    for row in sorted(_planned(rows), key=lambda row: row[3]):
        user, work_date, kind, moment = row
        # Of two shifts on one day the first OnDuty belongs to the first OffDuty; ids of rows tell nothing (dingtalk-api 12.2).
        turn = turns.get((user, work_date, kind), 0)
        turns[user, work_date, kind] = turn + 1
        ends.setdefault((user, work_date, turn), {})[kind] = moment
    found = [
        Shift(user, each["OnDuty"], each["OffDuty"])
        for (user, _, _), each in ends.items()
        if each.keys() >= {"OnDuty", "OffDuty"} and each["OnDuty"] < each["OffDuty"]
    ]
    return tuple(sorted(found, key=lambda shift: (shift.start, shift.user_id)))


def on_shift(shifts: Iterable[Shift], leaves: Iterable[Leave], now: Moment) -> frozenset[str]:
    away = {leave.user_id for leave in leaves if leave.start <= now < leave.end}
    return frozenset(shift.user_id for shift in shifts if shift.start <= now < shift.end) - away


def next_change(shifts: Iterable[Shift], now: Moment) -> Moment | None:
    """When the next shift begins or ends; None when none is known."""
    changes = [moment for shift in shifts for moment in (shift.start, shift.end) if moment > now]
    return min(changes, default=None)


def _rows(value: Any) -> list[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def _planned(rows: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, str, str, Moment]]:
    """(user id, work date, OnDuty or OffDuty, moment) of the rows that plan work."""
    for row in rows:
        if str(row.get("is_rest")).upper() == "Y" or str(row.get("shift_id")) in ("0", "-1"):
            continue
        moment = _moment(row.get("plan_check_time"))
        if moment is not None and row.get("userid"):
            yield str(row["userid"]), str(row.get("work_date")), str(row.get("check_type")), moment


def _moment(value: Any) -> Moment | None:
    if isinstance(value, int) or (isinstance(value, str) and value.isascii() and value.isdigit()):
        return int(value) * MILLISECOND
    try:
        return from_iso(f"{str(value).replace(' ', 'T')}{CHINA}")
    except ValueError:
        return None

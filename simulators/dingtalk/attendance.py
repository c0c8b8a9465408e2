"""Who is on shift, and who is on leave (reference 12.2). Old family, counted in the monthly quota.

A shift of the organisation file repeats week after week; the calls answer the plan of each day as two rows, OnDuty and
OffDuty, of one `work_date`; both rows share one `id`, as in the documented sample. A night shift's OffDuty is on the next day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from simulators.dingtalk.calls import Call, Done, Handler
from simulators.dingtalk.directory import Directory
from simulators.dingtalk.fields import Fields, old_family
from simulators.dingtalk.ledger import Effect
from simulators.dingtalk.organisation import Leave, Shift
from simulators.dingtalk.routes import CallName
from simulators.dingtalk.wire import OldFamilyError

USERS_MAX, DAYS_MAX, AWAY_DAYS_MAX = 50, 7, 180
LEAVE_USERS_MAX, LEAVE_PAGE_MAX = 100, 20
GROUP_ID = 394_775_001
INVALID = old_family(40035)
DAY_MS = 86_400_000


class Attendance:
    """shifts, leaves: as the organisation file has them; settable. zone: of all times in the answers."""

    def __init__(self, directory: Directory, shifts: tuple[Shift, ...], leaves: tuple[Leave, ...], zone: ZoneInfo) -> None:
        self._directory = directory
        self._zone = zone
        self.shifts = shifts
        self.leaves = leaves

    def calls(self) -> Mapping[CallName, Handler]:
        return {CallName.SCHEDULE_BY_USERS: self.by_users, CallName.LEAVE_STATUS: self.leave_status}

    def by_users(self, call: Call) -> Done:
        """`POST topapi/attendance/schedule/listbyusers`."""
        fields = Fields(call.body, INVALID)
        operator = fields.text("op_user_id")
        if self._directory.person(operator) is None:
            raise OldFamilyError(33012, f"无效的USERID {operator}")
        user_ids = self._users(fields.text("userids"), USERS_MAX)
        from_ms, to_ms = fields.number("from_date_time"), fields.number("to_date_time")
        if not 0 <= to_ms - from_ms <= DAYS_MAX * DAY_MS:
            raise INVALID(f"from_date_time, to_date_time: at most {DAYS_MAX} days")
        if abs(from_ms - call.now_us // 1_000) > AWAY_DAYS_MAX * DAY_MS:
            raise INVALID(f"from_date_time: within {AWAY_DAYS_MAX} days")
        first, last = self._local(from_ms).date(), self._local(to_ms).date()
        days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
        rows = [row for user_id in user_ids for day in days for row in self._rows(user_id, day)]
        answer = {"errcode": 0, "errmsg": "ok", "success": True, "result": rows}
        return Done(answer, Effect.LOOKED_UP, ",".join(user_ids), fields.notes())

    def leave_status(self, call: Call) -> Done:
        """`POST topapi/attendance/getleavestatus`."""
        fields = Fields(call.body, INVALID)
        user_ids = self._users(fields.text("userid_list"), LEAVE_USERS_MAX)
        from_ms, to_ms = fields.number("start_time"), fields.number("end_time")
        offset, size = fields.number("offset"), fields.number("size")
        if not 0 <= to_ms - from_ms <= AWAY_DAYS_MAX * DAY_MS:
            raise INVALID(f"start_time, end_time: at most {AWAY_DAYS_MAX} days")
        if offset < 0 or not 1 <= size <= LEAVE_PAGE_MAX:
            raise INVALID(f"size: at most {LEAVE_PAGE_MAX}")
        found = [row for row in self._leaves(user_ids) if row["start_time"] < to_ms and row["end_time"] > from_ms]
        page = {"has_more": len(found) > offset + size, "leave_status": found[offset : offset + size]}
        answer = {"errcode": 0, "errmsg": "ok", "success": True, "result": page}
        return Done(answer, Effect.LOOKED_UP, ",".join(user_ids), fields.notes())

    def _rows(self, user_id: str, day: date) -> Iterator[dict[str, Any]]:
        """The plan of one person's day; nothing for a person who is on no shift at all."""
        mine = [shift for shift in self.shifts if user_id in shift.people]
        worked = [shift for shift in mine if day.isoweekday() in shift.weekdays]
        row: dict[str, Any] = {"userid": user_id, "work_date": f"{day} 00:00:00", "group_id": GROUP_ID}
        row["id"] = int(day.strftime("%Y%m%d")) * 1_000 + (mine[0].shift_id if mine else 0)
        if mine and not worked:
            yield row | {"check_type": "OnDuty", "is_rest": "Y", "shift_id": 0, "shift_version": 0}
        for shift in worked:
            starts, ends = time.fromisoformat(shift.start), time.fromisoformat(shift.end)
            end_day = day if ends > starts else day + timedelta(days=1)
            planned = row | {"is_rest": "N", "shift_id": shift.shift_id, "shift_version": 1}
            yield planned | {"check_type": "OnDuty", "plan_check_time": f"{day} {starts:%H:%M:%S}"}
            yield planned | {"check_type": "OffDuty", "plan_check_time": f"{end_day} {ends:%H:%M:%S}"}

    def _leaves(self, user_ids: tuple[str, ...]) -> Iterator[dict[str, Any]]:
        for leave in self.leaves:
            if leave.user_id in user_ids:
                start, end = datetime.fromisoformat(leave.start), datetime.fromisoformat(leave.end)
                yield {
                    "userid": leave.user_id,
                    "start_time": int(start.timestamp() * 1_000),
                    "end_time": int(end.timestamp() * 1_000),
                    "duration_percent": int((end - start) / timedelta(days=1) * 100),
                    "duration_unit": "percent_day",
                    "leave_code": "annual-leave",
                }

    def _users(self, comma_separated: str, most: int) -> tuple[str, ...]:
        user_ids = tuple(user_id for user_id in comma_separated.split(",") if user_id)
        if len(user_ids) > most:
            raise INVALID(f"at most {most} users")
        for user_id in user_ids:
            if self._directory.person(user_id) is None:
                raise OldFamilyError(33012, f"无效的USERID {user_id}")
        return user_ids

    def _local(self, moment_ms: int) -> datetime:
        return datetime.fromtimestamp(moment_ms / 1_000, UTC).astimezone(self._zone)

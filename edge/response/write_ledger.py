"""The points of a plant in memory, and the course of their writes: how each leaves as a deed, is taken back, and ends. Pure.

Theory of operation. A deed is sent by `edge/runtime/writer.py`, at most once; its receipt ends the write. After `unknown`
nothing is sent again: a deed of another kind looks what the tag shows, and may end it. A rule's write that surely is not
there (it never left, the device said no or shows another value) is asked for anew, as another write, later and later.

Not here: what leads to a write (writing.py), and which move follows which (point.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from edge.model.command import DeedReceipt
from edge.model.deed import Deed, DeedEnd, DeedKind, Value
from edge.model.event import Event, Stream
from edge.model.moment import HOUR, MINUTE, SECOND, Moment, Span
from edge.response.draft import Draft
from edge.response.grants import Grant, Purpose
from edge.response.point import Point, Turn, Write, WriteState, after, parse_write_name, write_name
from edge.response.point_codec import decode_point, encode_point
from edge.response.policy import Policy

#: What stands behind `#` in the keys of our records.
WRITE = "write"
#: A rule's write that came to nothing is asked for anew after this long, each time twice as long, at most so long.
AGAIN_AFTER: Span = 10 * SECOND
AGAIN_AFTER_MAX: Span = 10 * MINUTE
#: How long a read-back may try to find out what became of a write.
RESOLVED_WITHIN: Span = 1 * HOUR

_READ_BACK = "/read_back"


class WriteLedger:
    """What `take_changes` gives, committed and given to `load`, makes an equal one. scope: what keys are unique in.
    ends: how many writes have ended in each way since it began."""

    def __init__(self, policy: Policy, scope: str) -> None:
        self._policy = policy
        self._grants = policy.grants
        self._scope = scope
        self._points: dict[str, Point] = {}
        self._changed: set[str] = set()
        self.ends: dict[str, int] = {str(end): 0 for end in (*DeedEnd, WriteState.WITHDRAWN)}

    # --- records --------------------------------------------------------------------------------------------------

    def load(self, tag: str, data: Mapping[str, Any]) -> None:
        self._points[tag] = self._as_written_now(decode_point(data))

    def _as_written_now(self, point: Point) -> Point:
        """Rules may have been changed since: what no rule writes any more is not asked for, what is written now counts."""
        asks = {}
        for alarm, ask in point.asks.items():
            for write in self._grants.of_rules.get(alarm, ()):
                if write.tag == point.tag:
                    asks[alarm] = replace(ask, value=write.value, until=write.until)
        return replace(point, asks=asks)

    def take_changes(self) -> dict[str, Mapping[str, Any] | None]:
        """What has changed since the last call, by record key."""
        changed, self._changed = sorted(self._changed), set()
        return {f"{tag}#{WRITE}": encode_point(self._points[tag]) for tag in changed}

    def points(self) -> Mapping[str, Point]:
        """By tag, those that were ever asked for."""
        return self._points

    def point(self, tag: str) -> Point:
        return self._points.get(tag, Point(tag))

    def put(self, point: Point) -> None:
        """A point that was never asked for and is as at first is not kept."""
        if self.point(point.tag) != point:
            self._points[point.tag] = point
            self._changed.add(point.tag)

    # --- deeds ----------------------------------------------------------------------------------------------------

    def intend(self, draft: Draft, point: Point, write: Write, grant: Grant) -> None:
        """Put the deed into the outbox. What an earlier unknown write has done can no longer be seen after it."""
        for earlier in point.writes:
            if earlier.state is WriteState.UNKNOWN:
                draft.withdrawn.append(self._key(point.tag, earlier.number) + _READ_BACK)
        recent = tuple(moment for moment in point.left_at if moment > draft.now - grant.per)
        self.put(replace(point, left_at=(*recent, draft.now)))
        back = grant.read_back
        draft.deeds.append(
            Deed(
                key=self._key(point.tag, write.number),
                kind=DeedKind.WRITE,
                write=write_name(point.tag, write.number),
                tag=point.tag,
                value=write.value,
                created_at=draft.now,
                valid_until=write.due,
                read_back_within=None if back is None else back.within,
                tolerance=0.0 if back is None else back.tolerance,
            )
        )

    def take_back(self, draft: Draft, tag: str, writes: Iterable[Write], cause: str) -> None:
        """What is under way already arrives all the same: its receipt then says how it ended."""
        for write in writes:
            if write.state is WriteState.PROPOSED:
                continue
            draft.withdrawn.append(self._key(tag, write.number))
            data = {"write": write_name(tag, write.number), "cause": cause}
            draft.events.append(Event(Stream.WRITE, "withdrawn", tag, draft.now, data))
            ended = replace(write, state=moved(write, Turn.WITHDRAWN), ended_at=draft.now, detail=cause)
            self.ends[str(Turn.WITHDRAWN)] += 1
            point = self._points[tag].with_write(ended)
            # What a rule wanted is still wanted when the reason is over.
            self.put(replace(point, try_at=draft.now) if write.by_rule and cause != "rule" else point)

    def hear_receipt(self, draft: Draft, receipt: DeedReceipt) -> bool:
        """How a deed ended; False: it is none of ours."""
        key = receipt.deed.removesuffix(_READ_BACK)
        prefix = f"{self._scope}/{WRITE}/"
        found = parse_write_name(key.removeprefix(prefix)) if key.startswith(prefix) else None
        if found is None:
            return False
        tag, number = found
        write = self.point(tag).find(number)
        looked = key != receipt.deed
        if write is None or (looked and receipt.end not in (DeedEnd.DONE, DeedEnd.DIFFERENT)):
            return True
        if receipt.sent_at is not None and not looked:
            data = {"write": write_name(tag, number)}
            draft.events.append(Event(Stream.WRITE, "sent", tag, receipt.sent_at, data))
        self.end(draft, tag, write, receipt.end, at=receipt.at, detail=receipt.detail, shown=receipt.shown, looked=looked)
        return True

    def end(
        self,
        draft: Draft,
        tag: str,
        write: Write,
        end: DeedEnd,
        *,
        at: Moment,
        detail: str,
        shown: Value | None = None,
        looked: bool = False,
    ) -> None:
        """The write has ended so, if that moves it. shown: what the tag shows. looked: a read-back has found it out."""
        state = after(write.state, end)
        if state is None:
            return
        self.ends[str(end)] += 1
        data = {"write": write_name(tag, write.number), "value": write.value, "shown": shown, "detail": detail}
        found = {"found": True} if looked else {}
        draft.events.append(Event(Stream.WRITE, str(end), tag, at, data | found))
        point = self._points[tag].with_write(replace(write, state=state, ended_at=at, detail=detail, shown=shown))
        newest = write.by_rule and write.number == point.count
        grant = self._grants.by_tag.get(tag)
        if newest and grant is not None and _is_asked_for_anew(end, grant):
            wait = min(AGAIN_AFTER << min(point.tries, 10), AGAIN_AFTER_MAX)
            point = replace(point, tries=point.tries + 1, try_at=draft.now + wait)
        elif newest and end is DeedEnd.DONE:
            point = replace(point, tries=0)
        elif not write.by_rule and end not in (DeedEnd.EXPIRED, DeedEnd.FAILED):
            point = replace(point, try_at=None)
        self.put(point)
        if state is WriteState.UNKNOWN and grant is not None and grant.read_back is not None:
            draft.deeds.append(self._look(draft, tag, write, grant.read_back.tolerance))

    def _look(self, draft: Draft, tag: str, write: Write, tolerance: float) -> Deed:
        return Deed(
            key=self._key(tag, write.number) + _READ_BACK,
            kind=DeedKind.READ_BACK,
            write=write_name(tag, write.number),
            tag=tag,
            value=write.value,
            created_at=draft.now,
            valid_until=draft.now + RESOLVED_WITHIN,
            tolerance=tolerance,
        )

    def _key(self, tag: str, number: int) -> str:
        return f"{self._scope}/{WRITE}/{write_name(tag, number)}"


def _is_asked_for_anew(end: DeedEnd, grant: Grant) -> bool:
    """What surely is not there: nothing has left us, the device said no, or it shows another value. A request that is no longer
    shown may have been honoured."""
    match end:
        case DeedEnd.EXPIRED | DeedEnd.FAILED:
            return True
        case DeedEnd.DIFFERENT:
            return grant.purpose is not Purpose.REQUEST
        case _:
            return False


def moved(write: Write, by: Turn) -> WriteState:
    """Where a turn moves it that must move it."""
    state = after(write.state, by)
    if state is None:
        raise ValueError(f"a write that is {write.state} cannot be {by}")
    return state

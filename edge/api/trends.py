"""Trends: what tags showed over a span, as buckets that a chart can draw."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse

from edge.api.authorise import MaySee
from edge.api.door import Door, door_of
from edge.api.refusal import Refusal
from edge.model.errors import HistoryRefusal, HistoryRefused
from edge.model.moment import HOUR, SECOND, Moment, Span, from_iso, to_iso
from edge.model.tag import Tag
from edge.model.trend import POINTS_MAX, Bucket, Gap, TextChange, Trend, TrendQuestion

#: The year 2200.
MOMENT_MAX = 7_258_118_400_000_000
router = APIRouter(prefix="/api/v1/trends")

#: Without `from`: this much before `to`.
SPAN: Span = 1 * HOUR
POINTS = 500
#: Tags of one request.
TAGS_MAX = 8

Points = Annotated[int, Query(ge=1, le=POINTS_MAX, description="most buckets; as many samples are given as they are")]
Start = Annotated[str | None, Query(alias="from", max_length=40, description="ISO 8601 with an offset; an hour before `to`")]
End = Annotated[str | None, Query(alias="to", max_length=40, description="excluded; now")]


@router.get("")
async def several_trends(
    request: Request,
    _: MaySee,
    tag: Annotated[list[str], Query(min_length=1, max_length=TAGS_MAX)],
    start: Start = None,
    end: End = None,
    points: Points = POINTS,
) -> JSONResponse:
    """Of up to eight tags (`tag=A&tag=B`), over the same span: a list of what one gives."""
    door = door_of(request)
    first, last = _span(door, start, end)
    known = [_known(door, name) for name in tag]
    return JSONResponse([await _trend(door, each, first, last, points) for each in known])


@router.get("/{tag}")
async def one_trend(
    request: Request,
    _: MaySee,
    tag: Annotated[str, Path(min_length=1, max_length=200)],
    start: Start = None,
    end: End = None,
    points: Points = POINTS,
) -> JSONResponse:
    """What a tag showed: `buckets` of the width `bucket_s` (0: the samples themselves, each its own bucket), `gaps` where no
    line is to be drawn, and for a tag that is a text its changes as `texts`. A second ago is in it."""
    door = door_of(request)
    first, last = _span(door, start, end)
    return JSONResponse(await _trend(door, _known(door, tag), first, last, points))


def _known(door: Door, name: str) -> Tag:
    if name not in door.tags:
        raise Refusal(404, "unknown_tag", tag=name)
    return door.tags[name][1]


def _span(door: Door, start: str | None, end: str | None) -> tuple[Moment, Moment]:
    last = door.gateway.clock.now() if end is None else _moment("to", end)
    first = last - SPAN if start is None else _moment("from", start)
    if first >= last:
        raise Refusal(422, "span_backwards", start=to_iso(first), end=to_iso(last))
    return first, last


def _moment(name: str, given: str) -> Moment:
    try:
        # An address that was not encoded turns the + of an offset into a space.
        moment = from_iso(given.replace(" ", "+"))
    except (ValueError, OverflowError):
        raise Refusal(422, "time_form", name=name, given=given) from None
    # ISO texts sort as moments do only with years of four digits, and no history reaches beyond these.
    if not 0 <= moment < MOMENT_MAX:
        raise Refusal(422, "time_form", name=name, given=given)
    return moment


async def _trend(door: Door, tag: Tag, start: Moment, end: Moment, points: int) -> dict[str, Any]:
    try:
        trend = await door.gateway.trend(TrendQuestion(tag.name, start, end, points))
    except HistoryRefused as refused:
        if refused.reason is HistoryRefusal.BUSY:
            raise Refusal(503, "history_busy", retry_after_s=2) from None
        raise Refusal(503, "history_too_slow") from None
    return _form(tag, start, end, trend)


def _form(tag: Tag, start: Moment, end: Moment, trend: Trend) -> dict[str, Any]:
    return {
        "tag": tag.name,
        "unit": tag.unit,
        "from": to_iso(start),
        "to": to_iso(end),
        "bucket_s": trend.width / SECOND,
        "buckets": [_bucket_form(bucket) for bucket in trend.buckets],
        "gaps": [_gap_form(gap) for gap in trend.gaps],
        "texts": [_text_form(text) for text in trend.texts],
    }


def _bucket_form(bucket: Bucket) -> dict[str, Any]:
    return {
        "t": to_iso(bucket.start),
        "min": bucket.low,
        "max": bucket.high,
        "first": bucket.first,
        "last": bucket.last,
        "count": bucket.count,
        "quality": bucket.quality.name.lower(),
    }


def _gap_form(gap: Gap) -> dict[str, Any]:
    return {"from": to_iso(gap.start), "to": to_iso(gap.end), "reason": gap.reason}


def _text_form(change: TextChange) -> dict[str, Any]:
    return {"t": to_iso(change.time), "text": change.text}

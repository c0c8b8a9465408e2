"""Reports: how good the alarm system is, and for each figure the journal rows it was made of."""

from __future__ import annotations

import json
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response

from edge.api.authorise import MaySee
from edge.api.door import door_of
from edge.api.journal import journal_form
from edge.api.refusal import Refusal, language_of
from edge.performance.pages import ALL, OVERVIEW, Pages, asked_of
from edge.performance.period import UnclearPeriod, Wish, period_of
from edge.performance.reading import ROWS_MAX, TooManyRows
from edge.texts import render

router = APIRouter(prefix="/api/v1/reports")

_Text = Annotated[str, Query(max_length=40)]


def wish_of(
    begin: Annotated[str, Query(alias="from", max_length=40, description="a day, or a moment of the plant's clock")] = "",
    end: Annotated[str, Query(alias="to", max_length=40, description="a day, with it; or a moment")] = "",
    day: _Text = "",
    week: _Text = "",
    month: _Text = "",
) -> Wish:
    """The last 30 days, if nothing else is said."""
    return Wish(day, week, month, begin, end)


Wished = Annotated[Wish, Depends(wish_of)]


@router.get("/alarms")
async def alarm_report(request: Request, _: MaySee, wish: Wished) -> Response:
    """All figures, of all positions together and of each. The same bytes as `andon report alarms --format json`."""
    found = await _pages(request, wish)
    return Response(found[ALL, OVERVIEW], media_type="application/json")


@router.get("/alarms/{figure}")
async def alarm_figure(
    request: Request,
    _: MaySee,
    wish: Wished,
    figure: str,
    position: Annotated[str, Query(max_length=200, description="empty: all together; -: nobody's")] = ALL,
) -> JSONResponse:
    """One figure with all its parts. rows: the first of the journal rows that it was made of, as the journal shows them."""
    found = await _pages(request, wish)
    if not figure or (position, figure) not in found:
        raise Refusal(404, "not_found")
    page = json.loads(found[position, figure])
    sequences = [row["sequence"] for row in page["rows"]]
    gateway = door_of(request).gateway
    rows = await gateway.run_in_store(lambda store: store.read_rows(sequences))
    return JSONResponse({**page, "rows": [journal_form(row, gateway.plant) for row in rows]})


async def _pages(request: Request, wish: Wish) -> Pages:
    """A report that is being made may be waited for; a period that nobody can mean is refused at once."""
    gateway = door_of(request).gateway
    plant, now = gateway.plant, gateway.clock.now()
    try:
        period_of(wish, now, plant.time_zone)
        return await gateway.performance(repr(wish), partial(asked_of, plant, wish, now))
    except UnclearPeriod as unclear:
        raise _refusal(request, str(unclear.reason), fields=unclear.option) from unclear
    except TooManyRows as error:
        raise _refusal(request, "too_many_rows", rows=ROWS_MAX) from error


def _refusal(request: Request, reason: str, **data: Any) -> Refusal:
    why = render(f"performance.refused.{reason}", data, language_of(request))
    return Refusal(422, "period", reason=reason, why=why, **data)

"""Why an alarm is what it is, in sentences: the terms of `rules/explain.py` in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse

from edge.api.alarm_form import tag_of
from edge.api.authorise import Caller, needs
from edge.api.door import door_of
from edge.api.refusal import Refusal
from edge.config.plant import Plant
from edge.model.moment import SECOND, Moment, from_iso
from edge.model.permission import Permission
from edge.response.covers import covers_text, with_line
from edge.response.quantity import number_text, quantity_text
from edge.response.wording import Wording
from edge.texts import LANGUAGES, render
from rules.explain import Term, Why, explain
from rules.view import AlarmView

router = APIRouter(prefix="/api/v1/explanations")

_SPANS = frozenset({"age", "delay", "remains", "stale_after"})
_QUANTITIES = frozenset({"value", "limit", "back", "deadband"})
_TIMES = frozenset({"since", "until", "at"})


@router.get("/{alarm:path}")
async def explain_alarm(
    request: Request,
    _: Annotated[Caller, needs(Permission.SEE)],
    alarm: Annotated[str, Path(min_length=1, max_length=200)],
) -> JSONResponse:
    """Term by term: what the tag shows, how that compares, which delay runs, what the alarm is, what hides it. Each with the
    name of its reason, what it hangs on, and a sentence in both languages."""
    gateway = door_of(request).gateway
    view = gateway.alarm(alarm)
    if view is None:
        raise Refusal(404, "unknown_alarm", alarm=alarm)
    return JSONResponse({"alarm": alarm, "terms": explanation_form(view, gateway.plant, gateway.clock.now())})


def explanation_form(view: AlarmView, plant: Plant, now: Moment) -> list[dict[str, Any]]:
    forms = []
    for term in explain(view, now):
        words = {language: sentence(term, view, plant, now, language) for language in LANGUAGES}
        forms.append({"why": term.why, "args": dict(term.args), "words": words})
    return forms


def sentence(term: Term, view: AlarmView, plant: Plant, now: Moment, language: str) -> str:
    """One term, as a person reads it."""
    wording = Wording(language, ZoneInfo(plant.time_zone), plant.policy.directory)
    tag = tag_of(plant, view.rule)
    unit = tag.unit if view.rule.unit is None else view.rule.unit
    said: dict[str, Any] = {"tag": wording.words(tag.words, tag.key)}
    for name, value in term.args.items():
        said[name] = _argument(name, value, unit, wording, now)
    if term.why is Why.SUPPRESSED:
        said["cover"] = _cover(term.args, view, plant, wording)
    return render(f"explain.{_key(term)}", said, language)


def _key(term: Term) -> str:
    match term.why:
        case Why.VALUE if term.args["age"] is None:
            return "value_ageless"
        case Why.NOT_EVALUABLE:
            return "not_evaluable_true" if term.args["holds"] else "not_evaluable_false"
        case _:
            return str(term.why)


def _cover(args: Mapping[str, Any], view: AlarmView, plant: Plant, wording: Wording) -> str:
    cover = f"{args['cause']}:{args['name']}" if args["name"] else str(args["cause"])
    return covers_text(plant.policy, wording, with_line((cover,), view.rule, lambda _: view.line_state))


def _argument(name: str, value: Any, unit: str, wording: Wording, now: Moment) -> Any:
    if name in _SPANS:
        return "-" if value is None else wording.duration(round(value * SECOND))
    if name in _QUANTITIES:
        return quantity_text(value, unit)
    if name in _TIMES:
        return wording.time(from_iso(value), now)
    if name == "by":
        return wording.who(value or "system")
    if name == "alarm_value":
        values = value if isinstance(value, list) else [0.0 if value is None else value]
        return ", ".join(number_text(each) for each in values)
    return _facts(value, wording.language) if name == "facts" else value


def _facts(facts: Mapping[str, float | str | None], language: str) -> str:
    parts = []
    for name, value in facts.items():
        shown = number_text(value) if isinstance(value, int | float) else value
        key = "explain.facts.unknown" if value is None else "explain.facts.joined"
        parts.append(render(key, {"name": name.replace("_", " "), "value": shown}, language))
    return ", ".join(parts) if language == "en" else "，".join(parts)

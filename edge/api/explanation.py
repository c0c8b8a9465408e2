"""Why an alarm is what it is, in sentences: the terms of `rules/explain.py` in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse

from edge.api.alarm_form import tag_of
from edge.api.authorise import MaySee
from edge.api.door import door_of
from edge.api.journal import SEQUENCE_MAX, positions_of
from edge.api.refusal import Refusal
from edge.config.plant import Plant
from edge.model.event import JournalRow
from edge.model.moment import SECOND, Moment, from_iso
from edge.response.covers import covers_text, with_line
from edge.response.digest import position_text
from edge.response.quantity import quantity_text
from edge.response.signal_words import SignalWords
from edge.response.tag_words import value_text
from edge.response.wording import Wording
from edge.texts import LANGUAGES, render
from rules.definition import Kind
from rules.explain import Term, Why, explain
from rules.signals.expression import ExpressionSignal
from rules.view import AlarmView

router = APIRouter(prefix="/api/v1/explanations")

_SPANS = frozenset({"age", "delay", "remains", "stale_after"})
_QUANTITIES = frozenset({"limit", "back", "deadband"})
_PARTS = frozenset({"coverage", "needed"})
_TIMES = frozenset({"since", "until", "at", "begins"})


@router.get("/{alarm:path}")
async def explain_alarm(
    request: Request,
    _: MaySee,
    alarm: Annotated[str, Path(min_length=1, max_length=200)],
) -> JSONResponse:
    """Term by term: what the tag shows, how that compares, which delay runs, what the alarm is, what hides it. Each with the
    name of its reason, what it hangs on, and a sentence in both languages. Beside those of the engine `folded`: people are told
    of it in a digest alone, as the journal has it."""
    gateway = door_of(request).gateway
    view = gateway.alarm(alarm)
    if view is None:
        raise Refusal(404, "unknown_alarm", alarm=alarm)
    rows = await gateway.run_in_store(lambda store: store.read_back(SEQUENCE_MAX, 1, subjects=[alarm], kinds=["folded"]))
    terms = [*explanation_form(view, gateway.plant, gateway.clock.now()), *folded_forms(view, rows, gateway.plant)]
    return JSONResponse({"alarm": alarm, "terms": terms})


def explanation_form(view: AlarmView, plant: Plant, now: Moment) -> list[dict[str, Any]]:
    forms = []
    for term in explain(view, now):
        words = {language: sentence(term, view, plant, now, language) for language in LANGUAGES}
        forms.append({"why": term.why, "args": dict(term.args), "words": words})
    return forms


def folded_forms(view: AlarmView, rows: Sequence[JournalRow], plant: Plant) -> list[dict[str, Any]]:
    """Whose digest the newest occurrence is told in, while it is anybody's concern. rows: of kind `folded`, of this alarm."""
    facts = view.facts
    told = [row.event for row in rows if row.event.data["occurrence"] == facts.occurrence and facts.retained]
    forms = []
    for event in told:
        positions = positions_of(event)
        called = [position_text(plant.policy.directory, each) for each in positions]
        words = {}
        for language in LANGUAGES:
            between = render("signal.between", {}, language)
            words[language] = render("explain.folded", {"positions": between.join(called)}, language)
        forms.append({"why": "folded", "args": {"positions": positions}, "words": words})
    return forms


def sentence(term: Term, view: AlarmView, plant: Plant, now: Moment, language: str) -> str:
    """One term, as a person reads it."""
    return _Sentences(view, plant, now, Wording(language, ZoneInfo(plant.time_zone), plant.policy.directory)).of(term)


#: What is said of a limit where it is not the tag that is compared with it.
_OF_SIGNALS: Mapping[Why, str] = {
    Why.OVER_LIMIT: "signal_holds",
    Why.UNDER_LIMIT: "signal_holds",
    Why.HOLDS: "signal_holds",
    Why.IN_DEADBAND: "signal_in_deadband",
    Why.WITHIN_LIMIT: "signal_does_not_hold",
    Why.DOES_NOT_HOLD: "signal_does_not_hold",
}


@dataclass(frozen=True, slots=True)
class _Sentences:
    view: AlarmView
    plant: Plant
    now: Moment
    wording: Wording

    def of(self, term: Term) -> str:
        rule, wording = self.view.rule, self.wording
        tag = tag_of(self.plant, rule)
        said: dict[str, Any] = {"tag": wording.words(tag.words, tag.key)}
        said |= {name: self._argument(name, value) for name, value in term.args.items()}
        key = _key(term, rule.kind)
        if rule.signal is not None:
            words = SignalWords(rule, self.plant.policy.tag, wording)
            said["asked"] = words.asked(rule.limit)
            if term.why in _OF_SIGNALS and said["asked"]:
                key = _OF_SIGNALS[term.why]
            elif term.why in _OF_SIGNALS:
                key = str(Why.HOLDS if self.view.raw else Why.DOES_NOT_HOLD)
            if term.why is Why.SIGNAL:
                said["said"] = words.said(term.args["value"], term.args["facts"], self.now)
                key = key if said["said"] else str(Why.SIGNAL_UNKNOWN)
        if "cause" in term.args:
            said["cover"] = self._cover(term.args)
        return render(f"explain.{key}", said, wording.language)

    def _cover(self, args: Mapping[str, Any]) -> str:
        cover = f"{args['cause']}:{args['name']}" if args["name"] else str(args["cause"])
        covers = with_line((cover,), self.view.rule, lambda _: self.view.line_state)
        return covers_text(self.plant.policy, self.wording, covers)

    def _argument(self, name: str, value: Any) -> Any:  # noqa: PLR0911 - a case for every sort of argument
        wording = self.wording
        if name in _SPANS:
            return "-" if value is None else wording.duration(round(value * SECOND))
        if name in _QUANTITIES:
            tag = tag_of(self.plant, self.view.rule)
            return quantity_text(value, tag.unit if self.view.rule.unit is None else self.view.rule.unit)
        if name in _TIMES:
            return "-" if value is None else wording.time(from_iso(value), self.now)
        if name in _PARTS and isinstance(value, float):
            return f"{value * 100:.0f}%" if wording.language == "zh" else f"{value * 100:.0f} %"
        match name:
            case "value":
                return value_text(tag_of(self.plant, self.view.rule), value, wording)
            case "by":
                return wording.who(value or "system")
            case "alarm_value":
                return self._values(value if isinstance(value, list) else [0.0 if value is None else value])
            case "only":
                return self._joined([position_text(self.plant.policy.directory, each) for each in value])
            case "inputs":
                return self._joined([self._input(each) for each in value])
            case "standing":
                return render(f"explain.standing.{value}", {}, wording.language)
        return value

    def _values(self, values: Sequence[float]) -> str:
        tag = tag_of(self.plant, self.view.rule)
        return self._joined([value_text(tag, each, self.wording) for each in values])

    def _input(self, name: str) -> str:
        """A fact by its word, or a name in an expression by that of its tag."""
        signal = self.view.rule.signal
        if not isinstance(signal, ExpressionSignal):
            return render(f"explain.facts.{name}", {}, self.wording.language)
        tag = self.plant.policy.tag(dict(zip(signal.expression.names, signal.reads, strict=True))[name])
        return name if tag is None else self.wording.words(tag.words, tag.key)

    def _joined(self, texts: Sequence[str]) -> str:
        return render("signal.between", {}, self.wording.language).join(texts)


def _key(term: Term, kind: Kind) -> str:
    match term.why:
        case Why.VALUE if term.args["age"] is None:
            return "value_ageless"
        case Why.MATTERS_NEXT if term.args["until"] is None:
            return "matters_next_for_good"
        case Why.NOT_EVALUABLE:
            return "not_evaluable_true" if term.args["holds"] else "not_evaluable_false"
        case Why.IS_ALARM_VALUE | Why.IS_NOT_ALARM_VALUE if kind is Kind.COMM_LOSS:
            return "connection_lost" if term.why is Why.IS_ALARM_VALUE else "connection_stands"
        case _:
            return str(term.why)

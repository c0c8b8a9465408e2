"""What a broker said, for people and as JSON, with a snippet to paste into a plant folder. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drivers.outline import Cell
from edge.model.moment import SECOND
from edge.probe.instances import Template, kinds_in, templates_in
from edge.probe.mqtt import Heard, Wish
from edge.probe.mqtt_snippet import snippet
from edge.probe.survey import Field, Survey, Topic
from edge.probe.table import table
from edge.texts import render

#: Topics and templates that are shown one by one; JSON has them all.
SHOWN_MAX = 60
NAMES_SHOWN_MAX = 6
#: A time stamp that is this far from our clock is said to be odd.
LAG_ODD = 60 * SECOND


def text_of(heard: Heard, wish: Wish, language: str) -> str:
    trouble = [] if heard.trouble is None else [_trouble(heard, wish, language)]
    if heard.survey is None:
        return "\n".join(trouble)
    survey = heard.survey
    seconds = f"{survey.seconds:.3g}"
    shown = {"target": wish.target, "topic": wish.topic, "seconds": seconds}
    if not survey.topics:
        return "\n".join([*trouble, _say("silent", language, **shown)])
    templates = templates_in(survey.topics.values())
    title = _say("title", language, **shown, messages=survey.messages, topics=len(survey.topics))
    paragraphs = [trouble, [title, *_overview(survey, templates, language)]]
    paragraphs += [_template(template, language) for template in templates[:SHOWN_MAX] if template.seen.fields]
    beginning = list(snippet(kinds_in(templates), wish, language))
    if beginning:
        paragraphs.append([_say("paste", language), *beginning])
    return "\n\n".join("\n".join(lines) for lines in paragraphs if lines)


def document_of(heard: Heard, wish: Wish, language: str) -> dict[str, Any]:
    """The same as plain values."""
    document: dict[str, Any] = {"target": str(wish.target), "topic": wish.topic}
    if heard.trouble is not None:
        document["problem"] = _trouble(heard, wish, language)
    if heard.survey is None:
        return document
    survey = heard.survey
    templates = templates_in(survey.topics.values())
    return {
        **document,
        "seconds": survey.seconds,
        "messages": survey.messages,
        "left_out": survey.left_out,
        "topics": [_topic_document(survey, topic) for topic in sorted(survey.topics.values(), key=lambda each: each.name)],
        "templates": [{"topic": each.topic, "names": list(each.names)} for each in templates if each.names],
        "snippet": "\n".join(snippet(kinds_in(templates), wish, language)),
    }


def _trouble(heard: Heard, wish: Wish, language: str) -> str:
    said = heard.trouble.render(language) if heard.trouble is not None else ""
    return _say("trouble", language, target=wish.target, said=said)


def _overview(survey: Survey, templates: Sequence[Template], language: str) -> list[str]:
    columns = ("topic", "rate", "retained", "qos", "payload", "devices")
    rows: list[tuple[Cell, ...]] = [
        (
            template.topic,
            f"{survey.per_second(template.seen):.3g}",
            _say("yes", language) if template.seen.retained else "",
            template.seen.qos,
            _say(f"form.{template.seen.form}", language),
            _names(template.names),
        )
        for template in templates[:SHOWN_MAX]
    ]
    lines = table([_say(f"columns.{column}", language) for column in columns], rows)
    if len(templates) > SHOWN_MAX:
        lines.append(_say("more_topics", language, count=len(templates) - SHOWN_MAX))
    if survey.left_out:
        lines.append(_say("left_out", language, count=survey.left_out))
    return lines


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(names[:NAMES_SHOWN_MAX])
    return f"{len(names)}: {shown}{', ...' if len(names) > NAMES_SHOWN_MAX else ''}" if names else ""


def _template(template: Template, language: str) -> list[str]:
    """The places in its payload."""
    rows: list[tuple[Cell, ...]] = [
        (_place(each), each.example, str(each.type or "-"), _remark(each, language)) for each in template.seen.fields.values()
    ]
    headings = [_say(f"columns.{column}", language) for column in ("path", "example", "type", "remark")]
    return [template.seen.name, *(f"  {line}" for line in table(headings, rows))]


def _place(each: Field) -> str:
    own = str(each.path)
    if each.samples is None:
        return own or "-"
    return f"{each.samples}[...]{'' if own.startswith('[') or not own else '.'}{own}"


def _remark(each: Field, language: str) -> str:
    remarks = []
    if each.samples is not None:
        remarks.append(_say("list", language, count=each.of_list))
    if each.is_local:
        remarks.append(_say("stamp_local", language))
    elif each.stamp is not None and each.lag is None:
        remarks.append(_say("stamp", language, form=each.stamp))
    elif each.stamp is not None and each.lag is not None:
        key = "stamp_odd" if abs(each.lag) > LAG_ODD else "stamp_lag"
        remarks.append(_say(key, language, form=each.stamp, lag=f"{each.lag / SECOND:.1f}"))
    return _say("between", language).join(remarks)


def _topic_document(survey: Survey, topic: Topic) -> dict[str, Any]:
    return {
        "topic": topic.name,
        "messages": topic.times,
        "retained": topic.retained,
        "per_second": survey.per_second(topic),
        "qos": topic.qos,
        "payload": str(topic.form),
        "fields": [_field_document(each) for each in topic.fields.values()],
    }


def _field_document(each: Field) -> dict[str, Any]:
    return {
        "samples": None if each.samples is None else str(each.samples),
        "count": each.of_list,
        "path": str(each.path),
        "example": each.example,
        "type": None if each.type is None else str(each.type),
        "time": None if each.stamp is None else str(each.stamp),
        "lag_s": None if each.lag is None else each.lag / SECOND,
        "local_time": each.is_local,
    }


def _say(key: str, language: str, **arguments: object) -> str:
    return render(f"probe.mqtt.{key}", arguments, language)

"""What a broker has to say: topics, how often, and what stands in their payloads. Pure.

Bounded, however much a broker says: so many topics, so many fields of each, and after the first payloads of a topic the rest
is only counted. Nothing here keeps a payload.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from drivers.mqtt.codec import WORDS, Document, Refusal, as_value, parse_payload
from drivers.mqtt.config import TimeForm, ValueType
from drivers.mqtt.path import JsonPath
from drivers.mqtt.stamp import form_of, moment_of
from edge.model.moment import HOUR, SECOND, Moment, Span
from edge.ports import MqttMessage

TOPICS_MAX = 2_000
FIELDS_MAX = 40
DEPTH_MAX = 6
#: Payloads of a topic that are looked into.
LOOKED_INTO_MAX = 20
EXAMPLE_CHARS_MAX = 60
#: A number is taken for a time stamp if it would be one of about now; else every counter would be one.
STAMP_WITHIN: Span = 400 * 24 * HOUR


class Form(StrEnum):
    """What a payload is as a whole; the values are keys of `probe.mqtt.form.*`."""

    JSON = "json"
    VALUE = "value"
    """A number, on or off, or a word by itself."""
    TEXT = "text"
    BINARY = "binary"
    EMPTY = "empty"
    ODD = "odd"
    """Would be refused: too large, too deep, twice the same key."""


@dataclass(frozen=True, slots=True)
class Field:
    """A place in a payload. samples: it stands in each element of the list at this path, of which there were so many (of_list).
    type: what a tag there would have; None: nothing that a tag can have. stamp: it is a time stamp of this form. lag: how old
    the youngest was when it came; None: it is local time (is_local), or was only seen in what the broker had retained."""

    path: JsonPath
    example: str
    type: ValueType | None
    stamp: TimeForm | None = None
    lag: Span | None = None
    is_local: bool = False
    samples: JsonPath | None = None
    of_list: int = 0


@dataclass(slots=True)
class Topic:
    """name: the topic. times: messages; retained: how many of them the broker had kept. qos: the highest seen."""

    name: str
    times: int = 0
    retained: int = 0
    qos: int = 0
    form: Form = Form.EMPTY
    fields: dict[tuple[JsonPath | None, JsonPath], Field] = field(default_factory=dict)

    @property
    def shape(self) -> Hashable:
        """Equal for topics whose payloads have values of the same types at the same places."""
        return self.form, frozenset((each.samples, each.path, each.type) for each in self.fields.values())


class Survey:
    """began: when the subscription stood. left_out: messages on topics beyond those that are kept."""

    def __init__(self, began: Moment) -> None:
        self.began = self.ended = began
        self.topics: dict[str, Topic] = {}
        self.messages = 0
        self.left_out = 0

    @property
    def seconds(self) -> float:
        return max(1, self.ended - self.began) / SECOND

    def take(self, messages: Iterable[MqttMessage]) -> None:
        for message in messages:
            self.messages += 1
            topic = self.topics.get(message.topic)
            if topic is None:
                if len(self.topics) >= TOPICS_MAX:
                    self.left_out += 1
                    continue
                topic = self.topics[message.topic] = Topic(message.topic)
            topic.times += 1
            topic.retained += message.retained
            topic.qos = max(topic.qos, message.qos)
            if topic.times <= LOOKED_INTO_MAX:
                _look_into(topic, message)

    def per_second(self, topic: Topic) -> float:
        """Of what was published while we listened."""
        return (topic.times - topic.retained) / self.seconds


def _look_into(topic: Topic, message: MqttMessage) -> None:
    document = parse_payload(message.payload)
    topic.form = _form_of(document, message.payload)
    if not isinstance(document, Document):
        return
    value = document.text if topic.form is Form.TEXT else document.value
    if topic.form in (Form.JSON, Form.VALUE, Form.TEXT):
        for found in _fields(value, message):
            key = (found.samples, found.path)
            if key in topic.fields or len(topic.fields) < FIELDS_MAX:
                topic.fields[key] = _younger(topic.fields.get(key), found)


def _form_of(document: Document | Refusal, payload: bytes) -> Form:
    if isinstance(document, Refusal):
        return {Refusal.EMPTY: Form.EMPTY, Refusal.NOT_UTF8: Form.BINARY}.get(document, Form.ODD)
    if document.refusal is not None:
        is_plain = document.refusal is Refusal.NOT_JSON and document.text.isprintable()
        return Form.TEXT if is_plain else Form.BINARY if b"\0" in payload else Form.ODD
    return Form.JSON if isinstance(document.value, dict | list) else Form.VALUE


def _younger(known: Field | None, found: Field) -> Field:
    if known is None or known.lag is None:
        return found
    return known if found.lag is None or known.lag <= found.lag else found


def _fields(value: Any, message: MqttMessage) -> Iterator[Field]:
    for steps, leaf in _leaves(value, ()):
        if not isinstance(leaf, list):
            yield _field(JsonPath(steps), leaf, message)
            continue
        for inner, element in _leaves(leaf[-1], ()):
            if not isinstance(element, list):
                yield _field(JsonPath(inner), element, message, JsonPath(steps), len(leaf))


def _leaves(value: Any, steps: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Values, and lists that may be samples: of two or more alike."""
    if len(steps) > DEPTH_MAX:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            if key and '"' not in key:
                yield from _leaves(inner, (*steps, key))
    elif isinstance(value, list) and _are_samples(value):
        yield steps, value
    elif isinstance(value, list):
        for number, inner in enumerate(value[:FIELDS_MAX]):
            yield from _leaves(inner, (*steps, number))
    else:
        yield steps, value


def _are_samples(listed: Sequence[Any]) -> bool:
    first = listed[0] if listed else None
    if isinstance(first, dict):
        return len(listed) > 1 and all(isinstance(each, dict) and each.keys() == first.keys() for each in listed)
    return len(listed) > 3 and all(_is_number(each) for each in listed)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _field(path: JsonPath, leaf: Any, message: MqttMessage, samples: JsonPath | None = None, of_list: int = 0) -> Field:
    # A day without a time of day is rather the number of an order.
    stamp = None if isinstance(leaf, str) and form_of(leaf) is TimeForm.ISO and ":" not in leaf else form_of(leaf)
    moment = None if stamp is None else moment_of(leaf, stamp, None)
    is_local = stamp is not None and moment is None
    if moment is not None and abs(message.received_time - moment) > STAMP_WITHIN:
        stamp = moment = None
    lag = None if moment is None or message.retained else message.received_time - moment
    text = leaf if isinstance(leaf, str) else json.dumps(leaf)
    example = "".join(char if char.isprintable() else "·" for char in text[:EXAMPLE_CHARS_MAX])
    return Field(path, example, _type_of(leaf), stamp, lag, is_local, samples, of_list)


def _type_of(leaf: Any) -> ValueType | None:
    if isinstance(leaf, bool) or (isinstance(leaf, str) and leaf.strip().lower() in WORDS):
        return ValueType.BOOL
    if isinstance(as_value(leaf, ValueType.FLOAT), float):
        return ValueType.FLOAT
    is_text = isinstance(leaf, str) and leaf.strip() and not isinstance(as_value(leaf, ValueType.TEXT), Refusal)
    return ValueType.TEXT if is_text else None

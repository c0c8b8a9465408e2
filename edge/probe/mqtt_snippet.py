"""The beginning of a plant part, from what a broker said: types, tags, devices. Pure.

Names come from topics and paths; words, units and areas are for the engineer to put right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from drivers.broker import TLS_PORT
from drivers.mqtt.config import TimeForm, ValueType
from drivers.mqtt.path import JsonPath
from edge.probe.instances import Kind, Template, name_form
from edge.probe.mqtt import Wish
from edge.probe.survey import Field
from edge.texts import render

#: What a snippet is for is a beginning.
TAGS_MAX = 40
DEVICES_MAX = 20

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./{}-]*")
_WORDS_OF_YAML = ("true", "false", "yes", "no", "on", "off", "null", "y", "n")


def snippet(kinds: Sequence[Kind], wish: Wish, language: str) -> Iterator[str]:
    """Types and devices as `devices/*.yaml` has them; units and words are for the engineer to put in."""
    if not kinds:
        return
    left = TAGS_MAX
    named: dict[str, Kind] = {}
    yield "types:"
    for kind in kinds:
        tags = [tag for template in kind.templates for tag in _tags(template)][:left]
        left -= len(tags)
        if tags:
            name = _unused(kind.name, named)
            named[name] = kind
            yield from [f"  {_quoted(name)}:", f"    words: {_words(name)}", "    driver: mqtt", "    tags:"]
            used: dict[str, object] = {}
            for key, lines in tags:
                yield from [f"      {_quoted(_unused(key, used))}:", *lines]
                used[_unused(key, used)] = lines
    devices: dict[str, object] = {}
    yield "devices:"
    for name, kind in named.items():
        for instance in kind.names[: DEVICES_MAX - len(devices)]:
            device = _unused(name_form(instance), devices)
            devices[device] = kind
            yield from [
                f"  {_quoted(device)}:",
                f"    type: {_quoted(name)}",
                "    area: my_area",
                f"    words: {_words(device)}",
            ]
            yield f"    connection: {{{', '.join(_connection(wish, device, instance))}}}"
    if left == 0 or len(devices) == DEVICES_MAX:
        yield "# " + render("probe.mqtt.snippet_cut", {}, language)


def _unused(name: str, used: dict[str, Any]) -> str:
    number = 1
    tried = name
    while tried in used:
        number += 1
        tried = f"{name}_{number}"
    return tried


def _tags(template: Template) -> Iterator[tuple[str, list[str]]]:
    """(name, lines) of each value in a payload."""
    fields = list(template.seen.fields.values())
    for each in fields:
        if each.type is None or each.stamp is not None:
            continue
        stamp = _stamp_for(each, fields)
        lines = [f"        topic: {_quoted(template.topic)}"]
        lines += [f"        samples: {_quoted(str(each.samples))}"] if each.samples is not None else []
        lines += [f"        # {_spread(fields)}"] if each.samples is not None and stamp is None else []
        lines += [f"        path: {_quoted(str(each.path))}"] if each.path.steps else []
        lines += [f"        type: {each.type}"] if each.type is not ValueType.FLOAT else []
        if stamp is not None:
            lines.append(f"        time_path: {_quoted(str(stamp.path))}")
            lines += [f"        time: {stamp.stamp}"] if stamp.stamp is not TimeForm.ISO else []
        name = _tag_name(template, each)
        yield name, [*lines, f"        words: {_words(name)}"]


def _spread(fields: Sequence[Field]) -> str:
    """How a list of plain values may get its times."""
    start = next((each.path for each in fields if each.stamp is not None and each.samples is None), None)
    return "every: 10ms" if start is None else f"every: 10ms, time_path: {_quoted(str(start))}"


def _stamp_for(each: Field, fields: Sequence[Field]) -> Field | None:
    """The time stamp in the same element, or in the same payload; the one nearest to the value."""
    stamps = [other for other in fields if other.stamp is not None and other.samples == each.samples]
    return max(stamps, key=lambda other: _in_common(other.path, each.path), default=None)


def _in_common(one: JsonPath, other: JsonPath) -> int:
    number = 0
    for a, b in zip(one.steps, other.steps, strict=False):
        if a != b:
            break
        number += 1
    return number


def _tag_name(template: Template, each: Field) -> str:
    words = [step for step in (*(each.samples.steps if each.samples else ()), *each.path.steps) if isinstance(step, str)]
    levels = [level for level in template.topic.split("/") if level and "{" not in level]
    return name_form(words[-1] if words else levels[-1] if levels else "value")[:64]


def _connection(wish: Wish, device: str, instance: str) -> Iterator[str]:
    yield f"host: {_quoted(wish.target.host)}"
    access = wish.access
    tls = access.tls
    if wish.target.port != (1883 if tls is None else TLS_PORT):
        yield f"port: {wish.target.port}"
    if access.version != "3.1.1":
        yield f'version: "{access.version}"'
    if tls is not None:
        said = [
            ("ca", tls.ca),
            ("cert", tls.cert),
            ("key", tls.key and f"${{file:{tls.key}}}"),
            ("server_name", tls.server_name),
        ]
        given = ", ".join(f"{name}: {_quoted(value)}" for name, value in said if value)
        yield f"tls: {{{given}}}" if given else "tls: true"
    if access.username is not None:
        yield f"username: {_quoted(access.username)}"
    if access.password is not None:
        yield f'password: "${{env:{wish.password_env}}}"'
    if instance != device:
        yield f"topic_device: {_quoted(instance)}"


def _words(name: str) -> str:
    return f"{{zh: {_quoted(name)}, en: {_quoted(name)}}}"


def _quoted(text: str) -> str:
    """As YAML has it; plain where that is safe."""
    plain = text.replace("/", "").replace("_", "").replace(".", "").replace("-", "")
    if (
        plain.isalnum()
        and plain.isascii()
        and plain[:1].isalpha()
        and text.lower() not in ("true", "false", "yes", "no", "null")
    ):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

"""Topics that look like instances of one template, and the device types that they would make. Pure.

`line/press_1/vib` and `line/press_2/vib` with payloads of the same places are `line/{device}/vib` of two devices. Where several
levels could be the device, the one whose names have digits is taken, else the first: it is a guess, and shown as one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from drivers.mqtt.topic import DEVICE
from edge.probe.survey import Form, Topic

_USABLE = (Form.JSON, Form.VALUE, Form.TEXT)
_LEVEL = re.compile(r"[^+#{}\x00]+")


@dataclass(frozen=True, slots=True)
class Template:
    """topic: with `{device}` in it, or as it is. names: of its devices; none for a single topic. seen: one of its topics."""

    topic: str
    names: tuple[str, ...]
    seen: Topic


@dataclass(frozen=True, slots=True)
class Kind:
    """Templates that the same devices have: a device type. name: a guess."""

    name: str
    names: tuple[str, ...]
    templates: tuple[Template, ...]


def templates_in(topics: Iterable[Topic]) -> list[Template]:
    """By topic. Every topic is in one of them."""
    known = {topic.name: topic for topic in topics}
    groups: dict[tuple[str, Hashable], dict[str, Topic]] = defaultdict(dict)
    for topic in known.values():
        for template, name in _ways(topic):
            groups[template, topic.shape][name] = topic
    chosen: dict[tuple[str, Hashable], dict[str, Topic]] = defaultdict(dict)
    for topic in known.values():
        ways = [(template, name) for template, name in _ways(topic) if len(groups[template, topic.shape]) > 1]
        if ways:
            template, name = max(ways, key=lambda way: _likelihood(way[0], groups[way[0], topic.shape]))
            chosen[template, topic.shape][name] = topic
    found = []
    for (template, _), members in chosen.items():
        if len(members) > 1:
            found.append(Template(template, tuple(sorted(members)), members[min(members)]))
            for topic in members.values():
                del known[topic.name]
    found += [Template(name, (), topic) for name, topic in known.items()]
    return sorted(found, key=lambda template: template.topic)


def kinds_in(templates: Sequence[Template]) -> list[Kind]:
    """Device types: templates of the same devices together; single topics by the level above their last. Only what could be
    tags."""
    together: dict[tuple[str, tuple[str, ...]], list[Template]] = defaultdict(list)
    for template in templates:
        if template.seen.form in _USABLE and template.seen.fields and _LEVEL.fullmatch(template.seen.name):
            above = template.topic.split(DEVICE)[0] if template.names else template.topic.rpartition("/")[0]
            together[above, template.names].append(template)
    return [Kind(_kind_name(above, names), names or (_own_name(above),), tuple(of)) for (above, names), of in together.items()]


def name_form(text: str) -> str:
    """A name as a plant folder has it, that looks like the text."""
    name = re.sub(r"[^A-Za-z0-9_]+", "_", text).strip("_")
    return name if name[:1].isalpha() else f"x_{name}".rstrip("_")


def _ways(topic: Topic) -> list[tuple[str, str]]:
    """(template, name) for each level that could be the device; the last one mostly says what is measured."""
    levels = topic.name.split("/")
    return [
        ("/".join([*levels[:number], DEVICE, *levels[number + 1 :]]), level)
        for number, level in enumerate(levels)
        if level and DEVICE not in topic.name and (number < len(levels) - 1 or any(char.isdigit() for char in level))
    ]


def _likelihood(template: str, members: Mapping[str, Topic]) -> tuple[bool, int]:
    with_digits = all(any(char.isdigit() for char in name) for name in members)
    return with_digits, -template.split("/").index(DEVICE)


def _kind_name(above: str, names: Sequence[str]) -> str:
    stem = re.sub(r"[\d_.-]+$", "", names[0]) if names else ""
    if names and all(name.startswith(stem) for name in names) and len(stem) > 1:
        return name_form(stem).lower()
    return name_form(_own_name(above)).lower()


def _own_name(above: str) -> str:
    levels = [level for level in above.split("/") if level]
    return levels[-1] if levels else "device"

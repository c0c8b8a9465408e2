"""A plant of any size: motors like those of the bundled one, each tag watched by a rule that needs no time."""

from __future__ import annotations

from dataclasses import replace

from edge.config.plant import Plant
from edge.model.alarm import Priority
from edge.model.tag import Device, Tag, tag_name
from rules.definition import Kind, Rule

LIMIT = 100.0
_PRIORITIES = (Priority.LOW,) * 16 + (Priority.MEDIUM,) * 3 + (Priority.HIGH,)


def large_plant(like: Plant, *, devices: int, tags_each: int) -> Plant:
    """Channels, people and routes as in `like`; nobody is told of these alarms."""
    areas = list(like.areas)
    made: dict[str, Device] = {}
    rules: list[Rule] = []
    for number in range(devices):
        name, area = f"M{number:04}", areas[number % len(areas)]
        tags = tuple(_tag(name, f"t{key}") for key in range(tags_each))
        words = {"zh": f"{number}号电机", "en": f"motor {number}"}
        made[name] = Device(name, "main_motor", "modbus", area, words, None, tags)
        rules += [_rule(tag, area, _PRIORITIES[(number + place) % len(_PRIORITIES)]) for place, tag in enumerate(tags)]
    rules.sort(key=lambda rule: rule.id)
    policy = replace(like.policy, routes=(), devices=made, rules={rule.id: rule for rule in rules})
    return replace(like, devices=made, rules=tuple(rules), policy=policy, lines=(), suppressors=())


def _tag(device: str, key: str) -> Tag:
    words = {"zh": f"轴承温度{key}", "en": f"bearing temperature {key}"}
    return Tag(tag_name(device, key), device, key, "°C", words, stale_after=None)


def _rule(tag: Tag, area: str, priority: Priority) -> Rule:
    return Rule(
        id=f"{tag.device}/{tag.key}_high",
        key=f"{tag.key}_high",
        device=tag.device,
        device_type="main_motor",
        area=area,
        kind=Kind.HIGH,
        tag=tag.name,
        priority=priority,
        words={"zh": "轴承温度高", "en": "bearing hot"},
        limit=LIMIT,
        deadband=2.0,
    )

"""Topics, filters and topic templates. Pure.

A template is a topic in which `{device}` stands for the name of a device: `line/{device}/vib` is `line/press_1/vib` for one
device and `line/press_2/vib` for the next. Where it fills a level by itself, `line/+/vib` is a filter for all of them.
"""

from __future__ import annotations

DEVICE = "{device}"
#: In the payload of a command: the value that is written.
VALUE = "{value}"


def matches(topic_filter: str, topic: str) -> bool:
    """MQTT 3.1.1, 4.7: `+` is one level, `#` all that follow and the level above; neither begins a match of `$` topics."""
    wanted, levels = topic_filter.split("/"), topic.split("/")
    if topic.startswith("$") and wanted[0] in ("+", "#"):
        return False
    for number, level in enumerate(wanted):
        if level == "#":
            return True
        if number >= len(levels) or level not in ("+", levels[number]):
            return False
    return len(wanted) == len(levels)


def overlap(one: str, other: str) -> bool:
    """Whether there is a topic that matches both; for filters without `#`."""
    pairs = list(zip(one.split("/"), other.split("/"), strict=False))
    same_depth = one.count("/") == other.count("/")
    return same_depth and all(a == b or "+" in (a, b) for a, b in pairs)


def topic_for(template: str, name: str) -> str:
    """The topic of the device of this name."""
    return template.replace(DEVICE, name)


def filter_of(template: str) -> str | None:
    """The filter for all devices; None where a filter cannot say it, so that each device's topic is asked for by itself."""
    levels = template.split("/")
    if template.count(DEVICE) != 1 or DEVICE not in levels:
        return None
    return template.replace(DEVICE, "+")


def name_in(template: str, topic: str) -> str | None:
    """The name that stands in a topic where the template has `{device}`; None: it is none of its topics, or has no filter."""
    topic_filter = filter_of(template)
    if topic_filter is None or not matches(topic_filter, topic):
        return None
    return topic.split("/")[template.split("/").index(DEVICE)]

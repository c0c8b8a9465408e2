"""Which data may leave the plant with a message, by the class of the tags it is about. Pure.

    green    goes anywhere
    yellow   leaves only in messages about itself, never as the context of another alarm
    red      never leaves: a message about it says which device, what, which way, and that the rest is open at the station

Every channel is outside the plant. What people read inside it (console, API) asks nobody here, and shows all.
"""

from __future__ import annotations

from edge.model.tag import DataClass
from edge.response.policy import Policy
from rules.definition import Comparison, Kind, Rule

#: The sentence that says which way it went; any other: that it is not as it should be.
_WAY_OF_COMPARISON = {Comparison.HIGH: "high", Comparison.LOW: "low"}
_WAY_OF_KIND = {Kind.STALE: "silent", Kind.SENSOR_FAULT: "sensor"}


def is_red(policy: Policy, alarm: str, watched: tuple[str, ...] = ()) -> bool:
    """Whether the alarm reads anything red. watched: kind and tag by which it was raised. What has left the configuration may
    have been red wherever anything is."""
    rule = policy.rules.get(alarm)
    names = {*(read_by(rule) if rule is not None else ()), *watched[1:2]}
    return (not names and policy.has_red) or any(_is_red(policy, name) for name in names)


def has_red(policy: Policy, device: str) -> bool:
    """Whether any tag of the device is red, or may have been."""
    known = policy.devices.get(device)
    return policy.has_red if known is None else any(tag.data_class is DataClass.RED for tag in known.tags)


def may_say(policy: Policy, name: str, *, about_it: bool) -> bool:
    """Whether a value of a tag may stand in a message. about_it: the message's alarm reads the tag."""
    tag = policy.tag(name)
    if tag is None:
        return not policy.has_red
    return tag.data_class is DataClass.GREEN or (tag.data_class is DataClass.YELLOW and about_it)


def read_by(rule: Rule) -> frozenset[str]:
    """The names of all tags that a rule reads."""
    return frozenset((rule.tag, *(rule.signal.inputs if rule.signal is not None else ())))


def way_of(rule: Rule) -> str:
    """`high`, `low`, `silent`, `sensor` or `other`: which way it went, as far as that tells no value."""
    return _WAY_OF_KIND.get(rule.kind) or _WAY_OF_COMPARISON.get(rule.comparison, "other")


def _is_red(policy: Policy, name: str) -> bool:
    tag = policy.tag(name)
    return policy.has_red if tag is None else tag.data_class is DataClass.RED

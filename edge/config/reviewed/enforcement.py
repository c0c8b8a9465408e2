"""Enforcement: which settings differ from those that were last reviewed, and which rules nobody reviewed. Pure.

ISA-18.2 asks for it because limits are changed at three in the morning and stay so. Not here: how the report is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from edge.config.reviewed.reviews import Review, by_rule, default_of, settings_of
from edge.config.rules import BuiltRule, Rules


class Standing(StrEnum):
    """How a rule stands to its review."""

    AS_REVIEWED = "as_reviewed"
    DIFFERS = "differs"
    NEVER_REVIEWED = "never_reviewed"
    GONE = "gone"
    """Reviewed once; there is no such rule any more, or no device that has it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """device: None when all devices of the rule differ alike. reviewed, running: as texts, empty for nothing."""

    setting: str
    device: str | None
    reviewed: str
    running: str


@dataclass(frozen=True, slots=True)
class Enforced:
    """One rule of the report. by, on: of its review, empty when there is none."""

    rule: str
    standing: Standing
    by: str = ""
    on: str = ""
    differences: tuple[Difference, ...] = ()


def enforcement(rules: Rules, reviews: Mapping[str, Review]) -> list[Enforced]:
    """Every rule that has devices or was reviewed, by name."""
    alarms = {rule: built for rule, built in by_rule(rules).items() if built}
    found = []
    for rule in sorted(alarms.keys() | reviews.keys()):
        review = reviews.get(rule)
        if review is None:
            found.append(Enforced(rule, Standing.NEVER_REVIEWED))
        elif rule not in alarms:
            found.append(Enforced(rule, Standing.GONE, review.by, review.on))
        else:
            differences = _differences(alarms[rule], review)
            standing = Standing.DIFFERS if differences else Standing.AS_REVIEWED
            found.append(Enforced(rule, standing, review.by, review.on, differences))
    return found


def _differences(alarms: list[BuiltRule], review: Review) -> tuple[Difference, ...]:
    by_device = {each.rule.device: list(_of_device(each, review)) for each in alarms}
    first, *others = by_device.values()
    if all(each == first for each in others):
        return tuple(Difference(setting, None, was, now) for setting, was, now in first)
    return tuple(Difference(setting, device, was, now) for device, found in by_device.items() for setting, was, now in found)


def _of_device(built: BuiltRule, review: Review) -> list[tuple[str, str, str]]:
    """(setting, reviewed, running) of what differs. A setting that there was not yet at the review had its default."""
    running = settings_of(built)
    reviewed = {**review.settings, **review.devices.get(built.rule.device, {})}
    found = []
    for key in dict.fromkeys([*running, *reviewed]):
        was, now = reviewed.get(key), running.get(key, "")
        if was is None and now == default_of(built.read, key):
            continue
        if (was or "") != now:
            found.append((key, was or "", now))
    return found

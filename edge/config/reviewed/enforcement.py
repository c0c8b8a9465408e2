"""Enforcement: which settings differ from those that were last reviewed, and which rules nobody reviewed. Pure.

ISA-18.2 asks for it because limits are changed at three in the morning and stay so. Not here: how the report is shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from edge.config.load import Described
from edge.config.reviewed.reviews import Review, by_rule
from edge.config.reviewed.settings import SUPPRESSIONS, Settings, default_of, is_elsewhere
from edge.config.rules import BuiltRule


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
    """One rule of the report. by, on: of its review, empty when there is none. not_yet: settings of which the review does not
    know, because records did not hold them then."""

    rule: str
    standing: Standing
    by: str = ""
    on: str = ""
    differences: tuple[Difference, ...] = ()
    not_yet: tuple[str, ...] = ()


def enforcement(described: Described, reviews: Mapping[str, Review]) -> list[Enforced]:
    """Every rule that has devices or was reviewed, by name."""
    alarms = {rule: built for rule, built in by_rule(described.rules).items() if built}
    settings = Settings(described)
    found = []
    for rule in sorted(alarms.keys() | reviews.keys()):
        review = reviews.get(rule)
        if review is None:
            found.append(Enforced(rule, Standing.NEVER_REVIEWED))
        elif rule not in alarms:
            found.append(Enforced(rule, Standing.GONE, review.by, review.on))
        else:
            running = settings.by_device(alarms[rule])
            not_yet = _not_yet(running, review)
            differences = _differences(alarms[rule], running, review, not_yet)
            standing = Standing.DIFFERS if differences else Standing.AS_REVIEWED
            found.append(Enforced(rule, standing, review.by, review.on, differences, not_yet))
    return found


Running = Mapping[str, Mapping[str, str]]
"""The settings of a rule by device."""


def _not_yet(running: Running, review: Review) -> tuple[str, ...]:
    """What acts on a rule from elsewhere, of a record that is older than that."""
    if SUPPRESSIONS in review.settings or not review.settings:
        return ()
    return tuple(dict.fromkeys(key for own in running.values() for key in own if is_elsewhere(key)))


def _differences(
    alarms: Sequence[BuiltRule], running: Running, review: Review, not_yet: Collection[str]
) -> tuple[Difference, ...]:
    by_device = {each.rule.device: list(_of_device(each, running[each.rule.device], review, not_yet)) for each in alarms}
    first, *others = by_device.values()
    if all(each == first for each in others):
        return tuple(Difference(setting, None, was, now) for setting, was, now in first)
    return tuple(Difference(setting, device, was, now) for device, found in by_device.items() for setting, was, now in found)


def _of_device(
    built: BuiltRule, running: Mapping[str, str], review: Review, not_yet: Collection[str]
) -> Iterator[tuple[str, str, str]]:
    """(setting, reviewed, running) of what differs. A setting that there was not yet at the review had its default."""
    reviewed = {**review.settings, **review.devices.get(built.rule.device, {})}
    for key in dict.fromkeys([*running, *reviewed]):
        was, now = reviewed.get(key), running.get(key, "")
        if key in not_yet or (was is None and now == default_of(built.read, key)):
            continue
        if (was or "") != now:
            yield key, was or "", now

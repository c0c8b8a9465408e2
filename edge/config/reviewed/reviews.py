"""`rules/reviewed.yaml`: which settings of each rule were reviewed, by whom and when; commands write it. Pure.

The gateway does not read it: who reviewed what changes nothing about an alarm. A rule for many devices is reviewed once; the
devices that differ from the others stand below it, so that a parameter of one device cannot change in silence either.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from edge.config.folder import REVIEWED_FILE
from edge.config.rules import BuiltRule, Rules
from edge.config.text.finding import Findings
from edge.config.text.reader import Reader
from edge.config.text.source import parse
from edge.config.text.typed import plain_text
from edge.config.text.values import FileModel, ShortText, refuse
from edge.config.text.yaml_edit import written

_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,17})?(e[-+][0-9]{2})?")

_HEAD = """\
# What was reviewed of each rule, by whom and when; `andon report enforcement` compares it with what is in the files.
# Written by `andon rules review` and `andon rules import`: the settings of all devices, and below what some have instead.
"""


def _day(given: str) -> str:
    try:
        return date.fromisoformat(given).isoformat()
    except ValueError:
        raise refuse("config.day_form") from None


SettingsFile = dict[str, str | int | float | bool]


class ReviewFile(FileModel):
    """One rule."""

    by: ShortText
    on: Annotated[str, AfterValidator(_day)]
    settings: SettingsFile
    devices: dict[str, SettingsFile] = Field(default_factory=dict)


class ReviewedFile(FileModel):
    """The file."""

    reviewed: dict[str, ReviewFile] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Review:
    """on: an ISO date. settings: texts by key, as most devices have them. devices: what others have instead, by device; an
    empty text where they have nothing."""

    by: str
    on: str
    settings: Mapping[str, str]
    devices: Mapping[str, Mapping[str, str]]


def read_reviews(data: bytes | None, findings: Findings) -> dict[str, Review] | None:
    """The reviews by rule; none when there is no file; None, with findings, when it cannot be used."""
    root = parse(data, REVIEWED_FILE, findings) if data is not None else None
    if data is None:
        return {}
    read = Reader(findings, "").read(ReviewedFile, root, REVIEWED_FILE) if root is not None else None
    if read is None:
        return None
    return {
        rule: Review(each.by, each.on, _texts(each.settings), {name: _texts(own) for name, own in each.devices.items()})
        for rule, each in read.reviewed.items()
    }


def reviews_text(reviews: Mapping[str, Review]) -> str:
    """The file."""
    lines = [_HEAD, "reviewed:\n" if reviews else "reviewed: {}\n"]
    for rule, review in sorted(reviews.items()):
        lines.append(f"  {rule}:\n    by: {written(review.by)}\n    on: {written(review.on)}\n")
        lines.append(f"    settings: {written(_values(review.settings))}\n")
        if review.devices:
            lines.append("    devices:\n")
            lines += [f"      {device}: {written(_values(own))}\n" for device, own in sorted(review.devices.items())]
    return "".join(lines)


def review_of(settings: Mapping[str, Mapping[str, str]], by: str, on: str) -> Review:
    """The review of a rule as it is now. settings: by device; none for a rule without devices."""
    usual: dict[str, str] = {}
    for key in dict.fromkeys(key for own in settings.values() for key in own):
        usual[key] = Counter(own.get(key, "") for own in settings.values()).most_common(1)[0][0]
    devices = {}
    for device, own in settings.items():
        if different := {key: own.get(key, "") for key, text in usual.items() if own.get(key, "") != text}:
            devices[device] = different
    return Review(by, on, {key: text for key, text in usual.items() if text}, devices)


def is_ahead(on: str, today: date) -> bool:
    """Whether a day (ISO date, or empty) is still to come. Tomorrow is not: where people look at it may be another day."""
    return bool(on) and date.fromisoformat(on) > today + timedelta(days=1)


def by_rule(rules: Rules) -> dict[str, list[BuiltRule]]:
    """The alarms of each rule that somebody wrote; none for a rule without devices."""
    found: dict[str, list[BuiltRule]] = defaultdict(list, {key: [] for key in rules.names})
    for built in rules.built:
        if built.read is not None:
            found[built.rule.key].append(built)
    return dict(found)


def _values(settings: Mapping[str, str]) -> dict[str, str | int | float | bool]:
    """As a file shows them: numbers and switches without quotes."""
    shown: dict[str, str | int | float | bool] = {}
    for key, text in settings.items():
        shown[key] = next((value for value in _readings(text) if plain_text(value) == text), text)
    return shown


def _readings(text: str) -> Iterator[int | float | bool]:
    if text in ("true", "false"):
        yield text == "true"
    elif _NUMBER.fullmatch(text):
        yield float(text) if "." in text or "e" in text else int(text)


def _texts(settings: SettingsFile) -> dict[str, str]:
    return {key: plain_text(value) for key, value in settings.items()}

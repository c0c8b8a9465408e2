"""What the drivers say of themselves, as one judgement a device, worst first. Pure; the command line uses it too.

Not here: the words for it (`connection_text.py`), the table (`connection_rows.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

Form = Mapping[str, Any]

#: Of the polls that are due in a minute, what may be missing before a device counts as slow; one poll always may.
ENOUGH = 0.9
#: The rates are of the last minute: of a device that came back less long ago they say nothing yet.
RATES_AFTER_S = 60.0
_ONE_POLL_A_MINUTE = 1 / 60
#: The driver of what people enter: there is no connection that could be told about.
_BY_HAND = "manual"


class Condition(StrEnum):
    """How it is with a device's connection; worst first."""

    LOST = "lost"
    WAITING = "waiting"
    """Not heard yet, and not given up."""
    BAD_TAGS = "bad_tags"
    """Up, and some of its tags are bad."""
    STALE_TAGS = "stale_tags"
    """Up, none is bad, and of some nothing good came for longer than allowed."""
    SLOW = "slow"
    """Read less often than its configuration says."""
    REFUSED = "refused"
    """Something of what it said was not used since the start; all its tags are well."""
    STRANGER = "stranger"
    """Somebody speaks under a name that the plant does not have."""
    FINE = "fine"


_RANK = {condition: rank for rank, condition in enumerate(Condition)}


@dataclass(frozen=True, slots=True)
class DeviceState:
    """A device, or a name that no device has, at one connection. since: when it came up or was lost, ISO 8601; why: of a lost
    one. scans, refused: as the API says them; counts by word; meanings: of a count or cause, in both languages. tags, bad: how
    many it has, and how many of them are bad; its session is none. unwell: the bad and the stale ones, as the API says them."""

    driver: str
    device: str
    device_words: Mapping[str, str]
    condition: Condition
    since: str | None
    why: str
    configured: float
    achieved: float
    scans: Sequence[Form]
    counts: Mapping[str, int]
    refused: Sequence[Form]
    meanings: Mapping[str, Mapping[str, str]]
    tags: int
    bad: int
    unwell: Sequence[Form] = ()

    @property
    def id(self) -> str:
        return f"{self.driver} {self.device}"

    @property
    def rank(self) -> int:
        """0: the worst."""
        return _RANK[self.condition]

    @property
    def overruns(self) -> int:
        """Polls left out since the start."""
        return sum(int(scan["overruns"]) for scan in self.scans)

    @property
    def lag_s(self) -> float | None:
        """How late a poll began at worst; None where nothing is polled."""
        return max((float(scan["lag_s"]) for scan in self.scans), default=None)

    @property
    def refused_times(self) -> int:
        return sum(int(each["times"]) for each in self.refused)

    @property
    def slowest(self) -> Form | None:
        """Of the scans that fall short, the one that does most."""
        short = [scan for scan in self.scans if _falls_short(scan)]
        return min(short, key=lambda scan: scan["achieved"] / scan["configured"], default=None)


def device_states(told: Iterable[Form], tags: Iterable[Form], now: str) -> list[DeviceState]:
    """told: what `/api/v1/drivers` says; tags: what `/api/v1/tags` says; now: of the plant's clock, ISO 8601. Worst first, then
    by name."""
    known, all_of, unwell_of = _sort_tags(tags)
    found = []
    for driver in told:
        if driver["driver"] == _BY_HAND:
            continue
        refused: dict[str, list[Form]] = {}
        for each in driver["refused"]:
            refused.setdefault(each["device"], []).append(each)
        for device in driver["devices"]:
            name = device["device"]
            mine, unwell = refused.pop(name, []), unwell_of.get(name, [])
            bad = sum(tag["quality"] == "bad" for tag in unwell)
            found.append(
                DeviceState(
                    driver=driver["driver"],
                    device=name,
                    device_words=known.get(name, {}),
                    condition=_condition(device, mine, bad, len(unwell) - bad, now),
                    since=device["since"],
                    why=device["why"] or "",
                    configured=device["configured"],
                    achieved=device["achieved"],
                    scans=device["scans"],
                    counts=device["counts"],
                    refused=mine,
                    meanings={**driver["words"], **device["words"]},
                    tags=all_of[name],
                    bad=bad,
                    unwell=unwell,
                )
            )
        found += [_stranger(driver, name, mine) for name, mine in refused.items()]
    return sorted(found, key=lambda state: (state.rank, state.device, state.driver))


def _sort_tags(tags: Iterable[Form]) -> tuple[dict[str, Mapping[str, str]], Counter[str], dict[str, list[Form]]]:
    """By device: its words, how many tags it has, those that are bad or stale."""
    known: dict[str, Mapping[str, str]] = {}
    all_of, unwell_of = Counter[str](), dict[str, list[Form]]()
    for tag in tags:
        if tag["is_session"]:
            known[tag["device"]] = tag["device_words"]
            continue
        all_of[tag["device"]] += 1
        if tag["quality"] in ("bad", "stale"):
            unwell_of.setdefault(tag["device"], []).append(tag)
    return known, all_of, unwell_of


def _condition(device: Form, refused: Sequence[Form], bad: int, stale: int, now: str) -> Condition:
    if device["up"] is False:
        return Condition.LOST
    if device["up"] is None:
        return Condition.WAITING
    if bad:
        return Condition.BAD_TAGS
    if stale:
        return Condition.STALE_TAGS
    up_for = (datetime.fromisoformat(now) - datetime.fromisoformat(device["since"])).total_seconds()
    if up_for >= RATES_AFTER_S and any(_falls_short(scan) for scan in device["scans"]):
        return Condition.SLOW
    return Condition.REFUSED if refused else Condition.FINE


def _falls_short(scan: Form) -> bool:
    return bool(scan["achieved"] < ENOUGH * scan["configured"] - _ONE_POLL_A_MINUTE)


def _stranger(driver: Form, name: str, refused: Sequence[Form]) -> DeviceState:
    return DeviceState(
        driver=driver["driver"],
        device=name,
        device_words={},
        condition=Condition.STRANGER,
        since=None,
        why="",
        configured=0.0,
        achieved=0.0,
        scans=(),
        counts={},
        refused=refused,
        meanings=driver["words"],
        tags=0,
        bad=0,
    )

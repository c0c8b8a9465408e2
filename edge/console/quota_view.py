"""What the collaboration cloud counts, as lines that people read. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from edge.console.plant_time import PlantTime
from edge.console.words import Words

#: Below this share of a limit a line asks to be looked at, whatever the forecast says.
LITTLE_LEFT = 0.1


@dataclass(frozen=True, slots=True)
class QuotaLine:
    """asks: somebody should look at it."""

    text: str
    asks: bool


def quota_lines(quotas: Iterable[Mapping[str, Any]], words: Words, time: PlantTime) -> list[QuotaLine]:
    """In the order of the API; SMS and calls only where some were used, refused, or none are left."""
    return [_line(each, words, time) for each in quotas if each["per"] == "month" or each["used"] or each["refused_until"]]


def _line(each: Mapping[str, Any], words: Words, time: PlantTime) -> QuotaLine:
    kind = words(f"quota.kind.{each['kind']}")
    channel = words(f"channel.{each['channel']}")
    shown = {"channel": channel, "kind": kind, "used": f"{each['used']:,}", "limit": f"{each['limit']:,}"}
    used = words(f"quota.{each['per']}", **shown)
    little = each["left"] <= LITTLE_LEFT * each["limit"]
    if each["refused_until"] is not None:
        return QuotaLine(words("quota.because", used=used, told=words(f"quota.refused_{each['per']}")), True)
    if each["per"] == "day":
        return QuotaLine(used, little)
    if not each["left"]:
        return QuotaLine(words("quota.because", used=used, told=words("quota.used_up")), True)
    if each["ends"] is not None:
        told = words("quota.ends", day=time.minute(each["ends"])[:10], a_day=f"{each['a_day']:,.0f}")
        return QuotaLine(words("quota.because", used=used, told=told), True)
    return QuotaLine(words("quota.because", used=used, told=words("quota.lasts", a_day=f"{each['a_day']:,.0f}")), little)

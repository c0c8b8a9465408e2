"""What a program reads of a message: names, numbers and moments of its alarm, where people read sentences. Pure.

An MES or an andon board must not have to take a number out of a sentence that another version words otherwise. Of red tags the
numbers stay out here as they stay out of the words (`data_classes.py`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from edge.model.moment import to_iso
from edge.response.data_classes import is_red
from edge.response.occurrence import Act, Occurrence
from edge.response.policy import Policy


def program_data(policy: Policy, occurrence: Occurrence) -> Mapping[str, Any]:
    """JSON: texts, numbers, booleans and null; moments are ISO texts in UTC. What is not known is left out, but for `value`,
    which is null where there is none. docs: `cloud_bridge/mqtt/README.md`, the schema of an event."""
    rule = policy.rules.get(occurrence.alarm)
    data: dict[str, Any] = {
        "device": rule.device if rule is not None else occurrence.alarm.rpartition("/")[0],
        "active": occurrence.facts.active,
        "acknowledged": occurrence.facts.acked,
        "began": to_iso(occurrence.began),
        "raised": to_iso(occurrence.raised),
    }
    if rule is not None:
        data |= {"area": rule.area, "device_type": rule.device_type, "kind": str(rule.kind), "tag": rule.tag}
    if occurrence.trial:
        data["trial"] = True
    if not is_red(policy, occurrence.alarm, occurrence.watched):
        data |= _numbers(policy, occurrence)
    if occurrence.returned is not None:
        data["returned"] = to_iso(occurrence.returned.at)
    if (act := occurrence.acknowledged) is not None:
        data |= _by("acknowledged", act)
    return data


def _numbers(policy: Policy, occurrence: Occurrence) -> dict[str, Any]:
    rule = policy.rules.get(occurrence.alarm)
    data: dict[str, Any] = {"value": _finite(occurrence.value), "quality": occurrence.quality}
    if occurrence.limit is not None:
        data["limit"] = _finite(occurrence.limit)
    if rule is not None:
        tag = policy.tag(rule.tag)
        data["unit"] = rule.unit if rule.unit is not None else tag.unit if tag is not None else ""
    if (returned := occurrence.returned) is not None:
        data |= {"returned_value": _finite(returned.value), "peak": _finite(returned.peak)}
    return data


def _by(what: str, act: Act) -> dict[str, Any]:
    return {f"{what}_by": act.by, f"{what}_at": to_iso(act.at)}


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None

"""What `cloud.yaml` says of a channel's quota: `quota:` below the channel. Left out, that of DingTalk's standard edition."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from cloud_bridge.quota.account import Limits
from edge.config.text.values import FileModel, refuse

_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,2})?) ?%")
RESERVE_MAX = 50.0


def _share(given: Any) -> float:
    """`10%`, or the same as 0.1."""
    if isinstance(given, float) and 0 <= given <= RESERVE_MAX / 100:
        return given
    found = _PERCENT.fullmatch(given.strip()) if isinstance(given, str) else None
    if found is None or float(found[1]) > RESERVE_MAX:
        raise refuse("quota.config.reserve_form", most=f"{RESERVE_MAX:g}")
    return float(found[1]) / 100


class QuotaConfig(FileModel):
    """api, pushes: a month; where other apps of the organisation use the same quota, what is left for Andon. sms_a_day,
    calls_a_day: 0 forbids them. reserve: the share that is kept for critical alarms."""

    api: Annotated[int, Field(ge=1, le=1_000_000_000)] = Limits().api
    pushes: Annotated[int, Field(ge=1, le=1_000_000_000)] = Limits().pushes
    sms_a_day: Annotated[int, Field(ge=0, le=100_000)] = Limits().sms_a_day
    calls_a_day: Annotated[int, Field(ge=0, le=100_000)] = Limits().calls_a_day
    reserve: Annotated[float, BeforeValidator(_share)] = Limits().reserve

    @property
    def limits(self) -> Limits:
        return Limits(self.api, self.pushes, self.sms_a_day, self.calls_a_day, self.reserve)

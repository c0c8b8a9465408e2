"""The pulse: by what a gateway says to another one that it lives and how it is, sealed so that nobody else can say it.

A pulse travels as one text: its JSON in base64url, a dot, and the HMAC-SHA256 of that JSON by a secret that both sides have.
Boot and sequence only ever grow, so a pulse that somebody has recorded and sends again is known as old.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from math import isfinite
from typing import Any

#: Where pulses are taken, by POST of `{"pulse": TEXT}`.
PATH = "/pulse"
TEXT_MAX = 4_000
FIGURES_MAX = 30
#: A shorter secret could be guessed from one pulse that somebody has recorded.
SECRET_MIN = 16
NAME_MAX = 130
_NUMBER_MAX = 1 << 53


class Unfit(StrEnum):
    """Why what came is no pulse."""

    FORM = "form"
    UNKNOWN_GATEWAY = "unknown_gateway"
    SEAL = "seal"
    """Another secret, or somebody changed it on its way."""
    OLD = "old"
    """It, or a later one, has come before."""
    NO_ROOM = "no_room"
    """More came than could be read."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """gateway: `SITE.AGENT`. boot, sequence: together they grow with every pulse. leaving: it is the last one, because the
    gateway stops in order. figures: how it is, by the keys of the tags of `system`; what nobody can tell is left out."""

    gateway: str
    boot: int
    sequence: int
    leaving: bool = False
    figures: Mapping[str, float] = field(default_factory=dict)

    @property
    def number(self) -> tuple[int, int]:
        return self.boot, self.sequence


def gateway_name(site: str, agent: str) -> str:
    return f"{site}.{agent}"


def seal(pulse: Pulse, secret: str) -> str:
    """The text that travels."""
    body = json.dumps({**asdict(pulse), "figures": dict(pulse.figures)}, separators=(",", ":"), allow_nan=False).encode()
    return f"{urlsafe_b64encode(body).decode()}.{_digest(body, secret)}"


def unseal(text: str, secrets: Mapping[str, str]) -> Pulse | Unfit:
    """What a text says, when the gateway that it names has sealed it. secrets: by gateway."""
    encoded, dot, digest = text.partition(".")
    if not dot or len(text) > TEXT_MAX:
        return Unfit.FORM
    try:
        body = urlsafe_b64decode(encoded.encode())
        pulse = _pulse(json.loads(body))
    except (ValueError, RecursionError):
        return Unfit.FORM
    if pulse is None:
        return Unfit.FORM
    if pulse.gateway not in secrets:
        return Unfit.UNKNOWN_GATEWAY
    expected = _digest(body, secrets[pulse.gateway])
    return pulse if hmac.compare_digest(expected.encode(), digest.encode("utf-8", "replace")) else Unfit.SEAL


def _digest(body: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), body, "sha256").hexdigest()


def _pulse(data: Any) -> Pulse | None:
    match data:
        case {
            "gateway": str(gateway),
            "boot": int(boot),
            "sequence": int(sequence),
            "leaving": bool(leaving),
            "figures": dict(figures),
        } if (
            0 < len(gateway) <= NAME_MAX
            and all(type(number) is int and 0 <= number < _NUMBER_MAX for number in (boot, sequence))
            and len(figures) <= FIGURES_MAX
            and all(type(figure) in (int, float) and isfinite(figure) for figure in figures.values())
        ):
            return Pulse(gateway, boot, sequence, leaving, {name: float(figure) for name, figure in figures.items()})
    return None

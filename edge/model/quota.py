"""What a collaboration cloud counts and sells: calls a month, messages by telephone a day; and how much of it a day used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What is counted apart."""

    API = "api"
    """A call of the cloud's API, by the organisation and month."""
    PUSH = "push"
    """A message by a group's webhook robot, or an event or press that comes in, by the organisation and month."""
    SMS = "sms"
    """A short message by telephone, bought; by the day."""
    CALL = "call"
    """A telephone call, bought; by the day."""


#: What one attempt uses, by kind; empty: nothing that is counted.
Cost = Mapping[Kind, int]


@dataclass(frozen=True, slots=True)
class Usage:
    """How many of a kind a channel used on a day of the plant's calendar (`2026-05-04`)."""

    kind: Kind
    day: str
    count: int

"""Logging in by a channel: whoever opens our page inside its app is known there, and brings a code that says so."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol, runtime_checkable

from cloud_bridge.base import Channel


class NoLogIn(StrEnum):
    """Why nobody is logged in by a code."""

    UNKNOWN_CODE = "unknown_code"
    """It is used up, too old, or made up."""
    UNKNOWN_PERSON = "unknown_person"
    """Whoever it is, is not in people.yaml."""
    NOT_NOW = "not_now"
    """The cloud cannot be asked just now."""


@runtime_checkable
class LogInChannel(Channel, Protocol):
    """A channel in whose app our pages are opened."""

    async def person_of_code(self, code: str) -> str | NoLogIn:
        """The id of the person who has this code, which is good once. Never raises for what the cloud does."""

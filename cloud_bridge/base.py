"""What a channel is, and what it promises.

A channel turns a claimed intent into calls of one cloud and says how that ended; it never retries by itself and never decides
whom to tell. Keyed calls may be repeated after an unknown outcome; an unkeyed one is repeated once at most, marked in its text
as a possible repeat. The way back (`listen`) hands every press to `take` and answers the cloud only after `take` returned:
then the press is committed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from pydantic import BaseModel

from edge.model.command import InboxRow
from edge.model.intent import Claim, Outcome
from edge.model.person import Directory
from edge.ports import Clock, Transport

#: Commits a row to the inbox; False when it was in already. Raises StoreError when it could not be committed.
Take = Callable[[InboxRow], Awaitable[bool]]


class Channel(Protocol):
    @property
    def name(self) -> str: ...

    async def deliver(self, claim: Claim) -> Outcome:
        """One attempt. Never raises for what the cloud does; bounded in time (30 s at most)."""

    async def listen(self, take: Take) -> None:
        """The way back, for ever: connects and reconnects by itself."""

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class ChannelOpening:
    """All a channel is given. config: its model from `cloud.yaml`. secret: reveals a secret reference of the configuration."""

    config: BaseModel
    directory: Directory
    clock: Clock
    transport: Transport
    secret: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """A row of `cloud_bridge/catalog.py`. config: model of the channel's part of `cloud.yaml`. person, group: models of a
    person's and a group's address in `people.yaml`. factory: dotted path of `(ChannelOpening) -> Channel`."""

    name: str
    config: type[BaseModel]
    person: type[BaseModel]
    group: type[BaseModel]
    factory: str

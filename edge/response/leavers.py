"""Leavers: persons of people.yaml who are no longer in the organisation, as a channel's own directory says. Pure.

    here ── PersonLeft ──▶ gone ── PersonReturned ──▶ here

Who is gone is told of nothing new, may do nothing, and has no session; the file stays as people wrote it, and names them until
somebody takes them out. A person whom one channel has lost is gone, whatever another one says. Not here: who asks the channel's
directory, and how often (`cloud_bridge`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edge.model.command import InboxRow, PersonLeft, PersonReturned
from edge.model.event import Event, Stream
from edge.model.moment import Moment

#: The records of leavers are called so, after their ids.
LEFT = "left"


class Leavers:
    def __init__(self) -> None:
        self._since: dict[str, Moment] = {}
        self._changed: set[str] = set()

    def ids(self) -> frozenset[str]:
        return frozenset(self._since)

    def load(self, person: str, record: Mapping[str, Any]) -> None:
        self._since[person] = record["since"]

    def take_changes(self) -> dict[str, Mapping[str, Any] | None]:
        """By record key."""
        changed, self._changed = sorted(self._changed), set()
        return {f"{person}#{LEFT}": {"since": self._since[person]} if person in self._since else None for person in changed}

    def hear(self, row: InboxRow, news: PersonLeft | PersonReturned) -> list[Event]:
        """The event of what is news; nothing for what was known."""
        leaves = isinstance(news, PersonLeft)
        if leaves == (news.person in self._since):
            return []
        if leaves:
            self._since[news.person] = row.received_at
        else:
            del self._since[news.person]
        self._changed.add(news.person)
        kind, answers = "left" if leaves else "came_back", (row.source, row.message_id)
        return [Event(Stream.PERSON, kind, news.person, row.received_at, {"via": news.channel}, answers)]

"""Presses on cards that this gateway never made, counted by channel. Pure.

A cloud shares the presses of one application between all who listen for it, at random. So such a press says that another
gateway uses our application, and takes some of the presses that are ours; or that this gateway began anew with a new database.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edge.model.command import ForeignPress, InboxRow
from edge.model.event import Event, Stream
from edge.model.moment import Moment

#: The records are called so, after their channel.
FOREIGN = "foreign"
#: The newest so many are counted.
KEPT = 50


class ForeignPresses:
    def __init__(self) -> None:
        self._at: dict[str, tuple[Moment, ...]] = {}
        self._changed: set[str] = set()

    def count(self, since: Moment) -> int:
        return sum(at >= since for moments in self._at.values() for at in moments)

    def load(self, channel: str, record: Mapping[str, Any]) -> None:
        self._at[channel] = tuple(record["at"])

    def take_changes(self) -> dict[str, Mapping[str, Any]]:
        """By record key."""
        changed, self._changed = sorted(self._changed), set()
        return {f"{channel}#{FOREIGN}": {"at": list(self._at[channel])} for channel in changed}

    def hear(self, row: InboxRow, news: ForeignPress) -> list[Event]:
        self._at[news.channel] = (*self._at.get(news.channel, ()), row.received_at)[-KEPT:]
        self._changed.add(news.channel)
        data, answers = {"card": news.card, "by": news.by}, (row.source, row.message_id)
        return [Event(Stream.SYSTEM, "foreign_press", news.channel, row.received_at, data, answers)]

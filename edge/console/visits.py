"""Who is logged in here: browsers' visits, in this process's memory alone; and the feed they all share.

A visit maps a random ticket, which the browser holds in a signed cookie, to the person's API token, which never leaves this
process: not in a cookie, not in a URL, not on a disk. A restart of the console logs everybody out.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from edge.console.feed import EVERY_S, Feed

#: Visits kept; the one begun longest ago makes room. Their tokens end by themselves at the API.
VISITS_MAX = 500


@dataclass(frozen=True, slots=True)
class Visit:
    """actor: what the journal calls whoever it is. permissions: as the API gave them at log-in; the API asks its own again at
    each request."""

    account: str
    actor: str
    permissions: frozenset[str]
    token: str
    feed: Feed

    @property
    def is_over(self) -> bool:
        return self.feed.is_over(self.token)


class Visits:
    def __init__(self, api: str, every_s: float = EVERY_S) -> None:
        self.api = api
        self.feed = Feed(api, every_s)
        self._by_ticket: dict[str, Visit] = {}

    def begin(self, account: str, actor: str, permissions: frozenset[str], token: str) -> str:
        """A new ticket: never one that a browser brought along."""
        while len(self._by_ticket) >= VISITS_MAX:
            self.end(next(iter(self._by_ticket)))
        ticket = secrets.token_urlsafe(32)
        self._by_ticket[ticket] = Visit(account, actor, permissions, token, self.feed)
        return ticket

    def find(self, ticket: str | None) -> Visit | None:
        return None if ticket is None else self._by_ticket.get(ticket)

    def end(self, ticket: str | None) -> Visit | None:
        """Forget it; gives what it was."""
        visit = self._by_ticket.pop(ticket or "", None)
        if visit is not None:
            self.feed.forget(visit.token)
        return visit

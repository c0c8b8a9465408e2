"""Tickets: what `gateway/connections/open` hands out, good for one connection within 90 s (reference 7.1)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from simulators.dingtalk.wire import SECOND_US, Chance, new_id

LIFE_US = 90 * SECOND_US
REMEMBERED_MAX = 1_000


class TicketProblem(StrEnum):
    UNKNOWN = "unknown"
    USED = "used"
    EXPIRED = "expired"
    TOO_MANY = "too many connections"


class TicketError(Exception):
    """The handshake is refused: get a new ticket."""

    def __init__(self, problem: TicketProblem) -> None:
        super().__init__(f"ticket {problem}")
        self.problem = problem


@dataclass(slots=True)
class Ticket:
    """topics: what the connection will be subscribed to."""

    topics: frozenset[str]
    expires_us: int
    used: bool = False


class TicketDesk:
    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self._tickets: dict[str, Ticket] = {}

    def issue(self, topics: frozenset[str], now_us: int) -> str:
        key = new_id(self._chance)
        self._tickets[key] = Ticket(topics, now_us + LIFE_US)
        while len(self._tickets) > REMEMBERED_MAX:
            del self._tickets[next(iter(self._tickets))]
        return key

    def redeem(self, key: str, now_us: int) -> frozenset[str]:
        """The topics of a good ticket, which is used up by this; raises TicketError."""
        ticket = self._tickets.get(key)
        if ticket is None:
            raise TicketError(TicketProblem.UNKNOWN)
        if ticket.used:
            raise TicketError(TicketProblem.USED)
        if now_us >= ticket.expires_us:
            raise TicketError(TicketProblem.EXPIRED)
        ticket.used = True
        return ticket.topics

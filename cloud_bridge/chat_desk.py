"""What people who write to a channel can ask for: the alarms that are open, by number, orders about them, a machine's state."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from edge.model.command import InboxRow
from edge.model.event import Event

#: Commits an order, calls back, carries it out; gives the event that ended it, or None when this very message was taken before.
#: Raises StoreError and NotPermitted as `Take` does, before it calls back.
CarryOut = Callable[[InboxRow, Callable[[], None]], Awaitable[Event | None]]


@dataclass(frozen=True, slots=True)
class ChatDesk:
    """coded: the alarm and occurrence that a number names, also one that is over by now. listed: in a language (zh, en), at
    most so many of what is open: number (0 where people press cards), first line, state in words. may_see: whether a person, by
    id, may be told of any of it. about: what there is to say of the machines that a text names, in a language (zh, en, both);
    empty: it names none."""

    coded: Callable[[int], tuple[str, int] | None]
    listed: Callable[[str, int], Sequence[tuple[int, str, str]]]
    carry_out: CarryOut
    may_see: Callable[[str], bool]
    about: Callable[[str, str], Sequence[str]]


async def _nothing_to_carry_out(_row: InboxRow, _committed: Callable[[], None]) -> Event | None:
    return None


#: For who has no alarms to speak of.
NO_DESK = ChatDesk(
    coded=lambda _number: None,
    listed=lambda _language, _limit: (),
    carry_out=_nothing_to_carry_out,
    may_see=lambda _person: False,
    about=lambda _text, _language: (),
)

"""Says that this gateway lives, to everybody who is to notice when it does not: other gateways, services that expect a call in
a rhythm, and registers of controllers.

Nothing here is durable and nothing is repeated: a pulse that did not arrive is followed by the next. Each receiver has a task
of its own, so that one that does not answer holds up no other; it is logged once when one cannot be reached and once when it
can again. A gateway whose event loop hangs sends nothing, which is the point.

    pulse       POST URL/pulse {"pulse": TEXT}, with figures of how we are    believed: 2xx
    ping        GET URL                                                      heard: 2xx
    register    a number that changes with each write: 0 1 0 1 of a switch, up and round again within the grant's range

A device on which a hang-tag hangs gets no heartbeat: nothing is written to it, and its controller notices.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import cycle
from math import ceil, floor
from typing import Any

import structlog

from drivers.base import WriteAnswer, WriteEnd
from edge.model.deed import Value
from edge.model.moment import SECOND, Span
from edge.model.pulse import PATH, Pulse, seal
from edge.ports import Clock, NoReply, Transport
from edge.response.grants import Grant

log = structlog.get_logger()

#: A receiver that takes longer has not heard this one.
ANSWER_WITHIN_S = 5.0
#: What a stop allows the last pulse.
FAREWELL_WITHIN_S = 2.0
#: A controller counts through so many numbers at most, where its grant allows more.
COUNT_MAX = 1_000

Figures = Callable[[], Awaitable[Mapping[str, float]]]


class Pulses:
    """The pulses of one gateway. watchers: (URL, secret) by name. boot: grows with each start; the numbers within it, with each
    pulse. figures: how we are."""

    def __init__(
        self,
        gateway: str,
        boot: int,
        watchers: Mapping[str, tuple[str, str]],
        figures: Figures,
        transport: Transport,
        clock: Clock,
    ) -> None:
        self._gateway = gateway
        self._boot = boot
        self._watchers = watchers
        self._figures = figures
        self._transport = transport
        self._clock = clock
        self._sequence = 0
        self._reached = {name: _Reached("another gateway is told that we live", name) for name in watchers}

    async def run(self, every: Span) -> None:
        """For ever."""
        await asyncio.gather(*(self._beat(name, every) for name in self._watchers))

    async def say_farewell(self) -> None:
        """The last pulse, to all at once."""
        await asyncio.gather(*(self._send(name, {}, leaving=True, timeout_s=FAREWELL_WITHIN_S) for name in self._watchers))

    async def _beat(self, name: str, every: Span) -> None:
        while True:
            due = self._clock.now() + every
            await self._send(name, await self._figures(), leaving=False, timeout_s=min(ANSWER_WITHIN_S, every / SECOND))
            await self._clock.sleep_until(due)

    async def _send(self, name: str, figures: Mapping[str, float], *, leaving: bool, timeout_s: float) -> None:
        url, secret = self._watchers[name]
        self._sequence += 1
        text = seal(Pulse(self._gateway, self._boot, self._sequence, leaving, figures), secret)
        why = await _call(self._transport, "POST", url + PATH, {"pulse": text}, timeout_s)
        self._reached[name].tell(why)


async def ping(name: str, url: str, every: Span, transport: Transport, clock: Clock) -> None:
    """For ever."""
    reached = _Reached("a ping is heard", name)
    while True:
        due = clock.now() + every
        reached.tell(await _call(transport, "GET", url, None, min(ANSWER_WITHIN_S, every / SECOND)))
        await clock.sleep_until(due)


async def beat(
    grant: Grant,
    every: Span,
    write: Callable[[str, Value], Awaitable[WriteAnswer]],
    is_locked: Callable[[], bool],
    clock: Clock,
) -> None:
    """Write to a register in a rhythm, for ever. is_locked: whether a hang-tag hangs on its device."""
    reached = _Reached("a controller is told that we live", grant.tag)
    values = cycle(beats(grant))
    while True:
        due = clock.now() + every
        if not is_locked():
            answer = await write(grant.tag, next(values))
            reached.tell(None if answer.end is WriteEnd.DONE else answer.detail or str(answer.end))
        await clock.sleep_until(due)


def beats(grant: Grant) -> Sequence[Value]:
    """What is written one after the other, round and round: the values of the grant, or the whole numbers of its range."""
    if grant.allowed:
        return grant.allowed
    low, high = grant.range or (0.0, 1.0)
    first = ceil(low)
    whole = [float(number) for number in range(first, min(floor(high) + 1, first + COUNT_MAX))]
    return whole if len(whole) > 1 else [low, high]


async def _call(transport: Transport, method: str, url: str, body: Any, timeout_s: float) -> str | None:
    """Why it was not heard; None: it was. Never the address, which may be a secret."""
    try:
        reply = await transport.request(method, url, json=body, timeout_s=timeout_s)
    except NoReply as error:
        return "no answer" if error.sent else "it cannot be reached"
    if 200 <= reply.status < 300:
        return None
    reason = reply.body.get("reason", "") if isinstance(reply.body, dict) else ""
    return f"HTTP {reply.status} {reason}".rstrip()


class _Reached:
    """One line when a receiver cannot be reached, one when it can again."""

    def __init__(self, what: str, name: str) -> None:
        self._what, self._name = what, name
        self._why: str | None = None

    def tell(self, why: str | None) -> None:
        if why is not None and self._why is None:
            log.warning(f"{self._what}: not now", receiver=self._name, reason=why)
        elif why is None and self._why is not None:
            log.warning(f"{self._what} again", receiver=self._name)
        self._why = why

"""One probe of a broker from end to end: subscribe, listen for a while, leave. It publishes nothing."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from drivers.mqtt.trouble import BrokerRefused, BrokerUnreachable
from edge.config.text.finding import Phrase
from edge.model.moment import Span
from edge.ports import Clock, Links, MqttAccess
from edge.probe.survey import Survey
from edge.probe.target import Target

#: So that the broker gives us what was published with as much.
QOS = 2


@dataclass(frozen=True, slots=True)
class Wish:
    """topic: a filter, wildcards allowed. listen_for: counted from when the subscription stands. password_env: the variable
    that the password is in, for the snippet."""

    target: Target
    access: MqttAccess
    topic: str
    listen_for: Span
    password_env: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """survey: None when there was never a subscription. trouble: why it did not begin, or ended early; None: all is well."""

    survey: Survey | None
    trouble: Phrase | None


async def listen(links: Links, clock: Clock, wish: Wish) -> Heard:
    link = links.mqtt(wish.target.host, wish.target.port, wish.access)
    begun: asyncio.Future[Survey] = asyncio.get_running_loop().create_future()

    async def take() -> None:
        async with aclosing(link.messages([(wish.topic, QOS)])) as arriving:
            async for messages in arriving:
                if not begun.done():
                    begun.set_result(Survey(clock.now()))
                begun.result().take(messages)

    taking = asyncio.ensure_future(take())
    waited_for: set[asyncio.Future[Any]] = {taking, begun}
    await asyncio.wait(waited_for, return_when=asyncio.FIRST_COMPLETED)
    if begun.done():
        enough = asyncio.ensure_future(clock.sleep_until(begun.result().began + wish.listen_for))
        await asyncio.wait({taking, enough}, return_when=asyncio.FIRST_COMPLETED)
        enough.cancel()
        begun.result().ended = clock.now()
    if not taking.done():
        taking.cancel()
    await asyncio.wait({taking})
    error = None if taking.cancelled() else taking.exception()
    if error is not None and not isinstance(error, BrokerRefused | BrokerUnreachable):
        raise error
    return Heard(begun.result() if begun.done() else None, None if error is None else error.phrase)

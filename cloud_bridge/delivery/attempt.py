"""One attempt: the channel is asked within its deadline, and whatever it does, the attempt ends as a value."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from cloud_bridge.base import BatchChannel, Channel
from cloud_bridge.delivery.deadline import ATTEMPT_WITHIN
from cloud_bridge.delivery.waiting import before
from edge.model.intent import Claim, Crashed, Ending, Unknown
from edge.model.moment import SECOND
from edge.ports import Clock

log = structlog.get_logger()


async def attempt(channel: Channel, claims: Sequence[Claim], clock: Clock) -> Sequence[Ending]:
    """An ending for each claim, in their order. claims: more than one only for a `BatchChannel`."""
    deadline = clock.now() + ATTEMPT_WITHIN
    try:
        if isinstance(channel, BatchChannel) and len(claims) > 1:
            endings = await before(deadline, clock, _many(channel, claims))
        else:
            endings = [await before(deadline, clock, channel.deliver(claim)) for claim in claims]
    except TimeoutError:
        return [Unknown(f"no end of the attempt within {ATTEMPT_WITHIN // SECOND} s")] * len(claims)
    except Exception as error:  # a mistake in a channel: whether anything arrived nobody knows
        log.exception("channel failed", task=f"deliver {claims[0].intent.key}", channel=channel.name)
        return [Crashed(f"the channel failed with {type(error).__name__}")] * len(claims)
    return endings


async def _many(channel: BatchChannel, claims: Sequence[Claim]) -> Sequence[Ending]:
    outcomes = await channel.deliver_many(claims)
    if len(outcomes) != len(claims):
        raise ValueError(f"{len(outcomes)} outcomes of {len(claims)} claims")
    return outcomes

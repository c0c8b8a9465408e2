"""The token: fetched once for all, renewed in time, dropped when rejected."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from cloud_bridge.dingtalk.token import Fetched, TokenCache
from edge.model.intent import Refused, Retry
from edge.model.moment import MINUTE, SECOND
from edge.runtime.virtual import VirtualClock
from tests.unit.cloud_bridge.harness import virtually

LIFE_S = 7_200.0


class Desk:
    """Gives out tokens `t1`, `t2`, ... after a second; `answers` come first."""

    def __init__(self, clock: VirtualClock, *answers: Fetched | Retry | Refused) -> None:
        self.clock = clock
        self.answers = list(answers)
        self.asked = 0

    async def fetch(self) -> Fetched | Retry | Refused:
        self.asked += 1
        number = self.asked
        await self.clock.sleep_until(self.clock.now() + SECOND)
        return self.answers.pop(0) if self.answers else Fetched(f"t{number}", LIFE_S)


def told(story: Callable[[VirtualClock, Desk, TokenCache], object], *answers: Fetched | Retry | Refused) -> None:
    async def main(clock: VirtualClock) -> None:
        desk = Desk(clock, *answers)
        cache = TokenCache(desk.fetch, clock)
        await story(clock, desk, cache)  # type: ignore[misc] # a coroutine function
        await cache.close()

    virtually(main)


def test_many_who_ask_at_once_share_one_call() -> None:
    async def story(_clock: VirtualClock, desk: Desk, cache: TokenCache) -> None:
        assert await asyncio.gather(*(cache.get() for _ in range(8))) == ["t1"] * 8
        assert await cache.get() == "t1"
        assert desk.asked == 1

    told(story)


def test_many_who_ask_in_vain_share_one_call_too() -> None:
    async def story(_clock: VirtualClock, desk: Desk, cache: TokenCache) -> None:
        assert await asyncio.gather(*(cache.get() for _ in range(8))) == [Retry(0.0, "busy")] * 8
        assert desk.asked == 1
        assert await cache.get() == "t2"

    told(story, Retry(0.0, "busy"))


def test_it_is_renewed_ten_minutes_before_its_end_and_not_earlier() -> None:
    async def story(clock: VirtualClock, _desk: Desk, cache: TokenCache) -> None:
        await cache.get()
        fetched_at = clock.now()
        await clock.sleep_until(fetched_at + 110 * MINUTE - SECOND)
        assert await cache.get() == "t1"
        await clock.sleep_until(fetched_at + 110 * MINUTE)
        assert await cache.get() == "t2"

    told(story)


def test_a_short_life_is_renewed_at_half_of_it() -> None:
    async def story(clock: VirtualClock, _desk: Desk, cache: TokenCache) -> None:
        assert await cache.get() == "short"
        await clock.sleep_until(clock.now() + 59 * SECOND)
        assert await cache.get() == "short"
        await clock.sleep_until(clock.now() + 1 * SECOND)
        assert await cache.get() == "t2"

    told(story, Fetched("short", 120.0))


def test_while_a_renewal_fails_the_old_one_serves_to_its_end() -> None:
    async def story(clock: VirtualClock, _desk: Desk, cache: TokenCache) -> None:
        await cache.get()
        fetched_at = clock.now()
        await clock.sleep_until(fetched_at + 115 * MINUTE)
        assert await cache.get() == "old"
        await clock.sleep_until(fetched_at + 120 * MINUTE)
        assert await cache.get() == Retry(0.0, "still down")

    told(story, Fetched("old", LIFE_S), Retry(0.0, "down"), Retry(0.0, "still down"))


def test_a_rejected_token_is_fetched_anew_but_a_newer_one_is_kept() -> None:
    async def story(_clock: VirtualClock, desk: Desk, cache: TokenCache) -> None:
        assert await cache.get() == "t1"
        cache.drop("t1")
        assert await cache.get() == "t2"
        cache.drop("t1")
        assert await cache.get() == "t2"
        assert desk.asked == 2

    told(story)


def test_one_who_gives_up_waiting_does_not_take_the_token_from_the_others() -> None:
    async def story(clock: VirtualClock, desk: Desk, cache: TokenCache) -> None:
        first, second = asyncio.create_task(cache.get()), asyncio.create_task(cache.get())
        await clock.sleep_until(clock.now() + SECOND // 2)
        first.cancel()
        assert await second == "t1"
        assert desk.asked == 1

    told(story)

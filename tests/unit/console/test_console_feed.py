"""The one poll behind all pages of a log-in: what listeners are told when the API speaks, is silent, and says no."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from edge.console.feed import Feed, Line, Snapshot
from tests.api_gateway import BEARING, CODE, PASSWORD, load_mill
from tests.console_process import ServedGateway, served

WITHIN_S = 20.0


@pytest.fixture(scope="module")
def gateway() -> Iterator[ServedGateway]:
    with served(load_mill()) as gateway:
        http(gateway, "setup", {"code": CODE, "name": "admin", "password": PASSWORD})
        yield gateway


def http(gateway: ServedGateway, path: str, body: dict[str, str]) -> dict[str, str]:
    answer = httpx.post(f"http://127.0.0.1:{gateway.port}/api/v1/{path}", json=body, trust_env=False)
    told: dict[str, str] = answer.raise_for_status().json()
    return told


class Listener:
    def __init__(self) -> None:
        self.told: asyncio.Queue[Snapshot] = asyncio.Queue()

    def __call__(self, snapshot: Snapshot) -> None:
        self.told.put_nowait(snapshot)

    async def until(self, line: Line, alarms: int = 0) -> Snapshot:
        async with asyncio.timeout(WITHIN_S):
            while True:
                snapshot = await self.told.get()
                if snapshot.line is line and len(snapshot.alarms) >= alarms:
                    return snapshot


@pytest.fixture
async def feed(gateway: ServedGateway) -> AsyncIterator[Feed]:
    token = http(gateway, "sessions", {"name": "admin", "password": PASSWORD})["token"]
    feed = Feed(f"http://127.0.0.1:{gateway.port}", token)
    yield feed
    await feed.close()


async def test_a_listener_is_told_the_site_the_tags_and_a_new_alarm(feed: Feed, gateway: ServedGateway) -> None:
    listener = Listener()
    feed.listen(listener)
    snapshot = await listener.until(Line.UP)
    assert snapshot.site is not None
    assert (snapshot.site["site"], len(snapshot.tags) > 20) == ("cold_rolling_mill", True)
    gateway.do(lambda small: small.raise_bearing())
    snapshot = await listener.until(Line.UP, alarms=1)
    assert BEARING in [alarm["alarm"] for alarm in snapshot.alarms]


async def test_a_silent_api_keeps_what_was_shown_and_says_since_when(feed: Feed, gateway: ServedGateway) -> None:
    listener = Listener()
    feed.listen(listener)
    known = await listener.until(Line.UP)
    await asyncio.to_thread(gateway.fall_silent)
    lost = await listener.until(Line.LOST)
    still = await listener.until(Line.LOST)
    await asyncio.to_thread(gateway.serve)
    back = await listener.until(Line.UP)
    assert lost.tags == known.tags
    assert lost.lost_since is not None
    assert still.lost_since == lost.lost_since
    assert back.lost_since is None


async def test_a_log_in_that_has_ended_is_told_once_and_nothing_is_asked_any_more(feed: Feed, gateway: ServedGateway) -> None:
    listener = Listener()
    feed.listen(listener)
    await listener.until(Line.UP)
    gateway.do(lambda small: small.end_sessions("admin"))
    await listener.until(Line.ENDED)
    assert feed.is_over
    assert listener.told.empty()


async def test_a_listener_that_fails_leaves_the_others_alone(feed: Feed, caplog: pytest.LogCaptureFixture) -> None:
    def failing(_snapshot: Snapshot) -> None:
        raise RuntimeError("this page is broken")

    listener = Listener()
    feed.listen(failing)
    feed.listen(listener)
    await listener.until(Line.UP)
    await listener.until(Line.UP)
    assert [record.message for record in caplog.records] == ["a page failed and is no longer kept up to date"]


async def test_the_poll_stops_with_the_last_listener_and_starts_with_the_next(feed: Feed) -> None:
    first, second = Listener(), Listener()
    feed.listen(first)
    feed.listen(second)
    await first.until(Line.UP)
    feed.leave(first)
    assert [task.get_name() for task in asyncio.all_tasks()].count("feed") == 1
    feed.leave(second)
    await asyncio.gather(*[task for task in asyncio.all_tasks() if task.get_name() == "feed"], return_exceptions=True)
    feed.listen(first)
    while not first.told.empty():
        first.told.get_nowait()
    await first.until(Line.UP)


async def test_a_poke_asks_at_once(feed: Feed) -> None:
    listener = Listener()
    feed.listen(listener)
    await listener.until(Line.UP)
    began = asyncio.get_running_loop().time()
    for _ in range(5):
        feed.poke()
        await listener.until(Line.UP)
    assert asyncio.get_running_loop().time() - began < 5 * 0.5

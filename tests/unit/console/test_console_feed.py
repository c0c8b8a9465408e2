"""The one poll behind all pages: what listeners are told when the API speaks, is silent, and says no."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from edge.console.feed import Feed, Line, News
from tests.api_gateway import BEARING, BEARING_TAG, CODE, PASSWORD, load_mill
from tests.console_process import ServedGateway, served

WITHIN_S = 20.0


@pytest.fixture(scope="module")
def gateway() -> Iterator[ServedGateway]:
    with served(load_mill()) as gateway:
        http(gateway, "setup", {"code": CODE, "name": "admin", "password": PASSWORD})
        yield gateway


def http(gateway: ServedGateway, path: str, body: dict[str, str], token: str = "") -> dict[str, str]:
    address, headers = f"http://127.0.0.1:{gateway.port}/api/v1/{path}", {"Authorization": f"Bearer {token}"} if token else {}
    answer = httpx.post(address, json=body, headers=headers, trust_env=False)
    told: dict[str, str] = answer.raise_for_status().json()
    return told


def log_in(gateway: ServedGateway, name: str = "admin") -> str:
    return http(gateway, "sessions", {"name": name, "password": PASSWORD})["token"]


class Listener:
    def __init__(self) -> None:
        self.told: asyncio.Queue[News] = asyncio.Queue()

    def __call__(self, news: News) -> None:
        self.told.put_nowait(news)

    async def until(self, line: Line, alarm: str = "", tag: str = "") -> News:
        """The first news of that line, in which that alarm or tag changed where one is named."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                news = await self.told.get()
                if news.line is line and {alarm} <= {"", *news.change.alarms} and {tag} <= {"", *news.change.tags}:
                    return news


@pytest.fixture
async def feed(gateway: ServedGateway) -> AsyncIterator[Feed]:
    feed = Feed(f"http://127.0.0.1:{gateway.port}", every_s=0.05)
    yield feed
    await feed.close()


@pytest.fixture
def token(gateway: ServedGateway) -> str:
    return log_in(gateway)


async def test_a_listener_is_told_all_there_is_and_then_only_what_changed(
    feed: Feed, gateway: ServedGateway, token: str
) -> None:
    listener = Listener()
    feed.listen(token, listener)
    first = await listener.until(Line.UP)
    assert (first.change.full, len(first.change.tags) > 20) == (True, True)
    assert feed.site is not None
    assert feed.site["site"] == "cold_rolling_mill"
    gateway.do(lambda small: small.raise_bearing())
    news = await listener.until(Line.UP, alarm=BEARING)
    assert not news.change.full
    assert feed.mirror.alarms[BEARING]["state"] == "unacknowledged"
    gateway.do(lambda small: small.sample(BEARING_TAG, 87.5))
    moved = await listener.until(Line.UP, tag=BEARING_TAG)
    assert BEARING in moved.change.values
    assert (feed.mirror.alarms[BEARING]["value"], feed.mirror.tags[BEARING_TAG]["value"]) == (87.5, 87.5)


async def test_a_silent_api_keeps_what_was_shown_and_says_since_when(feed: Feed, gateway: ServedGateway, token: str) -> None:
    listener = Listener()
    feed.listen(token, listener)
    await listener.until(Line.UP)
    known = dict(feed.mirror.tags)
    await asyncio.to_thread(gateway.fall_silent)
    lost = await listener.until(Line.LOST)
    still = await listener.until(Line.LOST)
    await asyncio.to_thread(gateway.serve)
    back = await listener.until(Line.UP)
    assert known.keys() == feed.mirror.tags.keys()
    assert lost.lost_since is not None
    assert still.lost_since == lost.lost_since
    assert back.lost_since is None


async def test_an_agent_that_was_started_anew_is_read_anew(feed: Feed, gateway: ServedGateway, token: str) -> None:
    listener = Listener()
    feed.listen(token, listener)
    await listener.until(Line.UP)
    gateway.do(lambda small: small.hold("CRM.ST5.MOTOR.de_temp", 88.0, 31))
    await listener.until(Line.UP, alarm="CRM.ST5.MOTOR/de_temp_high")
    await asyncio.to_thread(gateway.boot_anew)
    again = await listener.until(Line.UP, alarm="CRM.ST5.MOTOR/de_temp_high")
    assert again.change.full


async def test_a_log_in_that_has_ended_is_told_once_and_the_others_go_on(
    feed: Feed, gateway: ServedGateway, token: str
) -> None:
    http(gateway, "users", {"name": "viewer", "password": PASSWORD, "role": "viewer"}, token)
    viewer = log_in(gateway, "viewer")
    first, second = Listener(), Listener()
    feed.listen(viewer, first)
    feed.listen(token, second)
    await first.until(Line.UP)
    gateway.do(lambda small: small.end_sessions("viewer"))
    await first.until(Line.ENDED)
    assert (feed.is_over(viewer), feed.is_over(token)) == (True, False)
    await second.until(Line.UP)
    assert first.told.empty()


async def test_a_second_log_in_that_has_ended_is_noticed_too(feed: Feed, gateway: ServedGateway, token: str) -> None:
    http(gateway, "users", {"name": "guest", "password": PASSWORD, "role": "viewer"}, token)
    guest = log_in(gateway, "guest")
    first, second = Listener(), Listener()
    feed.listen(token, first)
    feed.listen(guest, second)
    await second.until(Line.UP)
    gateway.do(lambda small: small.end_sessions("guest"))
    await second.until(Line.ENDED)
    assert not feed.is_over(token)


async def test_whoever_logs_out_is_told_on_their_other_pages(feed: Feed, token: str) -> None:
    listener = Listener()
    feed.listen(token, listener)
    await listener.until(Line.UP)
    feed.forget(token)
    assert (await listener.until(Line.ENDED)).line is Line.ENDED
    assert not feed.is_over(token)


async def test_a_listener_that_fails_leaves_the_others_alone(feed: Feed, token: str, caplog: pytest.LogCaptureFixture) -> None:
    def failing(_news: News) -> None:
        raise RuntimeError("this page is broken")

    listener = Listener()
    feed.listen(token, failing)
    feed.listen(token, listener)
    await listener.until(Line.UP)
    await listener.until(Line.UP)
    assert [record.message for record in caplog.records] == ["a page failed and is no longer kept up to date"]


async def test_the_poll_stops_with_the_last_listener_and_starts_with_the_next(feed: Feed, token: str) -> None:
    first, second = Listener(), Listener()
    feed.listen(token, first)
    feed.listen(token, second)
    await first.until(Line.UP)
    feed.leave(token, first)
    assert [task.get_name() for task in asyncio.all_tasks()].count("feed") == 1
    feed.leave(token, second)
    await asyncio.gather(*[task for task in asyncio.all_tasks() if task.get_name() == "feed"], return_exceptions=True)
    feed.listen(token, first)
    while not first.told.empty():
        first.told.get_nowait()
    await first.until(Line.UP)


async def test_a_poke_asks_at_once(gateway: ServedGateway, token: str) -> None:
    feed = Feed(f"http://127.0.0.1:{gateway.port}", every_s=WITHIN_S)
    listener = Listener()
    feed.listen(token, listener)
    await listener.until(Line.UP)
    began = asyncio.get_running_loop().time()
    for _ in range(5):
        feed.poke()
        await listener.until(Line.UP)
    assert asyncio.get_running_loop().time() - began < WITHIN_S
    await feed.close()

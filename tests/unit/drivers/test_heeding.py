"""A task that is asked to end while it waits for a library ends, whatever the library makes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

import pytest

from drivers.heeding import heeding

Meanwhile = Callable[[asyncio.Future[int]], None]


def _answers(answer: asyncio.Future[int]) -> None:
    answer.set_result(7)


def _fails(answer: asyncio.Future[int]) -> None:
    answer.set_exception(ConnectionError("the line is cut"))


@pytest.mark.parametrize("meanwhile", [_answers, _fails])
@pytest.mark.parametrize("turns", range(4))
async def test_who_is_asked_to_end_as_an_answer_comes_ends(meanwhile: Meanwhile, turns: int) -> None:
    """turns: of the event loop between the two; `wait_for` needs some until its caller goes on."""
    answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def library() -> int:
        return await answer

    async def driver() -> None:
        with suppress(ConnectionError):
            await heeding(asyncio.wait_for(library(), 5.0))
        await asyncio.Event().wait()  # it goes on

    task = asyncio.create_task(driver())
    await _turns(2)
    meanwhile(answer)
    await _turns(turns)
    task.cancel()
    await asyncio.wait({task}, timeout=5.0)
    assert task.cancelled()


async def test_what_the_library_answers_comes_through() -> None:
    async def library() -> str:
        return "42"

    assert await heeding(library()) == "42"


async def test_what_the_library_raises_comes_through() -> None:
    async def library() -> str:
        raise ConnectionError("the line is cut")

    with pytest.raises(ConnectionError, match="the line is cut"):
        await heeding(library())


async def test_a_time_out_around_it_stays_one() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await heeding(asyncio.Event().wait())


async def _turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)  # noqa: TID251 - a turn of the event loop, no time

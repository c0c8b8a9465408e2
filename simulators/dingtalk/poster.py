"""Sends what the cloud posts to the app, over real HTTP, and hands the answers back; what is decided of them is in `posts`."""

from __future__ import annotations

import asyncio

import httpx

from simulators.dingtalk.posts import PostAnswer, Sending
from simulators.dingtalk.shell import Shell
from simulators.dingtalk.wire import SECOND_US

AT_ONCE = 20


async def post_for(shell: Shell) -> None:
    """Send whatever waits, as many at once as AT_ONCE, until the shell stops."""
    places = asyncio.Semaphore(AT_ONCE)
    async with (
        httpx.AsyncClient(trust_env=False, follow_redirects=False) as client,
        asyncio.TaskGroup() as sending,
        shell.watch() as changed,
    ):
        while not shell.stopping.is_set():
            for each in shell.cloud.posts.take():
                sending.create_task(_post(each, client, places, shell), name=f"post {each.post_id}")
            await changed.wait()
            changed.clear()


async def _post(sending: Sending, client: httpx.AsyncClient, places: asyncio.Semaphore, shell: Shell) -> None:
    answer = None
    try:
        async with places, asyncio.timeout(sending.within_us / SECOND_US):
            reply = await client.post(sending.url, params=sending.query, headers=sending.headers, content=sending.body)
            answer = PostAnswer(reply.status_code, reply.content)
    except TimeoutError:
        # The cloud has noticed by itself, and decided.
        return
    except (httpx.HTTPError, httpx.InvalidURL):
        pass
    shell.cloud.posts.answered(sending.post_id, answer, shell.now_us())
    shell.acted()

"""The other end of the alarm bench, in a process of its own: a webhook receiver that notes when each event's request arrived.

`python -m tests.bench.alarm_receiver` prints its port. POST /andon takes events; GET /arrivals gives back, per request, the
moment of its first byte on the clock that all processes of a machine share, and (alarm, kind) of its events, and begins anew.
"""

from __future__ import annotations

import asyncio
import time

import orjson
from aiohttp import web


class Arrivals:
    def __init__(self) -> None:
        self._requests: list[tuple[int, bytes]] = []

    async def take(self, request: web.Request) -> web.Response:
        arrived = time.monotonic_ns()  # noqa: TID251 - the clock that the publisher reads too
        self._requests.append((arrived, await request.read()))
        return web.Response(status=204)

    async def tell(self, _request: web.Request) -> web.Response:
        taken, self._requests = self._requests, []
        told = [(at, [(each["alarm"], each["event"]) for each in orjson.loads(body)["events"]]) for at, body in taken]
        return web.Response(body=orjson.dumps(told), content_type="application/json")

    async def count(self, _request: web.Request) -> web.Response:
        return web.Response(text=str(sum(body.count(b'"event":"raised"') for _, body in self._requests)))


async def main() -> None:
    arrivals = Arrivals()
    app = web.Application(client_max_size=64_000_000)
    app.router.add_post("/andon", arrivals.take)
    app.router.add_get("/arrivals", arrivals.tell)
    app.router.add_get("/count", arrivals.count)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())

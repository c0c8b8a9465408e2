"""The socket at which pulses come in: HTTP, because it passes what stands between two networks of a plant.

POST /pulse  {"pulse": TEXT}    204: believed    400: no pulse    403: not believed    429: no room    413: too long
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping

from aiohttp import web

from drivers.base import ConnectionLost
from edge.model.pulse import PATH, TEXT_MAX, Unfit
from edge.ports import Judge

BODY_BYTES_MAX = TEXT_MAX + 100
_STATUS: Mapping[Unfit, int] = {Unfit.FORM: 400, Unfit.NO_ROOM: 429}
_NOT_BELIEVED = 403


class SocketPulseLink:
    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port

    async def listen(self, judge: Judge, opened: Callable[[], None]) -> None:
        async def take(request: web.Request) -> web.Response:
            text = _text(await request.read())
            unfit = Unfit.FORM if text is None else judge(text)
            if unfit is None:
                return web.Response(status=204)
            return web.json_response({"reason": unfit}, status=_STATUS.get(unfit, _NOT_BELIEVED))

        app = web.Application(client_max_size=BODY_BYTES_MAX)
        app.router.add_post(PATH, take)
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
        await runner.setup()
        try:
            try:
                await web.TCPSite(runner, self._host, self._port).start()
            except OSError as error:
                raise ConnectionLost(f"{self._host}:{self._port}: {error.strerror or error}") from error
            opened()
            await asyncio.get_running_loop().create_future()
        finally:
            await runner.cleanup()


def _text(body: bytes) -> str | None:
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        return None
    text = given.get("pulse") if isinstance(given, dict) else None
    return text if isinstance(text, str) else None

"""A transport that remembers what its last call was answered: the doctor asks by the channel's own calls, and judges by itself
what comes of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloud_bridge.dingtalk.doctor.findings import Reason
from cloud_bridge.dingtalk.doctor.heard import Heard, heard
from edge.ports import FrameSocket, HttpReply, NoReply, Transport

TOKEN_PATH = "/v1.0/oauth2/accessToken"


class Ear:
    """A transport that remembers how its last call ended."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._came: HttpReply | NoReply | None = None
        self._token: HttpReply | NoReply | None = None

    async def request(
        self,
        method: str,
        url: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        timeout_s: float = 10.0,
    ) -> HttpReply:
        try:
            self._came = await self._transport.request(
                method, url, query=query, headers=headers, json=json, timeout_s=timeout_s
            )
            return self._came
        except NoReply as no_reply:
            self._came = no_reply
            raise
        finally:
            if url.endswith(TOKEN_PATH):
                self._token = self._came

    async def connect(self, url: str, *, timeout_s: float = 10.0) -> FrameSocket:
        return await self._transport.connect(url, timeout_s=timeout_s)

    async def close(self) -> None:
        await self._transport.close()

    def last(self) -> Heard:
        """What the last call was answered."""
        return _heard(self._came)

    def last_token(self) -> Heard:
        """What the last call for a token was answered."""
        return _heard(self._token)


def _heard(came: HttpReply | NoReply | None) -> Heard:
    return Heard(Reason.SKIPPED) if came is None else heard(came)

"""An S7 connection over TCP, by python-snap7. The only file of this driver that knows the library.

What a CPU refuses comes as its return code. Anything else that goes wrong ends the connection, so that a late answer meets
nobody: the library goes on looking for its own sequence number in what comes, and the next connection begins with none.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import TypeVar

from snap7.async_client import AsyncClient
from snap7.datatypes import S7Area, S7WordLen
from snap7.error import S7Error, S7ProtocolError

from drivers.base import ConnectionLost
from drivers.heeding import heeding
from edge.model.errors import BadResponse, DeviceRefused, DeviceUnreachable

T = TypeVar("T")

_AREA: Mapping[str, S7Area] = {"DB": S7Area.DB, "M": S7Area.MK, "I": S7Area.PE, "Q": S7Area.PA}
#: "Everything went well" of an item (S7 communication, return codes of data items).
_DONE = 0xFF
#: What return codes mean, as far as users meet them.
_MEANING: Mapping[int, str] = {
    0x01: "hardware fault",
    0x03: "access is not allowed: is PUT/GET permitted in the CPU's protection settings?",
    0x05: "the address is beyond the end of the block or area",
    0x06: "the data type is not supported",
    0x07: "the data type does not fit",
    0x0A: "there is no such data block, or it is an optimised one, which has no addresses",
}
#: Where a request says which function it is: the first byte behind its header of 10.
_FUNCTION_AT = 10
#: System status list W#16#0424, the present operating state; the low half of its fourth byte says RUN by 8.
_STATE_LIST = 0x0424
_STATE_AT = 7
_RUN = 8
#: How long a farewell to a CPU may take.
_FAREWELL_S = 0.2


class _Client(AsyncClient):
    """The library's client, whose own reads and writes keep the return code to themselves."""

    async def item(self, request: bytes) -> tuple[int, bytes]:
        """(return code, data) of the one item of an answer. Raises BadResponse for an answer to something else: the library
        compares no more than sequence numbers."""
        answer = await self._send_receive(request)
        function = (answer.get("parameters") or {}).get("function_code")
        if function != request[_FUNCTION_AT]:
            raise BadResponse(f"an answer to function {function}, {request[_FUNCTION_AT]} was asked for")
        found = answer.get("data") or {}
        if "return_code" not in found:
            raise BadResponse("an answer without a return code")
        return int(found["return_code"]), bytes(found.get("data") or b"")


class SocketS7Link:
    """Connects by itself, one request at a time."""

    def __init__(self, host: str, port: int, *, rack: int, slot: int, kind: int, timeout_s: float) -> None:
        self._host, self._port = host, port
        self._rack, self._slot, self._kind = rack, slot, kind
        self._timeout_s = timeout_s
        self._client: _Client | None = None
        self._turn = asyncio.Lock()

    async def read(self, area: str, block: int, start: int, count: int) -> bytes:
        async def ask(client: _Client) -> bytes:
            # A CPU may grant a smaller PDU than was planned for; 18 bytes of it are not data.
            most = max(client.pdu_length - 18, 1)
            pieces = [
                await _read(client, area, block, at, min(most, start + count - at)) for at in range(start, start + count, most)
            ]
            return b"".join(pieces)

        return await self._in_turn(ask)

    async def write(self, area: str, block: int, start: int, data: bytes) -> None:
        async def ask(client: _Client) -> None:
            if len(data) > client.pdu_length - 35:
                raise DeviceRefused(f"{len(data)} bytes do not fit into one request to this CPU", 0)
            await _write(client, _AREA[area], block, start, S7WordLen.BYTE, data)

        await self._in_turn(ask)

    async def write_bit(self, area: str, block: int, start: int, bit: int, value: bool) -> None:
        async def ask(client: _Client) -> None:
            await _write(client, _AREA[area], block, 8 * start + bit, S7WordLen.BIT, bytes([value]))

        await self._in_turn(ask)

    async def runs(self) -> bool | None:
        async def ask(client: _Client) -> bool | None:
            try:
                # Not the library's get_cpu_state: in this version it says RUN whatever the CPU says.
                status = await client.read_szl(_STATE_LIST, 0)
            except (S7ProtocolError, RuntimeError):  # by these the library says that the CPU has no such list
                return None
            if status.Header.LengthDR <= _STATE_AT:
                return None
            return bool(status.Data[_STATE_AT] & 0x0F == _RUN)

        return await self._in_turn(ask)

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(S7Error, OSError, TimeoutError):
                async with asyncio.timeout(_FAREWELL_S):
                    await client.disconnect()

    async def _in_turn(self, ask: Callable[[_Client], Awaitable[T]]) -> T:
        async with self._turn:
            client = self._client or await self._connected()
            try:
                async with asyncio.timeout(self._timeout_s):
                    return await heeding(ask(client))
            except DeviceRefused:
                raise
            except TimeoutError:
                await self.close()
                raise DeviceUnreachable(f"{self._place}: no answer within {self._timeout_s:g} s") from None
            except (S7Error, struct.error, ValueError, IndexError) as error:
                await self.close()
                raise _fault(self._place, error) from None
            except BaseException:
                await self.close()
                raise

    async def _connected(self) -> _Client:
        client = _Client()
        client.connection_type = self._kind
        try:
            async with asyncio.timeout(self._timeout_s):
                await heeding(client.connect(self._host, self._rack, self._slot, self._port))
        except TimeoutError:
            raise ConnectionLost(f"{self._place}: no connection within {self._timeout_s:g} s") from None
        except (S7Error, OSError, struct.error, ValueError, IndexError) as error:
            raise ConnectionLost(
                f"{self._place}: no connection: {error}; check host, rack {self._rack}, slot {self._slot}"
            ) from None
        self._client = client
        return client

    @property
    def _place(self) -> str:
        return f"{self._host}:{self._port}"


async def _read(client: _Client, area: str, block: int, start: int, count: int) -> bytes:
    request = client.protocol.build_read_request(_AREA[area], block, start, S7WordLen.BYTE, count)
    code, data = await client.item(request)
    _check(code, f"{area}{block or ''} byte {start}")
    if len(data) != count:
        raise BadResponse(f"{area}{block or ''} byte {start}: {len(data)} bytes came, {count} were asked for")
    return data


async def _write(client: _Client, area: S7Area, block: int, start: int, form: S7WordLen, data: bytes) -> None:
    request = client.protocol.build_write_request(area, block, start, form, data)
    code, _ = await client.item(request)
    _check(code, f"{area.name}{block or ''}")


def _check(code: int, place: str) -> None:
    if code != _DONE:
        raise DeviceRefused(f"{place}: code {code:#04x}, {_MEANING.get(code, 'of the CPU itself')}", code)


def _fault(place: str, error: Exception) -> Exception:
    """What the library raised, in our words. A refusal of the whole request has a code of two bytes."""
    code = getattr(error, "error_code", None)
    if isinstance(code, int) and code:
        return DeviceRefused(f"{place}: code {code:#06x}, {error}", code)
    if isinstance(error, S7Error) and "onnection" in type(error).__name__:
        return DeviceUnreachable(f"{place}: {error}")
    return BadResponse(f"{place}: {error}")

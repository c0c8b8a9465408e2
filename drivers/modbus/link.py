"""Modbus TCP over a socket: the only file of this driver that knows pymodbus.

pymodbus connects, builds requests and pairs answers; whether bytes are the answer is judged by `frame.judge` before it sees
them. Time-outs are ours, one for the whole of a read, connecting included. After silence, a cut or a bad frame the connection
is closed and the next read makes a new one; transaction ids go on counting over connections, where pymodbus begins at 1 again,
so that a gateway's late answer to the old one is not taken either. Not here: when to ask, what a failure means (`driver.py`).
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Iterator
from typing import Any

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException

from drivers.base import ConnectionLost
from drivers.modbus.frame import EXCEPTION_MEANING, BadFrame, Data, FrameFault, Incomplete, Refusal, judge
from edge.model.errors import BadResponse, DeviceRefused, DeviceUnreachable

#: pymodbus has one time-out of its own for connecting and for an answer; ours ends first.
LIBRARY_TIMEOUT_FACTOR = 2


class SocketModbusLink:
    """One connection to a Modbus TCP server; requests go in turn. timeout_s: for the whole of one read."""

    def __init__(self, host: str, port: int, *, timeout_s: float) -> None:
        # It dumps recent frames at each error; what we refuse, we say ourselves.
        logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL + 1)
        self._host, self._port, self._timeout_s = host, port, timeout_s
        self._turn = asyncio.Lock()
        self._connection: _Connection | None = None
        self._transactions = (1 + number % 0xFFFF for number in itertools.count())

    async def read(self, unit: int, function: int, address: int, count: int) -> bytes:
        """See `edge.ports.ModbusLink`. Raises ConnectionLost when no connection can be made, DeviceUnreachable for silence or a
        cut, DeviceRefused, or BadFrame."""
        async with self._turn:
            try:
                return await self._read(unit, function, address, count)
            except DeviceRefused:
                raise  # a proper answer: the connection is as good as before
            except BaseException:
                await self.close()
                raise

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    async def _read(self, unit: int, function: int, address: int, count: int) -> bytes:
        place = f"{self._host}:{self._port} unit {unit}"
        connected = False
        try:
            async with asyncio.timeout(self._timeout_s):
                connection, is_new = await self._connect()
                connected = True
                try:
                    return await connection.ask(place, unit, function, address, count)
                except _Cut:
                    # Servers close idle connections; one that closes as we ask has not failed, if asking anew works.
                    if is_new or connection.got_bytes:
                        raise
                    connected = False
                    connection, _ = await self._connect()
                    connected = True
                    return await connection.ask(place, unit, function, address, count)
        except TimeoutError:
            if connected:
                raise DeviceUnreachable(f"{place}: no answer within {self._timeout_s:g} s") from None
            raise ConnectionLost(f"{self._host}:{self._port}: no connection within {self._timeout_s:g} s") from None

    async def _connect(self) -> tuple[_Connection, bool]:
        """A connection that stands, and whether it was made just now."""
        if self._connection is not None and self._connection.stands:
            return self._connection, False
        await self.close()
        self._connection = _Connection(self._host, self._port, self._timeout_s, self._transactions)
        await self._connection.open()
        return self._connection, True


class _Cut(DeviceUnreachable):
    """The other side closed the connection before its answer was whole."""


class _Connection:
    """One TCP connection, from connecting to the first thing that goes wrong with it."""

    def __init__(self, host: str, port: int, timeout_s: float, transactions: Iterator[int]) -> None:
        self._where = f"{host}:{port}"
        self._transactions = transactions
        self._client = AsyncModbusTcpClient(
            host,
            port=port,
            timeout=LIBRARY_TIMEOUT_FACTOR * timeout_s,
            retries=0,
            reconnect_delay=0,
            trace_packet=self._on_packet,
            trace_connect=self._on_connection,
        )
        self._reads = {
            1: self._client.read_coils,
            2: self._client.read_discrete_inputs,
            3: self._client.read_holding_registers,
            4: self._client.read_input_registers,
        }
        self._place = self._where
        self._request, self._library_transaction = b"", b""
        self._answer: asyncio.Future[Data | Refusal | BadFrame | _Cut] | None = None
        self.stands = False
        self.got_bytes = False

    async def open(self) -> None:
        if not await self._client.connect():
            raise ConnectionLost(f"{self._where}: no connection")

    def close(self) -> None:
        self.stands = False
        self._client.close()

    async def ask(self, place: str, unit: int, function: int, address: int, count: int) -> bytes:
        self._place, self.got_bytes = place, False
        answer: asyncio.Future[Data | Refusal | BadFrame | _Cut] = asyncio.get_running_loop().create_future()
        self._answer = answer
        asking = asyncio.ensure_future(self._reads[function](address, count=count, device_id=unit))
        try:
            either: set[asyncio.Future[Any]] = {answer, asking}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done() or isinstance(answer.result(), Data | Refusal):
                await asking  # after the answer, pymodbus agrees; before it, this raises why it cannot ask
        except ModbusException as error:
            raise BadResponse(f"{place}: {error}") from None
        finally:
            self._answer = None
            asking.cancel()
            await asyncio.wait({asking})
        match answer.result():
            case Data(data):
                return data
            case Refusal(code):
                meaning = EXCEPTION_MEANING.get(code, "a code of the device's own")
                raise DeviceRefused(f"{place}: exception {code}, {meaning}", code)
            case failure:
                raise failure

    def _on_packet(self, sending: bool, packet: bytes) -> bytes:
        """pymodbus shows every request it sends and all bytes received since; it goes on with what we return."""
        if sending:
            self._library_transaction = packet[:2]
            self._request = next(self._transactions).to_bytes(2, "big") + packet[2:]
            return self._request
        self.got_bytes = True
        if self._answer is None or self._answer.done():
            # Nobody asked: whatever comes next on this connection cannot be trusted.
            self.close()
            return b""
        match judge(self._request, packet):
            case Incomplete():
                return b""
            case FrameFault() as fault:
                self._answer.set_result(BadFrame(self._place, fault, packet))
                return b""
            case whole:
                self._answer.set_result(whole)
                return self._library_transaction + packet[2:]

    def _on_connection(self, made: bool) -> None:
        self.stands = made
        if not made and self._answer is not None and not self._answer.done():
            self._answer.set_result(_Cut(f"{self._place}: the connection was closed before the answer was whole"))

"""A Modbus TCP server over a simulated line: values are computed at the moment of the request.

Strict and small on purpose, and not pymodbus' server: the README says what was tried.
Not here: frames (`mbap.py`), tables (`modbus_unit.py`), what a fault does to a frame (`mbap.react`).
"""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import Protocol

from simulators.devices.clock import Clock
from simulators.devices.mbap import BadFrame, Reaction, Request, RequestReader, react
from simulators.devices.modbus_unit import ExceptionCode
from simulators.devices.modbus_write import WRITE_FUNCTIONS
from simulators.faults import FaultPlan
from simulators.process import bind

CONNECTIONS_MAX = 64
SEGMENT_BYTES_MAX = 4096

log = logging.getLogger(__name__)


class ReadsUnits(Protocol):
    """What the server asks: a `SimulatedLine`, or a single `SimulatedMachine`."""

    def read(self, unit: int, function: int, address: int, count: int, now: int) -> bytes | ExceptionCode | None: ...

    def write(self, unit: int, function: int, address: int, data: bytes, now: int) -> bytes | ExceptionCode | None: ...


class ModbusServer:
    """Serves the units behind `units`, with the faults of the moment.

    Requests of one connection are answered one after the other, as gateways to a serial line do.
    """

    def __init__(self, units: ReadsUnits, clock: Clock) -> None:
        self.requests = 0
        self._units = units
        self._clock = clock
        self._faults = FaultPlan()
        self._changing = asyncio.Lock()
        self._address: tuple[str, int] = ("", 0)
        self._listener: asyncio.Server | None = None
        self._reserved: socket.socket | None = None
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """The port it listens on, or will listen on again once it no longer refuses."""
        return self._address[1]

    @property
    def faults(self) -> FaultPlan:
        return self._faults

    async def start(self, bound: socket.socket) -> None:
        """Listen on a bound socket, which belongs to the server from here on."""
        self._address = bound.getsockname()[:2]
        self._listener = await asyncio.start_server(self._accept, sock=bound)

    async def set_faults(self, faults: FaultPlan) -> None:
        """Put other faults in force, from the next request on; a refusal of connections at once."""
        async with self._changing:
            self._faults = faults
            if faults.refuses_connections and self._listener is not None:
                await self._stop_listening()
                # Bound but not listening: callers are refused, and the port stays ours.
                self._reserved = bind(*self._address)
            elif not faults.refuses_connections and self._reserved is not None:
                reserved, self._reserved = self._reserved, None
                await self.start(reserved)

    async def close(self) -> None:
        """Stop listening and close every connection."""
        await self._stop_listening()
        if self._reserved is not None:
            self._reserved.close()
            self._reserved = None

    async def _stop_listening(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        connections = list(self._connections)
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Not a coroutine, so that the task is ours: one that asyncio makes cannot be cancelled quietly before 3.12."""
        if len(self._connections) >= CONNECTIONS_MAX:
            writer.close()
            return
        connection = asyncio.create_task(self._serve(reader, writer), name="modbus connection")
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)
        # Here and not in the task, which may be cancelled before it has begun.
        connection.add_done_callback(lambda _: writer.close())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._converse(reader, writer)
        except BadFrame as problem:
            log.warning("modbus server closes a connection: %s", problem)
        except ConnectionError:
            pass  # the client went away, which is its good right

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        incoming = RequestReader()
        while received := await reader.read(SEGMENT_BYTES_MAX):
            incoming.receive(received)
            while (request := incoming.next_request()) is not None:
                reaction = self._reaction_to(request)
                if reaction.delay_us:
                    await self._clock.sleep(reaction.delay_us)
                writer.write(reaction.sent)
                await writer.drain()
                if reaction.closes:
                    return

    def _reaction_to(self, request: Request) -> Reaction:
        self.requests += 1
        if request.function in WRITE_FUNCTIONS:
            address, data = request.written()
            answer = self._units.write(request.unit, request.function, address, data, self._clock.now())
        else:
            address, count = request.read_range()
            answer = self._units.read(request.unit, request.function, address, count, self._clock.now())
        return react(request, answer, self._faults.treatment(request.unit, self.requests))

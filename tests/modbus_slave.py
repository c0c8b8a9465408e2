"""A Modbus slave behind a serial line (a pair of pseudo terminals), behind a converter that passes RTU over TCP, or behind TLS.

It takes the frames apart by itself; its check sum is that of pymodbus, which our driver does not use."""

from __future__ import annotations

import asyncio
import os
import pty
import ssl
import struct
import tty
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from pymodbus.framer.rtu import FramerRTU

#: A whole frame to what is sent for it.
Reply = Callable[[bytes], bytes]


def summed(frame: bytes) -> bytes:
    return frame + FramerRTU.compute_CRC(frame).to_bytes(2, "big")


class Slave:
    """Holding registers by number; asked: the PDUs of requests that came, with their unit. silent: units that do not answer."""

    def __init__(self) -> None:
        self.registers: dict[int, int] = {}
        self.asked: list[bytes] = []
        self.silent: set[int] = set()
        self.held: list[bytes] = []
        self.echo = False

    def rtu(self, request: bytes) -> bytes:
        """Late answers of silent units are kept in `held`."""
        assert summed(request[:-2]) == request, request.hex(" ")
        answer = summed(request[:1] + self._pdu(request[:-2]))
        if request[0] in self.silent:
            self.held.append(answer)
            answer = b""
        return (request if self.echo else b"") + answer

    def tcp(self, request: bytes) -> bytes:
        pdu = self._pdu(request[6:])
        return request[:4] + struct.pack(">HB", 1 + len(pdu), request[6]) + pdu

    def _pdu(self, asked: bytes) -> bytes:
        self.asked.append(asked)
        pdu = asked[1:]
        function, address, count = struct.unpack(">BHH", pdu[:5])
        if function == 3:
            held = [self.registers.get(number, number) for number in range(address, address + count)]
            return struct.pack(f">BB{count}H", 3, 2 * count, *held)
        if function == 6:
            self.registers[address] = count
            return pdu
        if function == 16:
            for number, value in enumerate(struct.unpack(f">{count}H", pdu[6:])):
                self.registers[address + number] = value
            return pdu[:5]
        return bytes((function | 0x80, 1))


def rtu_length(begun: bytes) -> int:
    """Of a request; more than there is while that cannot be told."""
    if len(begun) < 7:
        return 8
    return 9 + begun[6] if begun[1] in (15, 16) else 8


@asynccontextmanager
async def serial_slave(slave: Slave) -> AsyncIterator[str]:
    """The path of the port where it is found."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    begun = b""

    def came() -> None:
        nonlocal begun
        begun += os.read(ours, 1024)
        while len(begun) >= (length := rtu_length(begun)):
            request, begun = begun[:length], begun[length:]
            for byte in slave.rtu(request):
                os.write(ours, bytes((byte,)))

    loop = asyncio.get_running_loop()
    loop.add_reader(ours, came)
    try:
        yield os.ttyname(theirs)
    finally:
        loop.remove_reader(ours)
        os.close(ours)
        os.close(theirs)


@asynccontextmanager
async def tcp_slave(reply: Reply, length_of: Callable[[bytes], int], tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Its port. length_of: of the request that these bytes begin."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        begun = b""
        while came := await reader.read(1024):
            begun += came
            while len(begun) >= (length := length_of(begun)):
                request, begun = begun[:length], begun[length:]
                writer.write(reply(request))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def tcp_length(begun: bytes) -> int:
    return 6 + int.from_bytes(begun[4:6], "big") if len(begun) >= 6 else 7

"""Simulated Modbus devices in a process of their own: `python -m tests.bench.modbus_plant PORTS CPU`.

Each port is a device that answers every read of registers with 1.5 as float32, units above 200 never. It says its ports in one
line once they listen, and ends when its input does. A bare asyncio protocol, so that it costs less than whoever asks it.
"""

from __future__ import annotations

import asyncio
import os
import sys

SILENT_FROM = 201
_FLOATS = b"\x3f\xc0\x00\x00" * 63


class _Device(asyncio.Protocol):
    def __init__(self) -> None:
        self._begun = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._begun += data
        answers = []
        while len(self._begun) >= 12:
            request, self._begun = self._begun[:12], self._begun[12:]
            if request[6] < SILENT_FROM:
                count = 2 * int.from_bytes(request[10:12], "big")
                answers.append(request[:4] + (3 + count).to_bytes(2, "big") + request[6:8] + bytes((count,)) + _FLOATS[:count])
        self._transport.write(b"".join(answers))


async def main(ports: int, cpu: int) -> None:
    if cpu >= 0:
        os.sched_setaffinity(0, {cpu})
    loop = asyncio.get_running_loop()
    servers = [await loop.create_server(_Device, "127.0.0.1", 0) for _ in range(ports)]
    print(*(server.sockets[0].getsockname()[1] for server in servers), flush=True)
    # Whoever started us holds the other end: gone, it lets go.
    await asyncio.to_thread(sys.stdin.read)
    for server in servers:
        server.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))

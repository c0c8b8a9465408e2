"""An S7 CPU of python-snap7 on a free port: data block 10, with a system status list that says whether it runs.

The library's server is its own implementation of the protocol beside its client; a CPU's C stack is not to be had here.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from snap7.datatypes import S7WordLen
from snap7.server import CPUState, Server
from snap7.type import SrvArea

from tests.modbus_server import free_port

BLOCK = 10
_STATE_LIST = 0x0424
_RUN, _STOP = 8, 4
#: What stands in front of an answer's function.
_HEADER = 12


class Cpu(Server):
    """block: the bytes of data block 10. tells_state: whether its system status list has the operating state, as a CPU's has
    and the library's has not. beyond: bytes that an answer to a read has more, or less, than were asked for. twisted: what
    becomes of an answer to a read or write before it leaves. A bit that is written changes that bit, as in a CPU; the
    library's writes a byte."""

    def __init__(self, block: bytearray) -> None:
        super().__init__(log=False)
        self.block = block
        self.tells_state = True
        self.beyond = 0
        self.twisted: Callable[[bytes], bytes] = bytes
        self.port = free_port()
        self.register_area(SrvArea.DB, BLOCK, block)
        self.register_area(SrvArea.MK, 0, bytearray(32))

    def _get_szl_data(self, szl_id: int, szl_index: int) -> bytes | None:
        if szl_id == _STATE_LIST and self.tells_state:
            state = _RUN if self.cpu_state is CPUState.RUN else _STOP
            return struct.pack(">HHHBB", 20, 1, 0, 0, state) + bytes(16)
        return super()._get_szl_data(szl_id, szl_index)

    def _read_from_memory_area(self, area: Any, block: int, start: int, count: int) -> tuple[int, bytearray]:
        code, data = super()._read_from_memory_area(area, block, start, count)
        return (code, (data + bytes(8))[: count + self.beyond]) if self.beyond else (code, data)

    def _parse_address_specification(self, addr_spec: bytes) -> dict[str, Any]:
        found: dict[str, Any] = super()._parse_address_specification(addr_spec)
        found["bit"] = addr_spec[-1] & 7
        return found

    def _handle_read_area(self, request: dict[str, Any], client_address: tuple[str, int]) -> bytes:
        return self.twisted(super()._handle_read_area(request, client_address))

    def _handle_write_area(self, request: dict[str, Any], client_address: tuple[str, int]) -> bytes:
        place = request["parameters"]["address_spec"]
        if place["word_len"] == S7WordLen.BIT:
            mask = 1 << place["bit"]
            held = self.block[place["start"]]
            request["data"]["data"] = bytes([held | mask if request["data"]["data"][0] else held & ~mask])
        return self.twisted(super()._handle_write_area(request, client_address))


def of_function(function: int) -> Callable[[bytes], bytes]:
    """The same answer, as that of another function."""
    return lambda answer: answer[:_HEADER] + bytes([function]) + answer[_HEADER + 1 :]


def with_data(data: bytes) -> Callable[[bytes], bytes]:
    """The same answer with other data behind its function and count of items."""
    return lambda answer: answer[:8] + struct.pack(">H", len(data)) + answer[10 : _HEADER + 2] + data


@contextmanager
def cpu_of(block: bytearray) -> Iterator[Cpu]:
    cpu = Cpu(block)
    cpu.start(cpu.port)
    try:
        yield cpu
    finally:
        cpu.stop()
        cpu.destroy()

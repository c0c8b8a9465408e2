"""A Modbus link in memory, for scenarios and tests: a function answers instead of a socket."""

from __future__ import annotations

from collections.abc import Callable

from drivers.modbus.frame import EXCEPTION_MEANING, BadFrame, FrameFault, data_length
from edge.model.errors import DeviceRefused, DeviceUnreachable
from edge.model.moment import Span
from edge.ports import Clock

#: (unit, function, address, count) to the data bytes, a Modbus exception code, or None for silence. It may raise a DriverError,
#: `ConnectionLost` above all, which the link passes on.
Answer = Callable[[int, int, int, int], bytes | int | None]

#: (unit, function, address, data) of a write to nothing but b"" when it is done, a Modbus exception code, or None for silence.
Take = Callable[[int, int, int, bytes], bytes | int | None]

ILLEGAL_FUNCTION = 1


def take_nothing(unit: int, function: int, address: int, data: bytes) -> int:
    """A device that cannot be written to."""
    return ILLEGAL_FUNCTION


class MemoryModbusLink:
    """Behaves as `SocketModbusLink` does; silence takes the time-out on the clock."""

    connections = 1

    def __init__(self, answer: Answer, clock: Clock, *, timeout: Span, take: Take = take_nothing) -> None:
        self._answer, self._take, self._clock, self._timeout = answer, take, clock, timeout

    async def read(self, unit: int, function: int, address: int, count: int, *, timeout_s: float | None = None) -> bytes:
        answered = await self._proper(unit, self._answer(unit, function, address, count), timeout_s)
        if len(answered) != data_length(function, count):
            raise BadFrame(f"unit {unit}", FrameFault.WRONG_BYTE_COUNT, answered)
        return answered

    async def write(self, unit: int, function: int, address: int, data: bytes) -> None:
        await self._proper(unit, self._take(unit, function, address, data))

    async def _proper(self, unit: int, answered: bytes | int | None, timeout_s: float | None = None) -> bytes:
        if answered is None:
            timeout = self._timeout if timeout_s is None else min(self._timeout, round(timeout_s * 1_000_000))
            await self._clock.sleep_until(self._clock.now() + timeout)
            raise DeviceUnreachable(f"unit {unit}: no answer within {timeout / 1e6:g} s")
        if isinstance(answered, int):
            meaning = EXCEPTION_MEANING.get(answered, "a code of the device's own")
            raise DeviceRefused(f"unit {unit}: exception {int(answered)}, {meaning}", int(answered))
        return answered

    async def close(self) -> None:
        """Nothing to close."""

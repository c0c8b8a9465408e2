"""A connection to a Modbus server, and how it is reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SerialLine:
    """How characters go over a serial line. parity: even, odd or none."""

    baud: int = 19200
    parity: str = "even"
    stop_bits: int = 1

    @property
    def bits_per_character(self) -> int:
        """With its start bit and 8 bits of data."""
        return 1 + 8 + (self.parity != "none") + self.stop_bits

    @property
    def character_us(self) -> float:
        return 1e6 * self.bits_per_character / self.baud

    @property
    def silence_us(self) -> float:
        """Between two frames: 3.5 characters, fixed above 19200 baud (Modbus over serial line V1.02, 2.5.1.1)."""
        return 1750.0 if self.baud > 19200 else 3.5 * self.character_us


@dataclass(frozen=True, slots=True)
class ModbusTls:
    """ca, cert, key: paths of PEM files; ca None: what this machine trusts. server_name: in the certificate; None: host."""

    ca: str | None = None
    cert: str | None = None
    key: str | None = None
    server_name: str | None = None


@dataclass(frozen=True, slots=True)
class ModbusAccess:
    """How a Modbus server is reached. transport: tcp, tls, rtu_over_tcp or rtu (a serial port: `line` says how). echo: of RTU,
    each request comes back before its answer. max_in_flight: requests on their way at once, at most; of RTU always 1.
    may_spare: of RTU, whether registers may be read for nothing."""

    transport: str = "tcp"
    line: SerialLine | None = None
    tls: ModbusTls | None = None
    echo: bool = False
    max_in_flight: int = 1
    may_spare: bool = True


PLAIN_TCP = ModbusAccess()


class ModbusLink(Protocol):
    """One connection to a Modbus server. As many requests as its access allows are on their way at once, the others wait for
    their turn in the order in which they came."""

    @property
    def connections(self) -> int:
        """How many were made so far: when it is another, there may be another device at the other end."""

    async def read(self, unit: int, function: int, address: int, count: int, *, timeout_s: float | None = None) -> bytes:
        """Function codes 1 to 4. The data bytes of the answer: two a register, high byte first; bits packed, lowest first.
        address: 0-based as on the wire. timeout_s: to wait for the answer, where that is less than the link's own time-out.
        Raises DeviceUnreachable, DeviceRefused (a Modbus exception) or BadResponse; connects by itself."""

    async def write(self, unit: int, function: int, address: int, data: bytes) -> None:
        """Function codes 5, 6, 15, 16 and 22. data: what follows the address in the request (application protocol V1.1b3, 6.5
        to 6.16): a value, a count with its bytes, or two masks. It is sent once and never again. Raises what `read` raises;
        after a ConnectionLost nothing was sent, after any other DeviceUnreachable or a BadResponse it may have been done."""

    async def close(self) -> None: ...

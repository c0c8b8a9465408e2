"""Whether the device is the one that its configuration was made for, by registers that hold a number or text of its own. Pure.

Looked at whenever the device comes up, on each new connection, and each hour after. A device that is another, or has another
firmware with another map of registers, counts as lost: a value from the wrong register would be worse than none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from drivers.modbus.codec import Decoder
from drivers.modbus.config import FingerprintPoint, ModbusConnection
from drivers.modbus.plan import Read
from edge.model.errors import BadResponse
from edge.model.moment import HOUR, Moment

LOOK_AGAIN_AFTER = 1 * HOUR


class WrongDevice(BadResponse):
    """It answers, and is not the device that is meant."""


@dataclass(frozen=True, slots=True)
class Sign:
    """What a device must hold at one place, and the read that shows it."""

    read: Read
    point: FingerprintPoint


class Fingerprint:
    """What a device must hold."""

    def __init__(self, connection: ModbusConnection) -> None:
        self._connection = connection
        self._signs = [Sign(_read_of(point), point) for point in connection.fingerprint]
        self._look_at: Moment | None = None
        self._seen_on = 0

    def due(self, now: Moment, connections: int, *, is_up: bool) -> Sequence[Sign]:
        """What has to be read before anything else is believed. connections: how many the link has made so far."""
        if not self._signs:
            return ()
        is_known = is_up and self._look_at is not None and now < self._look_at and connections == self._seen_on
        return () if is_known else self._signs

    def check(self, sign: Sign, data: bytes) -> None:
        """Raises WrongDevice."""
        point = sign.point
        decoded = Decoder(sign.read, [point], self._connection).decode(data)
        found = decoded.text.get(0) if point.is_text else float(decoded.raw[0])
        if found != point.value:
            raise WrongDevice(f"this is not the device that is meant: {point.address} holds {found}, expected {point.value}")

    def checked(self, now: Moment, connections: int) -> None:
        self._look_at, self._seen_on = now + LOOK_AGAIN_AFTER, connections


def _read_of(point: FingerprintPoint) -> Read:
    return Read(point.address.table, point.address.number, point.width, (0,), point.address.notation)

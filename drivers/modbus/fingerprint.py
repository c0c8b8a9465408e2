"""Whether the device is the one that its configuration was made for, by registers that hold a number or text of its own. Pure.

Looked at whenever the device comes up and each hour after. A device that is another, or has another firmware with another map
of registers, counts as lost: a value from the wrong register would be worse than none.
"""

from __future__ import annotations

from drivers.modbus.codec import Decoder
from drivers.modbus.config import FingerprintPoint, ModbusConnection
from drivers.modbus.plan import Read
from edge.model.errors import BadResponse
from edge.model.moment import HOUR, Moment

LOOK_AGAIN_AFTER = 1 * HOUR


class WrongDevice(BadResponse):
    """It answers, and is not the device that is meant."""


class Fingerprint:
    """What a device must hold."""

    def __init__(self, connection: ModbusConnection) -> None:
        self._connection = connection
        self._marks = [(_read_of(point), point) for point in connection.fingerprint]
        self._look_at: Moment | None = None

    def due(self, now: Moment, *, is_up: bool) -> list[Read]:
        """What has to be read before anything else is believed."""
        is_known = is_up and self._look_at is not None and now < self._look_at
        return [] if is_known else [read for read, _ in self._marks]

    def check(self, read: Read, data: bytes) -> None:
        """Raises WrongDevice."""
        point = next(point for known, point in self._marks if known == read)
        decoded = Decoder(read, [point], self._connection).decode(data)
        found = decoded.text.get(0) if point.is_text else float(decoded.raw[0])
        if found != point.value:
            raise WrongDevice(f"this is not the device that is meant: {point.address} holds {found}, expected {point.value}")

    def checked(self, now: Moment) -> None:
        self._look_at = now + LOOK_AGAIN_AFTER


def _read_of(point: FingerprintPoint) -> Read:
    return Read(point.address.table, point.address.number, point.width, (0,), point.address.notation)

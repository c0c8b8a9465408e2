"""Writes to devices, and reads back, over the link of a driver: in turn with what it polls.

One write at a time of all devices behind a connection, so that no other write of ours comes between reading a register and
writing it back. What becomes of one:

    no connection, or no answer to the read before,   NOT_SENT
    or over RTU to a probe (`late.py`)
    the value does not fit; exceptions but these      REFUSED
    exception 4, 5, 11: it has failed half-way, goes  UNKNOWN: only reading back can tell
    on, or nobody answered the gateway; silence; an
    answer that cannot be meant

Not here: by which request (`write.py`), whether it may be written, and asking twice: nobody does.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence

from drivers.base import ConnectionLost, WriteAnswer, WriteEnd
from drivers.measuring import Measuring, raw_of
from drivers.modbus.codec import Decoder, Unfit
from drivers.modbus.config import BitWrite, ModbusConnection, ModbusPoint
from drivers.modbus.frame import READ_HOLDING
from drivers.modbus.layout import PointType
from drivers.modbus.plan import Read
from drivers.modbus.write import BitsOfRegister, WriteRequest, plan_write
from edge.model.errors import DeviceRefused, DriverError
from edge.model.sample import Quality
from edge.model.tag import Device, Measure, Tag
from edge.ports import Clock, ModbusLink

#: Application protocol V1.1b3, 7: the device or the gateway in front of it does not know that nothing was changed.
UNKNOWN_CODES = frozenset({4, 5, 11})


class Writing:
    """The tags of all devices behind one link."""

    def __init__(self, devices: Sequence[Device], link: ModbusLink, clock: Clock) -> None:
        self._link, self._clock = link, clock
        self._tags = {tag.name: (device, tag) for device in devices for tag in device.tags}
        self._turn = asyncio.Lock()

    async def write(self, name: str, value: float | str) -> WriteAnswer:
        """See `drivers.base.Driver.write`."""
        found = self._point_of(name)
        if found is None:
            return WriteAnswer(WriteEnd.REFUSED, f"{name}: no tag with an address")
        tag, point, connection = found
        if point.not_writable is not None:
            return WriteAnswer(WriteEnd.REFUSED, f"{point.address} cannot be written")
        planned = plan_write(point, connection, _raw(value, point, tag.measure))
        if isinstance(planned, Unfit):
            return WriteAnswer(WriteEnd.REFUSED, f"{point.address} {point.kind} cannot hold it: {planned}")
        async with self._turn:
            answer = await self._carry_out(planned, connection)
            if connection.pause:
                await self._clock.sleep_until(self._clock.now() + connection.pause)
            return answer

    async def read_back(self, name: str) -> float | str | None:
        """See `drivers.base.Driver.read_back`."""
        found = self._point_of(name)
        if found is None:
            return None
        tag, point, connection = found
        table, address = point.address.table, point.address.number
        try:
            data = await self._link.read(connection.unit_id, table.function, address, point.width)
        except DriverError:
            return None
        decoder = Decoder(Read(table, address, point.width, (0,)), [point], connection)
        decoded = decoder.decode(data)
        measured = Measuring([tag.measure]).measure(decoder.positions, decoded.raw, decoded.text)
        if measured.quality[0] != Quality.GOOD:
            return None
        return decoded.text[0] if point.is_text else float(measured.value[0])

    async def _carry_out(self, planned: WriteRequest | BitsOfRegister, connection: ModbusConnection) -> WriteAnswer:
        unit = connection.unit_id
        if isinstance(planned, BitsOfRegister):
            if planned.by is BitWrite.MASK:
                planned = planned.masked()
            else:
                try:
                    planned = planned.into(await self._link.read(unit, READ_HOLDING, planned.address, 1))
                except DriverError as error:
                    return WriteAnswer(WriteEnd.NOT_SENT, f"the register was to be read first: {error}")
        try:
            await self._link.write(unit, planned.function, planned.address, planned.data)
        except ConnectionLost as error:
            return WriteAnswer(WriteEnd.NOT_SENT, str(error))
        except DeviceRefused as error:
            return WriteAnswer(WriteEnd.UNKNOWN if error.code in UNKNOWN_CODES else WriteEnd.REFUSED, str(error))
        except DriverError as error:
            return WriteAnswer(WriteEnd.UNKNOWN, str(error))
        return WriteAnswer(WriteEnd.DONE)

    def _point_of(self, name: str) -> tuple[Tag, ModbusPoint, ModbusConnection] | None:
        device, tag = self._tags.get(name, (None, None))
        if device is None or tag is None or not isinstance(tag.point, ModbusPoint):
            return None
        assert isinstance(device.connection, ModbusConnection)
        return tag, tag.point, device.connection


def _raw(value: float | str, point: ModbusPoint, measure: Measure) -> float | str:
    """What goes into the registers; of a scaled whole number the nearest there is, as the device itself would have it."""
    if isinstance(value, str) or point.is_switch:
        return value
    raw = raw_of(value, measure)
    has_steps = point.kind not in (PointType.FLOAT32, PointType.FLOAT64)
    is_scaled = (raw_of(0.0, measure), raw_of(1.0, measure)) != (0.0, 1.0)
    return float(round(raw)) if has_steps and is_scaled and math.isfinite(raw) else raw

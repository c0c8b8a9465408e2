"""Devices as the configuration would make them, and a driver's batches as plain rows, for the tests of drivers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from drivers.base import Driver, Opening
from drivers.catalog import DRIVERS
from edge.config.measure import MeasureFile
from edge.config.point import Point
from edge.model.moment import Moment
from edge.model.sample import Batch, Mark, Quality
from edge.model.tag import SESSION, Device, Tag, tag_name
from edge.ports import Clock, Links


def device(driver: str, name: str, tags: Mapping[str, Mapping[str, Any]], connection: Mapping[str, Any]) -> Device:
    row = DRIVERS[driver]
    built = [_tag(row.point, name, key, given) for key, given in tags.items()]
    session = Tag(tag_name(name, SESSION), name, SESSION, "", {})
    connected = row.connection.model_validate_json(json.dumps(connection), strict=True)
    return Device(name, "type", driver, "area", {}, connected, (*built, session))


def _tag(model: type[Point], device_name: str, key: str, given: Mapping[str, Any]) -> Tag:
    """Keys of `MeasureFile` say what a number is worth, all others are the point's."""
    common = {name: value for name, value in given.items() if name in MeasureFile.model_fields}
    own = {name: value for name, value in given.items() if name not in common}
    point = model.model_validate_json(json.dumps(own), strict=True)
    measure = MeasureFile.model_validate_json(json.dumps(common), strict=True).measure
    return Tag(tag_name(device_name, key), device_name, key, "", {}, None, point, measure, is_text=point.is_text)


@dataclass(frozen=True, slots=True)
class Row:
    """A sample under its tag's name."""

    tag: str
    value: float
    quality: Quality
    at: Moment
    source_time: Moment
    mark: Mark
    text: str | None = None


async def until(
    arriving: AsyncIterator[list[Row]], wanted: Callable[[Sequence[Row]], bool], deadline_s: float = 15.0
) -> list[Row]:
    """All rows up to and with the first batch after which `wanted` holds of them."""
    seen: list[Row] = []
    async with asyncio.timeout(deadline_s):
        async for rows in arriving:
            seen += rows
            if wanted(seen):
                return seen
    raise AssertionError("the driver ended")


class Rig:
    """The drivers of some devices, one after the other or all at once."""

    def __init__(self, devices: Sequence[Device], clock: Clock, links: Links, secret: Callable[[str], str] = str) -> None:
        self._names = [tag.name for each in devices for tag in each.tags]
        slots = {name: slot for slot, name in enumerate(self._names)}
        self.clock = clock
        self.drivers: list[Driver] = []
        for name in {each.driver: None for each in devices}:
            module, function = DRIVERS[name].factory.split(":")
            factory = getattr(__import__(module, fromlist=[function]), function)
            mine = [each for each in devices if each.driver == name]
            self.drivers += factory(Opening(mine, slots, clock, links, secret))

    def rows(self, batch: Batch) -> list[Row]:
        return [
            Row(self._names[each.slot], each.value, each.quality, each.received_time, each.source_time, each.mark, each.text)
            for each in batch.samples()
        ]

    @asynccontextmanager
    async def batches(self, number: int = 0) -> AsyncIterator[AsyncIterator[list[Row]]]:
        """The batches of one driver as rows; it is closed at the end."""
        source = self.drivers[number].batches()

        async def rows() -> AsyncIterator[list[Row]]:
            async for batch in source:
                # As the pipeline does when nothing came of it.
                for ticket in batch.tickets:
                    ticket()
                yield self.rows(batch)

        try:
            yield rows()
        finally:
            await source.aclose()  # type: ignore[attr-defined]  # both drivers are generators

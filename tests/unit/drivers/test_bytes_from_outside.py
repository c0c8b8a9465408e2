"""What comes from outside, cut at every byte and damaged, through whole drivers: no wrong value, no crash, and nothing kept.

Beside these: frames of Modbus in `test_modbus_exchange.py`, packets of MQTT in `test_mqtt_frames.py`, payloads of Sparkplug in
`test_sparkplug_codec.py`, bytes of an S7 block in `test_s7_codec.py`."""

from __future__ import annotations

import asyncio
import json
import math
from codecs import BOM_UTF8
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.catalog import DRIVERS
from drivers.memory import MemoryLinks
from drivers.mqtt.memory import MemoryMqttBroker
from edge.config.sheets.csv_file import csv_bytes, read_csv
from edge.config.sheets.grid import NotAList, Sheet
from edge.config.sheets.xlsx_file import read_xlsx, xlsx_bytes
from edge.config.tag_list.columns import columns_of
from edge.model.moment import MILLISECOND, SECOND, from_iso
from edge.model.sample import Quality
from edge.runtime.virtual import VirtualClock, run_virtually
from tests.driver_rig import Rig, Row, device

START = from_iso("2026-05-04T08:00:00Z")

# --- MQTT -----------------------------------------------------------------------------------------------------------

PAYLOAD = b'{"t": 1777881600, "v": {"rms": 2.75, "peak": 11.5}, "on": true, "mode": "auto"}'
FAN = {
    "rms": {"topic": "fan", "path": "v.rms", "valid": [0, 10]},
    "on": {"topic": "fan", "path": "on", "type": "bool"},
    "mode": {"topic": "fan", "path": "mode", "type": "text"},
}


def heard(payloads: Sequence[bytes]) -> list[Row]:
    """What one driver says of these payloads, one after the other, and of the proper one at last."""

    async def main(clock: VirtualClock) -> list[Row]:
        broker = MemoryMqttBroker(clock)
        rig = Rig([device("mqtt", "F", FAN, {"host": "b"})], clock, MemoryLinks(clock, modbus={}, mqtt={("b", 1883): broker}))
        seen: list[Row] = []

        async def read() -> None:
            async with rig.batches() as batches:
                async for rows in batches:
                    seen.extend(rows)

        reading = asyncio.create_task(read())
        for payload in (*payloads, PAYLOAD):
            await clock.sleep_until(clock.now() + MILLISECOND)
            broker.publish("fan", payload)
        await clock.sleep_until(clock.now() + MILLISECOND)
        assert not reading.done()
        assert len(rig.drivers[0].refused_inputs()) <= 60
        reading.cancel()
        await asyncio.wait({reading})
        return seen

    return run_virtually(main, START)


def test_an_mqtt_payload_cut_anywhere_is_no_value() -> None:
    rows = heard([PAYLOAD[:end] for end in range(len(PAYLOAD))])
    good = [row for row in rows if row.quality is Quality.GOOD and row.tag != "F.session"]
    assert [(row.tag, row.text or row.value) for row in good] == [("F.rms", 2.75), ("F.on", 1.0), ("F.mode", "auto")]


@settings(max_examples=10)
@given(st.lists(st.tuples(st.integers(0, len(PAYLOAD) - 1), st.integers(0, 255)), min_size=50, max_size=50))
def test_a_damaged_mqtt_payload_is_what_it_says_as_json_or_no_value(damage: list[tuple[int, int]]) -> None:
    payloads = [PAYLOAD[:at] + bytes([byte]) + PAYLOAD[at + 1 :] for at, byte in damage]
    said = set()
    for payload in (*payloads, PAYLOAD):
        try:
            document = json.loads(payload)
        except (ValueError, RecursionError):
            continue
        v = document.get("v") if isinstance(document, dict) else None
        said.add(v.get("rms") if isinstance(v, dict) else None)
    for row in heard(payloads):
        if row.tag == "F.rms" and row.quality is Quality.GOOD:
            assert row.value in said and 0 <= row.value <= 10


# --- recordings -----------------------------------------------------------------------------------------------------

CSV = b"time,Pressure,Running\n2020-03-09 10:14:33,10.25,on\n2020-03-09 10:14:34,20.5,off\n2020-03-09 10:14:35,30.75,on\n"
PUMP = {"pressure": {"column": "Pressure", "valid": [0, 100]}, "running": {"column": "Running", "type": "bool"}}


def played(path: Path, content: bytes) -> list[Row]:
    path.write_bytes(content)

    async def main(clock: VirtualClock) -> list[Row]:
        rig = Rig([device("replay", "P", PUMP, {"file": str(path)})], clock, MemoryLinks(clock, modbus={}, mqtt={}))
        seen: list[Row] = []

        async def read() -> None:
            async with rig.batches() as batches:
                async for rows in batches:
                    seen.extend(rows)

        reading = asyncio.create_task(read())
        await clock.sleep_until(START + 4 * SECOND)
        assert not reading.done()
        reading.cancel()
        await asyncio.wait({reading})
        return seen

    return run_virtually(main, START)


def good_pressures(rows: Sequence[Row]) -> list[float]:
    return [row.value for row in rows if row.tag == "P.pressure" and row.quality is Quality.GOOD]


def test_a_recording_cut_anywhere_plays_the_whole_rows_before_the_cut(tmp_path: Path) -> None:
    for end in range(0, len(CSV)):
        cut = CSV[:end]
        whole = [float(line.split(b",")[1]) for line in cut.split(b"\n")[1:-1] if line]
        got = good_pressures(played(tmp_path / "a.csv", cut))
        assert got[: len(whole)] == whole and len(got) <= len(whole) + 1, cut
        # Whether a last row without its end is whole, nobody can see; but what stands in it is what is said.
        assert all(str(value).removesuffix(".0") in cut.decode().rpartition("\n")[2] for value in got[len(whole) :])


@settings(max_examples=30)
@given(at=st.integers(0, len(CSV) - 1), byte=st.integers(0, 255))
def test_a_damaged_recording_says_what_stands_in_it_or_nothing(
    at: int, byte: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    damaged = CSV[:at] + bytes([byte]) + CSV[at + 1 :]
    text = damaged.decode("latin-1")
    for value in good_pressures(played(tmp_path_factory.getbasetemp() / "damaged.csv", damaged)):
        assert math.isfinite(value) and 0 <= value <= 100
        assert any(_is(cell, value) for line in text.splitlines() for cell in line.replace(chr(34), "").split(","))


def _is(cell: str, value: float) -> bool:
    try:
        return float(cell) == value
    except ValueError:
        return False


# --- tag lists ------------------------------------------------------------------------------------------------------

COLUMNS = columns_of([row.point for row in DRIVERS.values()])
ROWS = [["device", "tag", "unit"], ["B1", "steam", "bar"], ["B2", "水位", "mm"]]

#: Made once: it holds the time at which it was made.
WORKBOOK = xlsx_bytes([("tags", COLUMNS[:3], ROWS)])


def texts(sheet: Sheet) -> list[list[str]]:
    return [[str(each.value) for each in row if not each.is_empty] for row in sheet.rows]


def test_a_csv_list_cut_anywhere_is_the_rows_before_the_cut_or_none() -> None:
    whole = csv_bytes(ROWS)
    for end in range(len(BOM_UTF8), len(whole)):
        with suppress(NotAList):
            *before, last = texts(read_csv(whole[:end], COLUMNS)) or [[]]
            assert before == ROWS[: len(before)]
            assert all(cell in "".join(ROWS[len(before)]) for cell in last if len(before) < len(ROWS))


def test_a_damaged_csv_list_is_one_or_none() -> None:
    whole = csv_bytes(ROWS)
    for at in range(len(whole)):
        for byte in (0, 0x22, 0xFF, whole[at] ^ 0x55):
            with suppress(NotAList):
                read_csv(whole[:at] + bytes([byte]) + whole[at + 1 :], COLUMNS)


@settings(max_examples=150)
@given(data=st.data())
def test_a_workbook_cut_or_damaged_has_the_cells_that_were_written_or_none(data: st.DataObject) -> None:
    whole = WORKBOOK
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = data.draw(st.sampled_from([whole[:at], whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :]]))
    with suppress(NotAList):
        for sheet in read_xlsx(damaged):
            assert texts(sheet) == ROWS[: len(sheet.rows)]

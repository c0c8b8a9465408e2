"""What the replay driver may rely on: the same tests over a recording read in a thread and one read in place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from drivers.links import SocketLinks
from drivers.memory import MemoryLinks
from edge.model.errors import DeviceUnreachable
from edge.ports import RecordingLink, RecordingSource
from edge.runtime.clock import SteadyClock

Opens = Callable[[RecordingSource], RecordingLink]


@pytest.fixture(params=["thread", "memory"])
def opens(request: pytest.FixtureRequest) -> Opens:
    clock = SteadyClock()
    return SocketLinks(clock).recording if request.param == "thread" else MemoryLinks(clock, modbus={}, mqtt={}).recording


def source(path: Path) -> RecordingSource:
    return RecordingSource(str(path), "time", ("v",))


async def test_rows_come_in_order_with_their_numbers_and_nothing_follows_the_last(opens: Opens, tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("time,v\n" + "".join(f"{number},{number}\n" for number in range(1_200)))
    link = opens(source(path))
    assert await link.rewind() == ("time", "v")
    numbers: list[int] = []
    while records := await link.read():
        numbers += [record.number for record in records]
    assert numbers == list(range(2, 1_202))
    assert len(await link.read()) == 0
    await link.close()


async def test_a_rewound_recording_begins_with_its_first_row(opens: Opens, tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("time,v\n1,2\n")
    link = opens(source(path))
    for _ in range(2):
        await link.rewind()
        assert [record.cells for record in await link.read()] == [("1", "2")]
    await link.close()


async def test_a_row_that_is_no_csv_does_not_end_the_recording(opens: Opens, tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text(f'time,v\n1,"{"x" * 140_000}"\n2,3\n')
    link = opens(source(path))
    await link.rewind()
    records = await link.read()
    assert records[0].cells is None
    assert records[-1].cells == ("2", "3")
    await link.close()


async def test_what_is_not_there_is_unreachable_and_closing_it_is_nothing(opens: Opens, tmp_path: Path) -> None:
    link = opens(source(tmp_path / "none.csv"))
    with pytest.raises(DeviceUnreachable):
        await link.rewind()
    await link.close()

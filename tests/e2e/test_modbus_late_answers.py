"""Over RTU no frame says which request it answers: however late answers come, none is ever taken for another one's."""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence

import pytest

from drivers.base import ConnectionLost
from drivers.links import SocketLinks
from edge.model.errors import BadResponse, DeviceUnreachable
from edge.model.sample import Quality
from edge.ports import ModbusAccess, ModbusLink, SerialLine
from edge.runtime.clock import SteadyClock
from tests.driver_rig import Rig, Row, device, until
from tests.modbus_slave import Slave, rtu_length, serial_slave, summed, tcp_slave

TIMEOUT_S = 0.15
LINE = SerialLine(115200, "none", 1)


class Behind(Slave):
    """Its answers wait until `behind` more have come; they leave in order, all that are too many at once. mute: functions that
    it does not even refuse; last: its last register."""

    def __init__(self) -> None:
        super().__init__()
        self.behind = 0
        self.mute: set[int] = set()
        self.last = 0xFFFF
        self._waiting: deque[bytes] = deque()

    def rtu(self, request: bytes) -> bytes:
        function, address, count = struct.unpack(">BHH", request[1:6])
        if function == 3 and address + count - 1 > self.last:
            self._waiting.append(summed(bytes((request[0], 0x83, 2))))
        elif function not in self.mute:
            self._waiting.append(super().rtu(request))
        sent = b""
        while len(self._waiting) > self.behind:
            sent += self._waiting.popleft()
        return sent


@pytest.fixture
def slave() -> Behind:
    return Behind()


@pytest.fixture(params=["serial", "rtu over tcp"])
async def link(request: pytest.FixtureRequest, slave: Behind) -> AsyncIterator[ModbusLink]:
    links = SocketLinks(SteadyClock())
    if request.param == "serial":
        async with serial_slave(slave) as path:
            opened = links.modbus(path, 0, ModbusAccess("rtu", line=LINE), timeout_s=TIMEOUT_S)
            yield opened
            await opened.close()
    else:
        async with tcp_slave(slave.rtu, rtu_length) as port:
            opened = links.modbus("127.0.0.1", port, ModbusAccess("rtu_over_tcp"), timeout_s=TIMEOUT_S)
            yield opened
            await opened.close()


async def value(link: ModbusLink, number: int, count: int = 1) -> bytes | None:
    try:
        return await link.read(3, 3, number, count)
    except (DeviceUnreachable, BadResponse):
        return None


def held(number: int, count: int = 1) -> bytes:
    return struct.pack(f">{count}H", *range(number, number + count))


@pytest.mark.parametrize("count", [1, 3])
async def test_a_unit_that_is_some_answers_behind_gives_none_of_them_for_another(
    link: ModbusLink, slave: Behind, count: int
) -> None:
    assert await value(link, 7, count) == held(7, count)
    for behind in (1, 2, 1):
        slave.behind = behind
        for number in (0, 500, 0):
            assert await value(link, number, count) in (None, held(number, count))
    slave.behind = 0
    got = [await value(link, number, count) for number in (0, 500, 0, 500, 0)]
    assert set(got) <= {None, held(0, count), held(500, count)}
    assert got[-2:] == [held(500, count), held(0, count)], "and it is heard again as soon as it keeps up"


@pytest.mark.parametrize(
    "unkind",
    [lambda slave: slave.mute.add(8), lambda slave: setattr(slave, "last", 7)],
    ids=["mute to what it does not know", "without a register more"],
)
async def test_a_unit_is_heard_again_whatever_it_understands(
    link: ModbusLink, slave: Behind, unkind: Callable[[Behind], None]
) -> None:
    unkind(slave)
    assert await value(link, 7) == held(7)
    slave.behind = 2
    assert await value(link, 6) is None
    slave.behind = 0
    got = [await value(link, number) for number in (7, 6, 7, 6)]
    assert set(got) <= {None, held(7), held(6)} and got[-2:] == [held(7), held(6)]


def shown(tags: set[str], quality: Quality) -> Callable[[Sequence[Row]], bool]:
    return lambda rows: tags <= {row.tag for row in rows if row.quality is quality}


async def test_a_device_that_hangs_for_many_time_outs_shows_no_tag_the_value_of_another(slave: Behind) -> None:
    """Two scan groups of one register each; what was asked while it hung is answered afterwards, all of it."""
    tags = {
        "a": {"address": "holding 0", "type": "uint16", "every": "70ms"},
        "b": {"address": "holding 500", "type": "uint16", "every": "50ms"},
    }
    clock = SteadyClock(20.0)
    async with tcp_slave(slave.rtu, rtu_length) as port:
        connection = {"host": "127.0.0.1", "port": port, "frames": "rtu", "timeout": "150ms"}
        rig = Rig([device("modbus", "D", tags, connection)], clock, SocketLinks(clock))
        seen: list[Row] = []
        async with rig.batches() as arriving:
            for behind, quality in ((0, Quality.GOOD), (3, Quality.BAD), (0, Quality.GOOD)):
                slave.behind = behind
                seen += await until(arriving, shown({"D.a", "D.b"}, quality))
    assert {(row.tag, row.value) for row in seen if row.tag != "D.session"} == {("D.a", 0.0), ("D.b", 500.0)}


async def test_where_reading_has_an_effect_no_register_more_is_read(slave: Behind) -> None:
    clock = SteadyClock(20.0)
    async with tcp_slave(slave.rtu, rtu_length) as port:
        connection = {"host": "127.0.0.1", "port": port, "frames": "rtu", "timeout": "150ms", "gaps": "never"}
        plc = device("modbus", "D", {"a": {"address": "holding 0", "type": "uint16"}}, connection)
        rig = Rig([plc], clock, SocketLinks(clock))
        async with rig.batches() as arriving:
            for behind, quality in ((0, Quality.GOOD), (2, Quality.BAD), (0, Quality.GOOD)):
                slave.behind = behind
                await until(arriving, shown({"D.a"}, quality))
    assert {pdu[1] for pdu in slave.asked} == {3, 8}
    assert {pdu[4:] for pdu in slave.asked if pdu[1] == 3} == {b"\0\1"}


async def test_a_write_that_waits_behind_a_probe_without_an_answer_was_not_sent(link: ModbusLink, slave: Behind) -> None:
    slave.silent = {3}
    with pytest.raises(DeviceUnreachable) as unknown:
        await link.write(3, 6, 7, b"\0\1")
    assert not isinstance(unknown.value, ConnectionLost), "it may have been done"
    with pytest.raises(ConnectionLost, match="not sent"):
        await link.write(3, 6, 7, b"\0\2")
    assert [pdu for pdu in slave.asked if pdu[1] == 6] == [b"\3\6\0\7\0\1"]

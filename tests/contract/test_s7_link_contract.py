"""What the S7 driver may rely on, over sockets and in memory alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest

from drivers.base import ConnectionLost
from drivers.links import SocketLinks
from drivers.memory import MemoryLinks
from drivers.s7.absent import AbsentS7Link
from drivers.s7.memory import MemoryCpu
from edge.model.errors import BadResponse, DeviceRefused, DeviceUnreachable
from edge.ports import S7Link
from edge.runtime.clock import SteadyClock
from tests.modbus_server import free_port, serving
from tests.relay import Relay
from tests.s7_server import BLOCK, Cpu, cpu_of, of_function, with_data

TIMEOUT_S = 1.0
READ, WRITE = 0x04, 0x05
CONTENT = bytes(range(256)) * 2


@dataclass
class Machine:
    """A link, and the hands on the CPU behind it."""

    link: S7Link
    memory: MemoryCpu | None = None
    cpu: Cpu | None = None

    def content(self) -> bytes:
        return bytes(self.memory.areas["DB", BLOCK] if self.memory is not None else self.real.block)

    def run(self, running: bool | None) -> None:
        if self.memory is not None:
            self.memory.running = running
            return
        self.real.tells_state = running is not None
        self.real.set_cpu_status(8 if running else 4)

    @property
    def real(self) -> Cpu:
        assert self.cpu is not None
        return self.cpu


@pytest.fixture(params=["sockets", "memory"])
async def machine(request: pytest.FixtureRequest) -> AsyncIterator[Machine]:
    clock = SteadyClock()
    if request.param == "memory":
        memory = MemoryCpu({("DB", BLOCK): bytearray(CONTENT), ("M", 0): bytearray(32)})
        links = MemoryLinks(clock, modbus={}, mqtt={}, s7={("plc", 102): memory})
        yield Machine(links.s7("plc", 102, rack=0, slot=1, kind=1, timeout_s=TIMEOUT_S), memory=memory)
        return
    with cpu_of(bytearray(CONTENT)) as cpu:
        link = SocketLinks(clock).s7("127.0.0.1", cpu.port, rack=0, slot=1, kind=1, timeout_s=TIMEOUT_S)
        yield Machine(link, cpu=cpu)
        await link.close()


async def test_bytes_come_as_they_stand_also_more_than_one_request_holds(machine: Machine) -> None:
    assert await machine.link.read("DB", BLOCK, 3, 4) == CONTENT[3:7]
    assert await machine.link.read("DB", BLOCK, 0, 512) == CONTENT
    assert await machine.link.read("M", 0, 0, 2) == bytes(2)


@pytest.mark.parametrize(("block", "start", "code"), [(BLOCK, 511, 0x05), (99, 0, 0x0A)])
async def test_what_does_not_stand_there_is_refused_and_the_connection_is_as_good_as_before(
    machine: Machine, block: int, start: int, code: int
) -> None:
    with pytest.raises(DeviceRefused) as refused:
        await machine.link.read("DB", block, start, 4)
    assert refused.value.code in (code, 0x05, 0x0A), "some CPUs have one code for both"
    assert await machine.link.read("DB", BLOCK, 0, 1) == b"\0"


async def test_bytes_are_written_and_a_bit_alone(machine: Machine) -> None:
    await machine.link.write("DB", BLOCK, 4, b"\xaa\xbb")
    await machine.link.write_bit("DB", BLOCK, 7, 3, True)
    await machine.link.write_bit("DB", BLOCK, 7, 0, False)
    assert machine.content()[:10] == b"\x00\x01\x02\x03\xaa\xbb\x06\x0e\x08\x09"


async def test_it_says_whether_it_runs_or_nothing(machine: Machine) -> None:
    said = []
    for running in (True, False, None):
        machine.run(running)
        said.append(await machine.link.runs())
    assert said == [True, False, None]


async def test_several_at_once_go_in_turn(machine: Machine) -> None:
    answers = await asyncio.gather(*(machine.link.read("DB", BLOCK, at, 1) for at in range(20)))
    assert b"".join(answers) == CONTENT[:20]


@pytest.mark.parametrize("beyond", [-3, -1, 1, 2])
async def test_an_answer_of_another_length_than_was_asked_for_is_none(beyond: int) -> None:
    with cpu_of(bytearray(CONTENT)) as cpu:
        link = SocketLinks(SteadyClock()).s7("127.0.0.1", cpu.port, rack=0, slot=1, kind=1, timeout_s=TIMEOUT_S)
        cpu.beyond = beyond
        with pytest.raises(BadResponse, match=f"{4 + beyond} bytes came, 4 were asked for"):
            await link.read("DB", BLOCK, 3, 4)
        cpu.beyond = 0
        assert await link.read("DB", BLOCK, 3, 4) == CONTENT[3:7], "over a new connection"
        await link.close()


@pytest.mark.parametrize(
    ("twisted", "why"),
    [
        (of_function(WRITE), "an answer to function 5, 4 was asked for"),
        (of_function(0x28), "an answer to function 40, 4 was asked for"),
        (with_data(b""), "without a return code"),
    ],
)
async def test_an_answer_to_something_else_is_no_value(twisted: Callable[[bytes], bytes], why: str) -> None:
    with cpu_of(bytearray(CONTENT)) as cpu:
        link = SocketLinks(SteadyClock()).s7("127.0.0.1", cpu.port, rack=0, slot=1, kind=1, timeout_s=TIMEOUT_S)
        cpu.twisted = twisted
        with pytest.raises(BadResponse, match=why):
            await link.read("DB", BLOCK, 3, 4)
        cpu.twisted = bytes
        assert await link.read("DB", BLOCK, 3, 4) == CONTENT[3:7], "over a new connection"
        await link.close()


@pytest.mark.parametrize(
    ("twisted", "why"),
    [
        (lambda answer: of_function(READ)(with_data(b"\xff\x04\x00\x00")(answer)), "an answer to function 4, 5 was asked for"),
        (with_data(b""), "without a return code"),
    ],
)
async def test_a_write_that_is_answered_by_something_else_is_not_taken_for_done(
    twisted: Callable[[bytes], bytes], why: str
) -> None:
    with cpu_of(bytearray(CONTENT)) as cpu:
        link = SocketLinks(SteadyClock()).s7("127.0.0.1", cpu.port, rack=0, slot=1, kind=1, timeout_s=TIMEOUT_S)
        cpu.twisted = twisted
        with pytest.raises(BadResponse, match=why):
            await link.write("DB", BLOCK, 3, b"\x01\x02")
        await link.close()


@pytest.mark.parametrize("code", [0x01, 0x03, 0x0A])
async def test_the_code_by_which_a_write_is_refused_is_told(code: int) -> None:
    with cpu_of(bytearray(CONTENT)) as cpu:
        link = SocketLinks(SteadyClock()).s7("127.0.0.1", cpu.port, rack=0, slot=1, kind=1, timeout_s=TIMEOUT_S)
        cpu.twisted = with_data(bytes([code]))
        with pytest.raises(DeviceRefused) as refused:
            await link.write("DB", BLOCK, 3, b"\x01\x02")
        assert refused.value.code == code
        await link.close()


async def test_without_the_library_each_request_says_which_package_is_missing() -> None:
    link: S7Link = AbsentS7Link()
    for request in (
        link.read("DB", BLOCK, 0, 1),
        link.write("DB", BLOCK, 0, b"\0"),
        link.write_bit("DB", BLOCK, 0, 0, True),
        link.runs(),
    ):
        with pytest.raises(ConnectionLost, match=r"python-snap7 is not installed: pip install 'andon\[s7\]'"):
            await request
    await link.close()


async def test_where_nobody_listens_there_is_no_connection() -> None:
    clock = SteadyClock()
    links = (SocketLinks(clock), MemoryLinks(clock, modbus={}, mqtt={}))
    for link in (each.s7("127.0.0.1", free_port(), rack=0, slot=1, kind=1, timeout_s=TIMEOUT_S) for each in links):
        with pytest.raises(DeviceUnreachable, match="no connection"):
            await link.read("DB", 1, 0, 1)


@pytest.mark.parametrize("said", [b"", b"\x03\x00\x00\x04", b"HTTP/1.1 400 Bad Request\r\n\r\n", bytes(300)])
async def test_who_speaks_something_else_is_no_cpu(said: bytes) -> None:
    async with serving(lambda request: [said, None]) as server:
        link = SocketLinks(SteadyClock()).s7("127.0.0.1", server.port, rack=0, slot=1, kind=1, timeout_s=0.3)
        with pytest.raises(DeviceUnreachable):
            await link.read("DB", 1, 0, 1)
        await link.close()


async def test_who_is_cancelled_as_an_answer_comes_ends() -> None:
    """Over sockets, at each turn of the event loop behind it; none of them may be the one at which the library loses it."""
    with cpu_of(bytearray(CONTENT)) as cpu:
        async with Relay(cpu.port).serving() as relay:
            for turns in range(20):
                link = SocketLinks(SteadyClock()).s7("127.0.0.1", relay.port, rack=0, slot=1, kind=1, timeout_s=TIMEOUT_S)
                await link.read("DB", BLOCK, 0, 2)

                async def poll(link: S7Link = link) -> None:
                    while True:
                        await link.read("DB", BLOCK, 0, 2)

                polling = asyncio.create_task(poll())

                async def cancel(polling: asyncio.Task[None] = polling, turns: int = turns) -> None:
                    relay.on_answer = None
                    for _ in range(turns):
                        await asyncio.sleep(0)  # noqa: TID251 - a turn of the event loop, no time
                    polling.cancel()

                relay.on_answer = cancel
                await asyncio.wait({polling}, timeout=2 * TIMEOUT_S)
                ended = polling.done()
                polling.cancel()
                await link.close()
                assert ended, f"lost {turns} turns behind the answer"

"""What the OPC UA driver may rely on, over sockets and in memory alike: the same tests over both forms of its link."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from drivers.links import SocketLinks
from drivers.memory import MemoryLinks
from drivers.opcua.codec import Kind
from drivers.opcua.memory import MemoryNode, MemoryOpcUaServer
from drivers.opcua.status import Status, quality_of
from edge.model.errors import DeviceUnreachable
from edge.model.sample import Quality
from edge.ports import OpcUaAccess, OpcUaChange, OpcUaCondition, OpcUaItem, OpcUaLink, OpcUaNotice, OpcUaRefreshed
from edge.runtime.clock import SteadyClock
from tests.opcua_server import URI, OpcUaServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

DEADLINE_S = 10.0
TEMP, COUNT, NOWHERE = "ns=3;s=Line.Temp", "ns=3;s=Line.Count", "ns=3;s=Line.Nowhere"


@dataclass(frozen=True, slots=True)
class Form:
    """A link, and what the server behind it is told: to show a value, to say of `Line/Hot` that it is active or not."""

    link: OpcUaLink
    show: Callable[[str, Any], Awaitable[Any]]
    alarm: Callable[[bool], Awaitable[Any]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(opcua_line: OpcUaServer) -> OpcUaServer:
    await opcua_line.up()
    return opcua_line


@pytest_asyncio.fixture(params=["sockets", "memory"], loop_scope="module")
async def form(request: pytest.FixtureRequest, server: OpcUaServer) -> AsyncIterator[Form]:
    clock = SteadyClock()
    if request.param == "memory":
        way = ((0, "Objects"), (3, "Line"))
        nodes = {
            TEMP: MemoryNode(Kind.DOUBLE, 20.5, way=(*way, (3, "Temp"))),
            COUNT: MemoryNode(Kind.INT32, 7, way=(*way, (3, "Count"))),
        }
        twin = MemoryOpcUaServer(clock, ("ua", "own", "urn:test:other", URI), nodes)

        async def show(node: str, value: Any) -> None:
            twin.set(node, value)

        async def alarm(active: bool) -> None:
            twin.condition("Line/Hot", active=active, severity=700, message="料温高")

        link = MemoryLinks(clock, modbus={}, mqtt={}, opcua={"opc.tcp://plc": twin}).opcua(OpcUaAccess("opc.tcp://plc"))
    else:

        async def show(node: str, value: Any) -> None:
            await server.tell(set={node.rpartition(".")[2]: value})

        async def alarm(active: bool) -> None:
            await server.tell(alarm="Hot", active=active, severity=700, message="料温高")

        link = SocketLinks(clock).opcua(OpcUaAccess(server.url, keepalive_s=1.0))
    async with aclosing(_Closing(link)):
        yield Form(link, show, alarm)
        await show(TEMP, 20.5)
        await show(COUNT, 7)


class _Closing:
    def __init__(self, link: OpcUaLink) -> None:
        self._link = link

    async def aclose(self) -> None:
        await self._link.close()


async def notices(link: OpcUaLink, enough: Callable[[Sequence[OpcUaNotice]], bool]) -> list[OpcUaNotice]:
    came: list[OpcUaNotice] = []
    async with asyncio.timeout(DEADLINE_S):
        while not enough(came):
            came += await link.notices(wait=True)
    return came


async def test_without_a_session_nothing_is_answered(form: Form) -> None:
    for asked in (
        lambda: form.link.read([TEMP]),
        lambda: form.link.notices(wait=False),
        lambda: form.link.write(TEMP, Kind.DOUBLE, 1.0),
        lambda: form.link.subscribe(100.0, []),
    ):
        with pytest.raises(DeviceUnreachable):
            await asked()


async def test_a_session_knows_namespaces_ways_and_values(form: Form) -> None:
    namespaces = await form.link.connect()
    assert namespaces[3] == URI
    way = [(0, "Objects"), (3, "Line")]
    found = await form.link.resolve([[*way, (3, "Temp")], [*way, (3, "Nowhere")], [*way, (2, "Temp")]])
    assert found == [TEMP, Status.BAD_NO_MATCH, Status.BAD_NO_MATCH]
    temp, nowhere, count = await form.link.read([TEMP, NOWHERE, COUNT])
    assert (temp.status, temp.kind, temp.value) == (Status.GOOD, Kind.DOUBLE, 20.5)
    assert (nowhere.status, nowhere.value) == (Status.BAD_NODE_ID_UNKNOWN, None)
    assert (count.kind, count.value) == (Kind.INT32, 7)
    assert temp.source_time is not None and temp.received_time <= count.received_time


async def test_a_subscription_tells_what_is_so_and_then_what_changes_in_order(form: Form) -> None:
    await form.link.connect()
    items = [OpcUaItem(number, node, 0.0, 10) for number, node in ((4, TEMP), (5, NOWHERE), (6, COUNT))]
    codes = await form.link.subscribe(50.0, items)
    assert codes == [Status.GOOD, Status.BAD_NODE_ID_UNKNOWN, Status.GOOD]
    first = await notices(form.link, lambda came: len(came) >= 2)
    assert {(each.number, each.value.value) for each in first if isinstance(each, OpcUaChange)} == {(4, 20.5), (6, 7)}
    for value in (21.0, 22.0, 23.0):
        await form.show(TEMP, value)
    changed = await notices(form.link, lambda came: len(came) >= 3)
    assert [each.value.value for each in changed if isinstance(each, OpcUaChange)] == [21.0, 22.0, 23.0]
    assert await form.link.notices(wait=False) == () or list(await form.link.notices(wait=False)) == []


async def test_what_is_written_is_what_is_read(form: Form) -> None:
    await form.link.connect()
    assert await form.link.kind_of(COUNT) == Kind.INT32
    assert await form.link.write(COUNT, Kind.INT32, 41) == Status.GOOD
    (read,) = await form.link.read([COUNT])
    assert (read.value, read.kind) == (41, Kind.INT32)
    assert await form.link.kind_of(NOWHERE) == 0
    assert quality_of(await form.link.write(NOWHERE, Kind.INT32, 1)) is Quality.BAD


async def test_an_alarm_that_stands_is_told_and_then_that_all_are_told(form: Form) -> None:
    await form.alarm(True)
    await form.link.connect()
    assert await form.link.listen()
    told = await notices(form.link, lambda came: any(isinstance(each, OpcUaRefreshed) for each in came))
    standing = [each for each in told if isinstance(each, OpcUaCondition)]
    assert [(each.name, each.active, each.severity, each.refreshed) for each in standing] == [("Line/Hot", True, 700, True)]
    assert await form.link.acknowledge(standing[0].node, b"another", "") == Status.BAD_EVENT_ID_UNKNOWN
    assert await form.link.acknowledge(standing[0].node, standing[0].event_id, "li") == Status.GOOD
    acknowledged = await notices(form.link, lambda came: len(came) >= 1)
    assert [(each.acknowledged, each.refreshed) for each in acknowledged if isinstance(each, OpcUaCondition)] == [(True, False)]
    await form.alarm(False)
    ended = await notices(form.link, lambda came: len(came) >= 1)
    assert [each.active for each in ended if isinstance(each, OpcUaCondition)] == [False]


async def test_a_new_session_knows_nothing_of_the_one_before(form: Form) -> None:
    await form.link.connect()
    await form.link.subscribe(50.0, [OpcUaItem(4, TEMP, 0.0, 10)])
    await notices(form.link, lambda came: len(came) >= 1)
    await form.link.connect()
    await form.show(TEMP, 30.0)
    assert list(await form.link.notices(wait=False)) == []
    await form.link.close()
    with pytest.raises(DeviceUnreachable):
        await form.link.notices(wait=True)

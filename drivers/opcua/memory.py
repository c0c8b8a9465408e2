"""A server and its session in memory, for scenarios and tests: nodes with values, conditions, subscriptions, can be cut."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from drivers.opcua.status import Status
from edge.model.errors import DeviceUnreachable
from edge.ports import Clock, OpcUaBrowsed, OpcUaChange, OpcUaCondition, OpcUaItem, OpcUaNotice, OpcUaRefreshed, OpcUaValue

SERVER_URI = "urn:memory:server"
_NULL_NAMESPACE = "http://opcfoundation.org/UA/"


@dataclass(slots=True)
class MemoryNode:
    """kind: number of its built-in type. way: to it from the root, where there is one. writes: the status it answers to one."""

    kind: int
    value: Any
    status: int = Status.GOOD
    way: tuple[tuple[int, str], ...] | None = None
    writes: int = Status.GOOD


@dataclass(slots=True)
class MemoryOpcUaServer:
    """Tells of a change at once, and leaves out what is within a deadband. `cut` ends the sessions; values go on changing.
    acknowledges: the status it answers to an acknowledgement. acknowledged: those that it was asked for."""

    clock: Clock
    namespaces: tuple[str, ...] = (_NULL_NAMESPACE, SERVER_URI)
    nodes: dict[str, MemoryNode] = field(default_factory=dict)
    refreshes: bool = True
    acknowledges: int = Status.GOOD
    acknowledged: list[tuple[str, bytes, str]] = field(default_factory=list)
    _conditions: dict[str, OpcUaCondition] = field(default_factory=dict)
    _sessions: list[MemoryOpcUaLink] = field(default_factory=list)
    _events: int = 0
    _is_cut: bool = False

    def set(self, node: str, value: Any, status: int = Status.GOOD) -> None:
        """The value that a node has from now on. KeyError: there is no such node."""
        known = self.nodes[node]
        known.value, known.status = value, status
        for session in self._sessions:
            session.changed(node)

    def put(self, node: str, value: Any) -> None:
        """A session has written it."""
        self.set(node, value)

    def value_of(self, node: str) -> OpcUaValue:
        now = self.clock.now()
        known = self.nodes.get(node)
        if known is None:
            return OpcUaValue(Status.BAD_NODE_ID_UNKNOWN, 0, None, None, None, now)
        return OpcUaValue(known.status, known.kind, known.value, now, now, now)

    def condition(self, name: str, *, active: bool, severity: int = 500, message: str = "") -> None:
        """What the server says of a condition from now on; nobody has acknowledged it."""
        now = self.clock.now()
        self._events += 1
        event_id = self._events.to_bytes(4, "big")
        said = OpcUaCondition(name, f"ns=1;s={name}", event_id, active, severity, message, False, now, now)
        self._conditions[name] = said
        for session in self._sessions:
            session.happened(said)

    def standing(self) -> list[OpcUaCondition]:
        """Of interest still: active, or not acknowledged."""
        return [each for each in self._conditions.values() if each.active or not each.acknowledged]

    def acknowledge(self, node: str, event_id: bytes, comment: str) -> int:
        self.acknowledged.append((node, event_id, comment))
        known = next((each for each in self._conditions.values() if each.node == node), None)
        if known is None:
            return Status.BAD_NODE_ID_UNKNOWN
        if known.event_id != event_id:
            return Status.BAD_EVENT_ID_UNKNOWN
        if self.acknowledges == Status.GOOD:
            said = replace(known, acknowledged=True, received_time=self.clock.now())
            self._conditions[known.name] = said
            for session in self._sessions:
                session.happened(said)
        return self.acknowledges

    def cut(self) -> None:
        self._is_cut = True
        ended, self._sessions = self._sessions, []
        for session in ended:
            session.end()

    def mend(self) -> None:
        self._is_cut = False

    def enter(self, session: MemoryOpcUaLink) -> None:
        if self._is_cut:
            raise DeviceUnreachable("server: no connection")
        self._sessions.append(session)

    def leave(self, session: MemoryOpcUaLink) -> None:
        if session in self._sessions:
            self._sessions.remove(session)


class MemoryOpcUaLink:
    """Behaves as `SocketOpcUaLink` does. Whoever comes is let in, with whatever name and certificate."""

    def __init__(self, server: MemoryOpcUaServer) -> None:
        self._server = server
        self._is_up = False
        self._items: list[OpcUaItem] = []
        self._told: dict[int, Any] = {}
        self._listens = False
        self._waiting: list[OpcUaNotice] = []
        self._news = asyncio.Event()

    async def connect(self) -> Sequence[str]:
        await self.close()
        self._server.enter(self)
        self._is_up = True
        return self._server.namespaces

    async def resolve(self, ways: Sequence[Sequence[tuple[int, str]]]) -> Sequence[str | int]:
        self._expect_up()
        known = {node.way: name for name, node in self._server.nodes.items() if node.way is not None}
        return [known.get(tuple(way), int(Status.BAD_NO_MATCH)) for way in ways]

    async def read(self, nodes: Sequence[str]) -> Sequence[OpcUaValue]:
        self._expect_up()
        return [self._server.value_of(node) for node in nodes]

    async def subscribe(self, publishing_ms: float, items: Sequence[OpcUaItem]) -> Sequence[int]:
        self._expect_up()
        known = [each for each in items if each.node in self._server.nodes]
        self._items += known
        for each in known:
            self._tell(each)
        return [int(Status.GOOD if each in known else Status.BAD_NODE_ID_UNKNOWN) for each in items]

    async def listen(self) -> bool:
        self._expect_up()
        self._listens = True
        if self._server.refreshes:
            now = self._server.clock.now()
            self._offer(*(replace(each, refreshed=True, received_time=now) for each in self._server.standing()))
            self._offer(OpcUaRefreshed(now))
        return self._server.refreshes

    async def notices(self, *, wait: bool) -> Sequence[OpcUaNotice]:
        if wait and not self._waiting and self._is_up:
            await self._news.wait()
        if not self._waiting:
            self._expect_up()
        taken, self._waiting = self._waiting, []
        if self._is_up:
            self._news.clear()
        return taken

    async def kind_of(self, node: str) -> int:
        self._expect_up()
        known = self._server.nodes.get(node)
        return 0 if known is None else known.kind

    async def write(self, node: str, kind: int, value: bool | int | float | str) -> int:
        self._expect_up()
        known = self._server.nodes.get(node)
        if known is None:
            return Status.BAD_NODE_ID_UNKNOWN
        if known.writes == Status.GOOD:
            self._server.put(node, value)
        return known.writes

    async def acknowledge(self, condition: str, event_id: bytes, comment: str) -> int:
        self._expect_up()
        return self._server.acknowledge(condition, event_id, comment)

    async def browse(self, node: str, limit: int) -> Sequence[OpcUaBrowsed]:
        self._expect_up()
        if node != "i=85":
            return []
        found = [OpcUaBrowsed(name, each.way[-1] if each.way else (1, name), True) for name, each in self._server.nodes.items()]
        return found[:limit]

    async def close(self) -> None:
        self._server.leave(self)
        self._is_up = self._listens = False
        self._items, self._told, self._waiting = [], {}, []
        self._news.clear()

    # --- the server's side ----------------------------------------------------------------------------------------

    def changed(self, node: str) -> None:
        for item in self._items:
            if item.node == node:
                self._tell(item)

    def happened(self, said: OpcUaCondition) -> None:
        if self._listens:
            self._offer(said)

    def end(self) -> None:
        self._is_up = False
        self._news.set()

    def _tell(self, item: OpcUaItem) -> None:
        value = self._server.value_of(item.node)
        told = (value.status, value.value)
        before = self._told.get(item.number)
        if before == told or (before is not None and before[0] == value.status and _is_within(item, before[1], value.value)):
            return
        self._told[item.number] = told
        self._offer(OpcUaChange(item.number, value))

    def _offer(self, *notices: OpcUaNotice) -> None:
        if notices:
            self._waiting.extend(notices)
            self._news.set()

    def _expect_up(self) -> None:
        if not self._is_up:
            raise DeviceUnreachable("server: no session")


def _is_within(item: OpcUaItem, before: Any, value: Any) -> bool:
    numbers = isinstance(before, int | float) and isinstance(value, int | float)
    return numbers and item.deadband is not None and not item.percent and abs(value - before) <= item.deadband

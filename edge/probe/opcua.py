"""One probe of an OPC UA server from end to end: walk down from a node, read what has a value, ask which alarms stand, leave.

It writes nothing. It is bounded in nodes and depth, and goes nowhere twice: address spaces have circles.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from drivers.opcua.address import PathAddress
from drivers.opcua.plan import batched
from drivers.opcua.trouble import ServerRefused, ServerUnreachable
from edge.config.text.finding import Phrase
from edge.model.moment import SECOND, Span
from edge.ports import Clock, Links, OpcUaAccess, OpcUaCondition, OpcUaLink, OpcUaRefreshed, OpcUaValue

OBJECTS = "i=85"
#: What every server has about itself; whoever wants to see it names it.
_SERVER = "i=2253"
DEPTH_MAX = 12
#: Below one node, in one request.
CHILDREN_MAX = 1000
READ_AT_ONCE = 100
ALARMS_WITHIN: Span = 3 * SECOND
_LOOK_EVERY: Span = SECOND // 10


@dataclass(frozen=True, slots=True)
class Wish:
    """start: the node to begin with. most: so many values at most. password_env: the variable that the password is in, for the
    snippet."""

    access: OpcUaAccess
    start: str = OBJECTS
    most: int = 200
    password_env: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A node with a value. path: the way to it from where one began."""

    node: str
    path: PathAddress
    value: OpcUaValue


@dataclass(frozen=True, slots=True)
class Seen:
    """namespaces: by index; empty where there was never a session. alarms: None: the server does not say which stand.
    left_out: whether there is more than was asked for. trouble: why it did not begin, or ended early."""

    namespaces: Sequence[str]
    found: Sequence[Found] = ()
    alarms: Sequence[OpcUaCondition] | None = None
    left_out: bool = False
    trouble: Phrase | None = None


async def look(links: Links, clock: Clock, wish: Wish) -> Seen:
    link = links.opcua(wish.access)
    namespaces: Sequence[str] = ()
    found: list[Found] = []
    try:
        namespaces = await link.connect()
        left_out = await _walk(link, wish, found)
        alarms = await _alarms(link, clock)
    except (ServerRefused, ServerUnreachable) as error:
        return Seen(namespaces, found, trouble=error.phrase)
    finally:
        await link.close()
    return Seen(namespaces, found, alarms, left_out)


async def _walk(link: OpcUaLink, wish: Wish, found: list[Found]) -> bool:
    """Breadth first, so that a cut leaves out what is deepest. Whether something was left out."""
    been = {wish.start, _SERVER} if wish.start != _SERVER else {_SERVER}
    variables: list[tuple[str, PathAddress]] = []
    waiting: deque[tuple[str, PathAddress]] = deque([(wish.start, PathAddress(()))])
    left_out = False
    while waiting and len(variables) < wish.most:
        node, path = waiting.popleft()
        for below in await link.browse(node, CHILDREN_MAX):
            if below.node in been:
                continue
            been.add(below.node)
            there = PathAddress((*path.steps, below.step))
            if below.is_variable:
                variables.append((below.node, there))
            elif len(there.steps) < DEPTH_MAX:
                waiting.append((below.node, there))
            else:
                left_out = True
    left_out = left_out or bool(waiting) or len(variables) > wish.most
    for some in batched(variables[: wish.most], READ_AT_ONCE):
        values = await link.read([node for node, _ in some])
        found += [Found(node, path, value) for (node, path), value in zip(some, values, strict=True)]
    return left_out


async def _alarms(link: OpcUaLink, clock: Clock) -> Sequence[OpcUaCondition] | None:
    if not await link.listen():
        return None
    standing: list[OpcUaCondition] = []
    until = clock.now() + ALARMS_WITHIN
    while clock.now() < until:
        for notice in await link.notices(wait=False):
            if isinstance(notice, OpcUaCondition):
                standing.append(notice)
            elif isinstance(notice, OpcUaRefreshed):
                return standing
        await clock.sleep_until(clock.now() + _LOOK_EVERY)
    return None

"""How nodes are written: by their id, or by the way to them. Pure.

A server may number its namespaces anew with every start (Part 3, 8.2.2), so the safe forms name them by their URI: a node id as
`nsu=http://vendor.example/plc;s=Line.Temp` (Part 6, 5.1.12), a path with the short names that the connection gives to URIs,
`Objects/plc:Line/plc:Temp`. In names of a path, `&` stands before a character that means itself (Part 4, A.2).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_NODE_ID = re.compile(
    r"(?:ns=(?P<index>[0-9]{1,5});|nsu=(?P<uri>[^;]+);)?"
    r"(?P<identifier>i=[0-9]{1,10}|s=.+|g=[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|b=[A-Za-z0-9+/]+={0,2})",
    re.DOTALL,
)
_INDEX_MAX = 0xFFFF
_NUMBER_MAX = 0xFFFFFFFF
_STEP_NAMESPACE = re.compile(r"(?:(?P<index>[0-9]{1,5})|(?P<short>[A-Za-z][A-Za-z0-9_]*)):")
_ESCAPE = "&"

#: A step as a server understands it: namespace index and name.
Step = tuple[int, str]


@dataclass(frozen=True, slots=True)
class NodeAddress:
    """namespace: its index, or its URI. identifier: with its type in front, `s=Line.Temp`."""

    namespace: int | str
    identifier: str

    def __str__(self) -> str:
        if self.namespace == 0:
            return self.identifier
        kind = "ns" if isinstance(self.namespace, int) else "nsu"
        return f"{kind}={self.namespace};{self.identifier}"

    def node_id(self, namespaces: Sequence[str]) -> str | None:
        """As this server numbers its namespaces now; None: it has none of this URI."""
        index = _index_of(self.namespace, namespaces)
        return None if index is None else str(NodeAddress(index, self.identifier))


@dataclass(frozen=True, slots=True)
class PathAddress:
    """From the root on. steps: (namespace, name); the namespace is its index, or a short name that the connection explains."""

    steps: tuple[tuple[int | str, str], ...]

    def __str__(self) -> str:
        return "/".join(f"{space}:{_escaped(name)}" if space else _escaped(name) for space, name in self.steps)

    @property
    def short_names(self) -> frozenset[str]:
        return frozenset(space for space, _ in self.steps if isinstance(space, str))

    def way(self, uris: Mapping[str, str], namespaces: Sequence[str]) -> tuple[Step, ...] | None:
        """uris: by short name. None: the server has no namespace of one of them."""
        indexes = [
            _index_of(uris.get(space, space) if isinstance(space, str) else space, namespaces) for space, _ in self.steps
        ]
        known = [index for index in indexes if index is not None]
        if len(known) < len(indexes):
            return None
        return tuple((index, name) for index, (_, name) in zip(known, self.steps, strict=True))


def parse_node(text: str) -> NodeAddress:
    """`ns=2;s=Line.Temp`, `nsu=URI;i=1001`, `i=2258`. ValueError for anything else."""
    found = _NODE_ID.fullmatch(text)
    index = int(found["index"] or 0) if found else 0
    if found is None or index > _INDEX_MAX:
        raise ValueError(text)
    identifier = found["identifier"]
    if identifier.startswith("i="):
        number = int(identifier[2:])
        if number > _NUMBER_MAX:
            raise ValueError(text)
        identifier = f"i={number}"
    return NodeAddress(found["uri"] or index, identifier)


def parse_path(text: str) -> PathAddress:
    """`Objects/plc:Line/2:Temp`. ValueError for anything else."""
    return PathAddress(tuple(_step(each) for each in _parts(text.removeprefix("/"))))


def _index_of(namespace: int | str, namespaces: Sequence[str]) -> int | None:
    if isinstance(namespace, int):
        return namespace
    return namespaces.index(namespace) if namespace in namespaces else None


def _parts(text: str) -> list[str]:
    """Cut at each `/` without an `&` before it; escapes are left in."""
    parts, start, at = [], 0, 0
    while at < len(text):
        if text[at] == _ESCAPE:
            at += 1
        elif text[at] == "/":
            parts.append(text[start:at])
            start = at + 1
        at += 1
    return [*parts, text[start:]]


def _step(part: str) -> tuple[int | str, str]:
    found = _STEP_NAMESPACE.match(part)
    space: int | str = 0
    if found is not None:
        space = found["short"] or int(found["index"])
        part = part[found.end() :]
    name = re.sub(r"&(.)", r"\1", part, flags=re.DOTALL)
    if not name or (isinstance(space, int) and space > _INDEX_MAX) or _dangling(part):
        raise ValueError(part)
    return space, name


def _dangling(part: str) -> bool:
    """Whether it ends in an escape of nothing, or has a `:` that might be meant for a namespace."""
    plain = re.sub(r"&.", "", part, flags=re.DOTALL)
    return plain.endswith(_ESCAPE) or ":" in plain


def _escaped(name: str) -> str:
    return re.sub(r"([&/:])", r"&\1", name)

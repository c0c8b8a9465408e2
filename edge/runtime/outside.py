"""What a gateway is bound to: only `edge.agent` and the stage of scenarios put it together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from cloud_bridge.base import ChannelRow
from drivers.base import DriverRow
from edge.model.moment import Span
from edge.ports import NO_CARRIERS, Carriers, Clock, History, Links, Offload, Transport
from edge.store.store import SqliteStore


@dataclass(frozen=True, slots=True)
class Outside:
    """drift: how far the wall clock has moved against the steady one. disk_free: of the disk of the data folder, in percent;
    None: there is none."""

    clock: Clock
    offload: Offload
    store: SqliteStore
    history: History
    links: Links
    transport: Transport
    drivers: Mapping[str, DriverRow]
    channels: Mapping[str, ChannelRow]
    secret: Callable[[str], str]
    drift: Callable[[], Span]
    disk_free: Callable[[], float | None] = lambda: None
    carriers: Carriers = NO_CARRIERS


def by_path(path: str) -> Any:
    """What a dotted path `package.module:name` of a catalog names, imported now."""
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)

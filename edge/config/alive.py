"""`alive:` in `gateway.yaml`: who is to notice when this gateway is gone. Pure.

    alive:
      every: 10s
      gateways: {gatehouse: {url: "http://10.0.0.9:8490", secret: "${env:ANDON_PULSE_SECRET}"}}
      pings: {uptime: "${env:ANDON_PING_URL}"}
      registers: [PLC1.andon_alive]

Not here: what is sent (`edge/runtime/alive.py`), and how another gateway hears it (`drivers/pulse`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import AfterValidator, Field

from edge.config.text.finding import Findings
from edge.config.text.source import Node
from edge.config.text.values import FileModel, Name, SecretRef, duration, refuse
from edge.model.moment import SECOND, Span
from edge.response.grants import Grants, Purpose

#: Receivers of one kind.
RECEIVERS_MAX = 10


def _place(given: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#@]+/?", given):
        raise refuse("config.alive_url")
    return given.rstrip("/")


class WatcherFile(FileModel):
    """url: where the other gateway takes pulses. secret: what both sides know, at least 16 characters."""

    url: Annotated[str, Field(max_length=300), AfterValidator(_place)]
    secret: SecretRef


class AliveFile(FileModel):
    """every: how often each is told. gateways: other Andons that watch this one. pings: addresses that expect a call in a
    rhythm; whoever knows one can speak for us, so each is a secret. registers: tags with a grant of purpose heartbeat."""

    every: Annotated[Span, duration("1s", "5min")] = 10 * SECOND
    gateways: Annotated[Mapping[Name, WatcherFile], Field(max_length=RECEIVERS_MAX)] = Field(default_factory=dict)
    pings: Annotated[Mapping[Name, SecretRef], Field(max_length=RECEIVERS_MAX)] = Field(default_factory=dict)
    registers: Annotated[tuple[str, ...], Field(max_length=RECEIVERS_MAX)] = ()


@dataclass(frozen=True, slots=True)
class Watcher:
    url: str
    secret: str


@dataclass(frozen=True, slots=True)
class Alive:
    """Who is told that we live. secrets are references."""

    every: Span = 10 * SECOND
    gateways: Mapping[str, Watcher] = field(default_factory=dict)
    pings: Mapping[str, str] = field(default_factory=dict)
    registers: tuple[str, ...] = ()


NOBODY = Alive()


def read_alive(file: AliveFile | None, root: Node | None, grants: Grants, findings: Findings, *, complete: bool) -> Alive:
    """Findings for registers that are not granted for this. file, root: None where they could not be read. complete: whether
    all grants could be read."""
    if file is None or root is None:
        return NOBODY
    granted = {tag for tag, grant in grants.by_tag.items() if grant.purpose is Purpose.HEARTBEAT}
    for number, tag in enumerate(file.registers):
        if tag not in granted and complete:
            findings.error(root.follow(("alive", "registers", number)).place, "alive_not_granted", name=tag[:100])
    return Alive(
        file.every,
        {name: Watcher(each.url, each.secret) for name, each in file.gateways.items()},
        dict(file.pings),
        file.registers,
    )

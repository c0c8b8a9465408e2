"""Where to look: `HOST`, `HOST:PORT`, `[IPv6]:PORT`. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TARGET = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<host>[^\s:/\[\]]+))(?::(?P<port>[0-9]{1,5}))?")
PORT_MAX = 65535


@dataclass(frozen=True, slots=True)
class Target:
    """port: 0 where host is the path of a serial port."""

    host: str
    port: int

    def __str__(self) -> str:
        if not self.port:
            return self.host
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_target(text: str, default_port: int) -> Target:
    """ValueError for anything else."""
    found = _TARGET.fullmatch(text.strip())
    port = int(found["port"] or default_port) if found else 0
    if found is None or not 1 <= port <= PORT_MAX:
        raise ValueError(f"{text}: HOST, HOST:PORT, [IPv6]:PORT")
    return Target(found["v6"] or found["host"], port)

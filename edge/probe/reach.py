"""Why no connection can be made: the one file here that opens a socket, and says nothing on it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from enum import Enum

from edge.probe.target import Target


class Reach(Enum):
    """How far one gets; the values are keys of `probe.reach.*`."""

    CONNECTED = "connected"
    REFUSED = "refused"
    """The machine is there, and nothing listens at the port."""
    SILENT = "silent"
    """Nothing comes back: switched off, another address, or a firewall."""
    UNKNOWN_NAME = "unknown_name"
    NO_WAY = "no_way"
    """The network says that it cannot get there."""


async def reach(target: Target, timeout_s: float) -> Reach:
    """Connect once, and hang up."""
    try:
        async with asyncio.timeout(timeout_s):
            _, writer = await asyncio.open_connection(target.host, target.port)
    except TimeoutError:
        return Reach.SILENT
    except ConnectionRefusedError:
        return Reach.REFUSED
    except socket.gaierror:
        return Reach.UNKNOWN_NAME
    except OSError:
        return Reach.NO_WAY
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return Reach.CONNECTED

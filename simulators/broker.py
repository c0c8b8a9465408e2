"""A local MQTT broker in a process of its own, for demos: `python -m simulators.broker --port 1883`.

It lets everybody in, keeps nothing on disk and forgets its retained messages when it stops. Not for production: a plant
runs mosquitto, or the broker it already has.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import socket
import sys
from collections.abc import Sequence
from functools import partial

from amqtt.broker import Broker  # type: ignore[import-untyped]  # amqtt ships no types
from amqtt.contexts import (  # type: ignore[import-untyped]  # the same
    BrokerConfig,
    ListenerConfig,
    ListenerType,
)

from simulators.process import add_parent_option, announce, claim_port, stopped

LISTENER = "default"
LET_EVERYBODY_IN = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit codes: 0 stopped as asked, 1 no port to be had."""
    parser = argparse.ArgumentParser(prog="python -m simulators.broker", description="A local MQTT broker for demos.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=1883, help="0 takes any; if taken, the next free one")
    add_parent_option(parser)
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="broker: %(message)s")
    try:
        claimed = claim_port(chosen.host, chosen.port, "broker")
    except OSError as problem:
        print(f"broker: {chosen.host}:{chosen.port}: {problem.strerror}", file=sys.stderr)
        return 1
    asyncio.run(serve(claimed, chosen.parent))
    return 0


async def serve(claimed: socket.socket, parent: int | None) -> None:
    """Be a broker on a listening socket until the process is to stop."""
    # The listener is ours and not amqtt's, so that nobody can take the port between the look and the listening.
    listener = ListenerConfig(type=ListenerType.EXTERNAL)
    broker = Broker(BrokerConfig(listeners={LISTENER: listener}, plugins=LET_EVERYBODY_IN))
    await broker.start()
    connected = partial(broker.stream_connected, listener_name=LISTENER)
    server = await asyncio.start_server(connected, sock=claimed)
    announce(port=claimed.getsockname()[1])
    await stopped(parent)
    server.close()
    await broker.shutdown()


if __name__ == "__main__":
    sys.exit(main())

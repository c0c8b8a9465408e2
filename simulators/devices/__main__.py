"""`python -m simulators.devices`: all machines of a plan file in one process.

One line of JSON on stdout says what listens where; everything else goes to stderr.
Exit codes: 0 stopped as asked, 1 no port to be had, 2 the plan or an option cannot be used.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import socket
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from simulators.devices.clock import TimeLapseClock
from simulators.devices.control import Control
from simulators.devices.control_server import start_control
from simulators.devices.line import SimulatedLine
from simulators.devices.modbus_server import ModbusServer
from simulators.devices.mqtt_publisher import MqttPublisher
from simulators.devices.plan import PlanError, read_plan
from simulators.process import add_parent_option, announce, claim_port, stopped

CONTROL_HOST = "127.0.0.1"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = _parser()
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="devices: %(message)s")
    try:
        clock = TimeLapseClock(chosen.rate, chosen.epoch)
        line = read_plan(
            chosen.plan.read_text(encoding="utf-8"),
            str(chosen.plan),
            clock.epoch,
            lambda name: (chosen.plan.parent / name).read_text(encoding="utf-8"),
        )
    except OSError as problem:
        parser.exit(2, f"devices: {chosen.plan}: {problem.strerror}\n")
    except (ValueError, PlanError) as problem:
        parser.exit(2, f"{problem}\n")
    if line.topics and chosen.mqtt is None:
        parser.exit(2, "devices: the plan has MQTT machines, say where the broker is: --mqtt HOST:PORT\n")
    try:
        modbus_socket = claim_port(chosen.host, chosen.modbus_port, "devices: Modbus") if line.units else None
        control_socket = claim_port(CONTROL_HOST, chosen.control_port, "devices: control")
    except OSError as problem:
        parser.exit(1, f"devices: {problem.strerror}\n")
    asyncio.run(
        serve(
            line,
            clock,
            modbus_socket=modbus_socket,
            control_socket=control_socket,
            broker=chosen.mqtt,
            parent=chosen.parent,
        )
    )
    return 0


async def serve(
    line: SimulatedLine,
    clock: TimeLapseClock,
    *,
    modbus_socket: socket.socket | None,
    control_socket: socket.socket,
    broker: tuple[str, int] | None,
    parent: int | None,
) -> None:
    """Be all machines of the line until the process is to stop."""
    async with asyncio.TaskGroup() as tasks, AsyncExitStack() as stack:
        modbus = None
        if modbus_socket is not None:
            modbus = ModbusServer(line, clock)
            await modbus.start(modbus_socket)
            stack.push_async_callback(modbus.close)

        control_port = control_socket.getsockname()[1]
        mqtt = None
        if broker is not None and line.topics:
            mqtt = MqttPublisher(line, clock, *broker, identifier=f"andon-devices-{control_port}")
            publishing = tasks.create_task(mqtt.run(), name="mqtt publisher")
            stack.callback(publishing.cancel)

        await stack.enter_async_context(await start_control(Control(line, clock, modbus, mqtt), control_socket))

        announce(
            modbus_port=None if modbus is None else modbus.port,
            control_port=control_port,
            mqtt=None if broker is None else f"{broker[0]}:{broker[1]}",
            rate=clock.rate,
            epoch=clock.epoch,
        )
        await stopped(parent)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulators.devices", description="Simulated machines over Modbus TCP and MQTT, from a plan file."
    )
    parser.add_argument("--plan", type=Path, required=True, metavar="FILE", help="the plan (format: README)")
    parser.add_argument("--host", default="127.0.0.1", help="address of the Modbus server (default: %(default)s)")
    parser.add_argument("--modbus-port", type=int, default=5020, help="0 takes any; if taken, the next free one")
    parser.add_argument("--control-port", type=int, default=0, help="the same for the control port, on 127.0.0.1")
    parser.add_argument("--mqtt", type=_host_and_port, metavar="HOST:PORT", help="the broker to publish to")
    parser.add_argument("--rate", type=float, default=1.0, help="simulated time runs so many times faster")
    parser.add_argument("--epoch", type=int, metavar="US", help="µs since 1970 at which the time-lapse began (default: now)")
    add_parent_option(parser)
    return parser


def _host_and_port(given: str) -> tuple[str, int]:
    host, _, port = given.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise argparse.ArgumentTypeError(f'must be HOST:PORT, is "{given}"')
    return host, int(port)


if __name__ == "__main__":
    sys.exit(main())

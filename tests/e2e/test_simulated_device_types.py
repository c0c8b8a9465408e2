"""Each device type that comes with Andon, played over a socket by the simulator's own encoding, read by the driver."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cloud_bridge.catalog import CHANNELS
from drivers.catalog import DRIVERS
from drivers.links import SocketLinks
from edge.config.load import load
from edge.model.sample import Quality
from edge.runtime.clock import SteadyClock
from edge.starter.device_types import BundledType, added, bundled_types
from edge.starter.folder import starter_files, wish_of, write_starter
from simulators.devices.clock import TimeLapseClock
from simulators.devices.modbus_server import ModbusServer as SimulatedServer
from simulators.devices.plan import read_plan
from simulators.process import bind
from tests.driver_rig import Rig, until

TYPES = bundled_types(DRIVERS)


def shown_by(number: int, tag: dict[str, Any]) -> float | str:
    """Another value for each tag, inside what is valid."""
    scale = tag.get("scale", 1)
    match tag["type"]:
        case "string":
            return "C260504-001"
        case "bool":
            return number % 2
        case "float32":
            return 0.5 + number / 64
    return round((3 + number) * (1 if isinstance(scale, str) else scale), 6)


def simulation(bundled: BundledType) -> tuple[str, dict[str, float | str]]:
    """The simulator's plan, and what the tags must be."""
    lines, wanted = ["machines:", "  D1:", "    modbus: {unit_id: 1}", "    points:"], {}
    for number, (key, node) in enumerate(bundled.type_node.follow(("tags",)).entries.items()):
        tag = node.plain()
        wanted[key] = shown_by(number, tag)
        said = {name: tag[name] for name in ("type", "bit", "length") if name in tag}
        # A scale that is a parameter is 1 unless the device says otherwise.
        said |= {"scale": tag["scale"]} if isinstance(tag.get("scale"), int | float) else {}
        said |= {"at": tag["address"], "signal": {"text": wanted[key]} if tag["type"] == "string" else wanted[key]}
        lines.append(f"      {key}: {str(said).replace(chr(39), chr(34))}")
    return "\n".join(lines), wanted


@pytest.mark.parametrize("name", sorted(TYPES))
async def test_a_simulated_device_of_the_type_reads_back_exactly(name: str, tmp_path: Path) -> None:
    plan, wanted = simulation(TYPES[name])
    clock = TimeLapseClock()
    server = SimulatedServer(read_plan(plan, "simulation.yaml", clock.now()), clock)
    await server.start(bind("127.0.0.1", 0))
    folder = tmp_path / "works"
    write_starter(folder, starter_files(wish_of("works", "en")))
    for file, data in added(TYPES[name], None).items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(data)
    asked_for = "parameters: {count: 1}, " if name == "omron_e5cc" else ""
    place = f"connection: {{host: 127.0.0.1, port: {server.port}}}"
    device = f"{{type: {name}, area: hall_2, words: {{zh: 设备, en: device}}, {asked_for}{place}}}"
    (folder / "devices" / "own.yaml").write_text(f"devices:\n  D1: {device}\n", encoding="utf-8")
    try:
        loaded = load(folder, DRIVERS, CHANNELS)
        assert loaded.plant is not None, loaded.problems
        steady = SteadyClock()
        rig = Rig([loaded.plant.devices["D1"]], steady, SocketLinks(steady))
        async with rig.batches() as arriving:
            rows = await until(arriving, lambda rows: {f"D1.{key}" for key in wanted} <= {row.tag for row in rows})
    finally:
        await server.close()
    shown = {row.tag.removeprefix("D1."): row for row in rows}
    assert {key: shown[key].text or shown[key].value for key in wanted} == wanted
    assert {shown[key].quality for key in wanted} == {Quality.GOOD}

"""A part of a plant: the folder as it is, with a few of its devices. What a claim needs, it costs; and no more."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path

from ruamel.yaml import YAML

from cloud_bridge.catalog import CHANNELS
from drivers.catalog import DRIVERS
from edge.config.load import load
from edge.config.plant import Plant
from edge.model.tag import SYSTEM

MILL = Path(__file__).parents[1] / "simulators" / "plants" / "cold_rolling_mill"


def part_of(plant: Path, into: Path, devices: Collection[str]) -> Plant:
    """The plant of this folder with these devices and its gateway only, loaded from its copy below `into`. Its scenarios, which
    speak of the others too, stay behind, and the alarms of the gateway itself; so does nothing else."""
    folder = into / plant.name
    shutil.copytree(plant, folder, ignore=shutil.ignore_patterns("scenarios"))
    (folder / "rules" / "system.yaml").unlink(missing_ok=True)
    yaml = YAML(typ="safe", pure=True)
    yaml.allow_unicode, yaml.width = True, 10_000
    for file in (folder / "devices").glob("*.yaml"):
        tree = yaml.load(file.read_text(encoding="utf-8"))
        tree["devices"] = {name: each for name, each in tree.get("devices", {}).items() if name in {*devices, SYSTEM}}
        with file.open("w", encoding="utf-8") as stream:
            yaml.dump({part: each for part, each in tree.items() if each}, stream)
    loaded = load(folder, DRIVERS, CHANNELS)
    assert loaded.plant is not None, "\n".join(map(str, loaded.problems))
    assert loaded.plant.devices.keys() == {*devices, SYSTEM}
    return loaded.plant

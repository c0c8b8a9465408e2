"""Plant folders for these tests, and ways to break them."""

from __future__ import annotations

import shutil
from pathlib import Path

from cloud_bridge.catalog import CHANNELS
from drivers.catalog import DRIVERS
from edge.config.load import Loaded, load
from edge.config.plant import Plant

ROOT = Path(__file__).parents[3]
BOILER_HOUSE = ROOT / "tests" / "cases" / "config" / "plant"
COLD_ROLLING_MILL = ROOT / "simulators" / "plants" / "cold_rolling_mill"


def boiler_house(tmp_path: Path, **files: str | bytes) -> Path:
    """A copy of the small plant with files replaced; `devices__boilers` stands for `devices/boilers.yaml`."""
    folder = tmp_path / "plant"
    shutil.copytree(BOILER_HOUSE, folder)
    for name, content in files.items():
        path = folder / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def check(folder: Path, language: str = "en") -> Loaded:
    return load(folder, DRIVERS, CHANNELS, language=language)


def plant_of(folder: Path) -> Plant:
    """The plant of a folder that must be right."""
    loaded = check(folder)
    assert loaded.plant is not None, "\n".join(map(str, loaded.problems))
    return loaded.plant


def said(folder: Path, language: str = "en") -> list[str]:
    return [str(problem) for problem in check(folder, language).problems]

"""Each file beside this one is a mistake: its name says which, its body is put into `plant/`, its end is what must be said.

`PART.mistake.yaml` replaces that part of the plant. The lines after `# says:` are all problems, in order.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cloud_bridge.catalog import CHANNELS
from drivers.catalog import DRIVERS
from edge.config.load import load

HERE = Path(__file__).parent
FILE_OF_PART = {
    "gateway": "gateway.yaml",
    "devices": "devices/boilers.yaml",
    "rules": "rules/boilers.yaml",
    "people": "people.yaml",
    "response": "response.yaml",
    "cloud": "cloud.yaml",
    "scenarios": "scenarios/steam.yaml",
}
CASES = sorted(HERE.glob("*.yaml"))


def test_the_plant_that_the_cases_break_is_right() -> None:
    loaded = load(HERE / "plant", DRIVERS, CHANNELS)
    assert loaded.problems == []
    assert loaded.plant is not None


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_the_mistake_is_said_where_it_is(case: Path, tmp_path: Path) -> None:
    text = case.read_text(encoding="utf-8")
    body, marker, said = text.partition("\n# says:\n")
    assert marker, "the case says nothing of what must be said"
    part = case.name.partition(".")[0]
    plant = tmp_path / "plant"
    shutil.copytree(HERE / "plant", plant)
    if part != "scenarios":
        # The scenario would only repeat that its alarm is gone.
        shutil.rmtree(plant / "scenarios")
    (plant / FILE_OF_PART[part]).write_text(body, encoding="utf-8")

    loaded = load(plant, DRIVERS, CHANNELS)

    assert [_line(problem) for problem in loaded.problems] == [line.removeprefix("# ") for line in said.splitlines()]
    assert (loaded.plant is None) == any(problem.severity == "error" for problem in loaded.problems)


def _line(problem: object) -> str:
    return f"note: {problem}" if getattr(problem, "severity", "") == "note" else str(problem)

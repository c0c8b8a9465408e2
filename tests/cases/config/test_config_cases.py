"""Each file beside this one is a mistake: its name says which, its body is put into `plant/`, its end is what must be said.

`PART.mistake.yaml` replaces that part of the plant; `elsewhere.mistake.yaml` says in its first line where it lies. The lines
after `# says:` are all problems, in order.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cloud_bridge.catalog import CHANNELS
from drivers.catalog import DRIVERS
from edge.config.load import load
from tests.unit.config.problem_page import codes

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
    file = plant / (body.splitlines()[0].removeprefix("# ") if part == "elsewhere" else FILE_OF_PART[part])
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(body, encoding="utf-8")

    loaded = load(plant, DRIVERS, CHANNELS)

    assert [_line(problem) for problem in loaded.problems] == [line.removeprefix("# ") for line in said.splitlines()]
    assert (loaded.plant is None) == any(problem.severity == "error" for problem in loaded.problems)
    assert {(problem.code, problem.severity) for problem in loaded.problems} <= codes().items()


def _line(problem: object) -> str:
    severity = getattr(problem, "severity", "error")
    return str(problem) if severity == "error" else f"{severity}: {problem}"

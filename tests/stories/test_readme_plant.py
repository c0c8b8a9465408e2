"""What the README tells a newcomer to write and to run, written and run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.andon_command import run

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"```yaml\n# (workshop/\S+)\n(.*?)```", re.DOTALL)


@pytest.fixture(params=["README.md", "README.zh-CN.md"])
def workshop(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    blocks = BLOCK.findall((ROOT / request.param).read_text(encoding="utf-8"))
    assert len(blocks) >= 7, "the README shows a whole plant folder"
    for name, text in blocks:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return tmp_path / "workshop"


def test_the_plant_of_the_readme_is_checked_without_problems_and_its_scenario_passes(workshop: Path) -> None:
    checked = run("check", workshop, "--lang", "en")
    assert checked.exit_code == 0, checked.output
    tested = run("test", workshop, "--lang", "en", "--junit", workshop / "report.xml")
    assert tested.exit_code == 0, tested.output
    assert "1 passed, 0 failed" in tested.stdout
    assert 'failures="0"' in (workshop / "report.xml").read_text(encoding="utf-8")


def test_run_refuses_a_plant_whose_secret_is_not_set_and_says_which(workshop: Path) -> None:
    # A process, which can be ended should it not refuse.
    command = [sys.executable, "-m", "edge.cli", "run", str(workshop), "--lang", "en"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 1
    assert "ANDON_DINGTALK_SECRET" in ran.stderr
    assert "cloud.yaml:" in ran.stderr

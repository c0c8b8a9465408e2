"""What the README tells a newcomer to write and to run, written and run."""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"```yaml\n# (workshop/\S+)\n(.*?)```", re.DOTALL)


def andon(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "edge.cli", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


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
    with ThreadPoolExecutor() as side_by_side:
        checking = side_by_side.submit(andon, "check", str(workshop), "--lang", "en")
        tested = andon("test", str(workshop), "--lang", "en", "--junit", str(workshop / "report.xml"))
        checked = checking.result()
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert "1 passed, 0 failed" in tested.stdout
    assert 'failures="0"' in (workshop / "report.xml").read_text(encoding="utf-8")


def test_run_refuses_a_plant_whose_secret_is_not_set_and_says_which(workshop: Path) -> None:
    ran = andon("run", str(workshop), "--lang", "en")
    assert ran.returncode == 1
    assert "ANDON_DINGTALK_SECRET" in ran.stderr
    assert "cloud.yaml:" in ran.stderr

"""What the README tells a newcomer to write and to run, written and run."""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"```yaml\n# (my_plant/\S+)\n(.*?)```", re.DOTALL)


def andon(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "edge.cli", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture(params=["README.md", "README.zh-CN.md"])
def my_plant(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    blocks = BLOCK.findall((ROOT / request.param).read_text(encoding="utf-8"))
    assert len(blocks) >= 7, "the README shows a whole plant folder"
    for name, text in blocks:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return tmp_path / "my_plant"


def test_the_plant_of_the_readme_is_checked_without_problems_and_its_scenario_passes(my_plant: Path) -> None:
    with ThreadPoolExecutor() as side_by_side:
        checking = side_by_side.submit(andon, "check", str(my_plant), "--lang", "en")
        tested = andon("test", str(my_plant), "--lang", "en", "--junit", str(my_plant / "report.xml"))
        checked = checking.result()
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert "1 passed, 0 failed" in tested.stdout
    assert 'failures="0"' in (my_plant / "report.xml").read_text(encoding="utf-8")


def test_run_refuses_a_plant_whose_secret_is_not_set_and_says_which(my_plant: Path) -> None:
    ran = andon("run", str(my_plant), "--lang", "en")
    assert ran.returncode == 1
    assert "ANDON_DINGTALK_SECRET" in ran.stderr
    assert "cloud.yaml:" in ran.stderr

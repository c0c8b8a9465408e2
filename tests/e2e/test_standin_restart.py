"""A stand-in with a state file goes on after a restart, over real sockets."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.e2e.standin_process import ROOT, eventually, running_standin


def test_cards_and_the_token_are_there_again_after_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    with running_standin("--state", str(state)) as standin:
        token = standin.token()
        assert standin.raise_card("card-1").json()["success"] is True
        eventually(lambda: b"card-1" in state.read_bytes())
        standin.process.kill()
        standin.process.wait()
    with running_standin("--state", str(state)) as again:
        assert again.token() == token
        assert again.control("card", out_track_id="card-1")["params"]["priority"] == "critical"
        again.raise_card("card-2")
    assert b"card-2" in state.read_bytes(), "written at the end"


def test_a_file_of_somebody_else_is_refused_by_name(tmp_path: Path) -> None:
    state = tmp_path / "holiday.json"
    state.write_text("{}", encoding="utf-8")
    command = [sys.executable, "-m", "simulators.dingtalk", "--port", "0", "--state", str(state)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 2
    assert "holiday.json" in ended.stderr
    assert state.read_text(encoding="utf-8") == "{}"

"""`andon test` stays on the machine, whatever credentials are set."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.plant_part import MILL, part_of

ROOT = Path(__file__).parents[2]
SCENARIO = """\
title: {zh: 轴承温度高, en: A hot bearing}
start: 2026-05-04T08:00:00+08:00
steps:
  - {at: 0s, set: {CRM.ST3.MOTOR.de_temp: 84}}
  - {within: {from: 29s, to: 40s}, expect: {card: {person: shift_fitter_a, contains: 轴承温度高, state: unacknowledged}}}
"""

#: Python tells an audit hook of every connection, name look-up and listening socket before it happens.
WATCHED = """
import sys

def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.bind", "socket.sendto"):
        sys.stderr.write(f"OPENED {event} {arguments}\\n")
        sys.stderr.flush()
        import os
        os._exit(99)

sys.addaudithook(refuse)
from edge.cli import main
sys.argv = ["andon", *sys.argv[1:]]
main()
"""


def run_watched(*arguments: str) -> subprocess.CompletedProcess[str]:
    secrets = {
        "ANDON_DINGTALK_SECRET": "a-real-secret",
        "ANDON_CRM_WEBHOOK_TOKEN": "a-real-token",
        "ANDON_CRM_WEBHOOK_SECRET": "SECreal",
    }
    return subprocess.run(
        [sys.executable, "-c", WATCHED, *arguments],
        cwd=ROOT,
        env={**os.environ, **secrets},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_scenarios_open_no_socket_even_with_real_credentials(tmp_path: Path) -> None:
    """Devices of both drivers, and a card on a phone."""
    plant = part_of(MILL, tmp_path, ("CRM.ST3.MOTOR", "CRM.LINE", "CRM.FUME_FAN")).folder
    (plant / "scenarios").mkdir()
    (plant / "scenarios" / "hot.yaml").write_text(SCENARIO, encoding="utf-8")
    played = run_watched("test", str(plant), "--lang", "en")
    assert played.returncode == 0, played.stdout + played.stderr
    assert "OPENED" not in played.stderr


def test_the_watch_would_see_a_socket(tmp_path: Path) -> None:
    """The same watch on a command that does listen."""
    served = run_watched("simulate", "dingtalk", "--port", "0")
    assert served.returncode == 99
    assert "OPENED socket" in served.stderr

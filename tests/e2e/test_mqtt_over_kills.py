"""A gateway killed with `kill -9` between hearing a value and having its alarm on disk, or just behind that: the broker, which
keeps its session, sends the value again; no alarm is lost and none is raised twice."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edge.crash import ENVIRONMENT
from tests.mosquitto import Mosquitto, mosquitto

DEADLINE_S = 30.0
DEVICES = """\
types:
  press:
    words: {{zh: 压机, en: press}}
    driver: mqtt
    tags:
      temp: {{topic: "line/{{device}}/temp", words: {{zh: 温度, en: temperature}}}}
devices:
  PRESS:
    type: press
    area: hall
    words: {{zh: 压机, en: press}}
    connection: {{host: 127.0.0.1, port: {port}, version: "{version}", client_id: edge, session: 1h}}
"""
RULES = """\
rules:
  hot: {for: press, tag: temp, kind: high, limit: 80, priority: journal, words: {zh: 温度高, en: hot}}
"""


def plant(folder: Path, broker: Mosquitto, version: str) -> Path:
    for part, text in (("devices", DEVICES.format(port=broker.port, version=version)), ("rules", RULES)):
        (folder / part).mkdir(parents=True)
        (folder / part / "a.yaml").write_text(text, encoding="utf-8")
    (folder / "gateway.yaml").write_text("site: s\nagent: a\nareas:\n  hall: {zh: 车间, en: hall}\n", encoding="utf-8")
    return folder


@asynccontextmanager
async def running(folder: Path, data: Path, **environment: str) -> AsyncIterator[Process]:
    """Killed with `kill -9` at the end, where it has not died by then."""
    command = [sys.executable, "-m", "tests.e2e.mqtt_gateway_process", str(folder), str(data), "PRESS.session"]
    process = await asyncio.create_subprocess_exec(*command, env={**os.environ, **environment}, stdout=PIPE)
    try:
        async with asyncio.timeout(DEADLINE_S):
            yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def told_until(process: Process, word: str) -> list[str]:
    """The kinds of alarm events that it tells of before the word."""
    assert process.stdout is not None
    told: list[str] = []
    while line := await process.stdout.readline():
        said = line.decode().strip()
        if said == word:
            return told
        if said in ("raised", "returned"):
            told.append(said)
    raise AssertionError(f"the gateway ended without {word}")


@pytest.mark.parametrize(
    ("crash_at", "version", "on_disk"),
    [
        ("before_engine_commit:2", "3.1.1", []),
        ("after_engine_commit:2", "5", ["raised"]),
    ],
)
async def test_a_value_over_which_the_gateway_dies_raises_its_alarm_once(
    tmp_path: Path, crash_at: str, version: str, on_disk: list[str]
) -> None:
    data = tmp_path / "data"
    (tmp_path / "broker").mkdir()
    async with mosquitto(tmp_path / "broker") as broker:
        folder = plant(tmp_path / "plant", broker, version)
        async with running(folder, data) as first:
            assert await told_until(first, "up") == []
        async with running(folder, data, **{ENVIRONMENT: crash_at}) as second:
            # The first commit says that it has started; the value must not come in time to go with it.
            assert await told_until(second, "up") == []
            await broker.publish("line/PRESS/temp", "95", "-q", "1")
            assert await second.wait() == -signal.SIGKILL
        async with running(folder, data) as third:
            assert await told_until(third, "begun") == on_disk
            then = await told_until(third, "up")
            await broker.publish("line/PRESS/temp", "20", "-q", "1")
            then += await told_until(third, "returned")
    assert [*on_disk, *then] == ["raised"]

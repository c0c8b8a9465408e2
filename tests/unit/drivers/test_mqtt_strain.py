"""What `andon check` says of a broker that keeps longer than we believe."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud_bridge.catalog import CHANNELS
from drivers.catalog import DRIVERS
from edge.config.load import load

GATEWAY = """\
site: test
agent: test
areas: {hall: {zh: 车间, en: hall}}
"""
WORDS = "words: {zh: 甲, en: a}"


def problems(folder: Path, connection: str, tag: str) -> list[str]:
    (folder / "devices").mkdir()
    (folder / "gateway.yaml").write_text(GATEWAY)
    lines = [
        f"types: {{fan: {{{WORDS}, driver: mqtt, tags: {{vib: {{topic: a, {tag}{WORDS}}}}}}}}}",
        "devices:",
        f"  FAN: {{type: fan, area: hall, {WORDS}, connection: {{host: broker, {connection}}}}}",
    ]
    (folder / "devices" / "fan.yaml").write_text("\n".join(lines))
    return [str(each) for each in load(folder, DRIVERS, CHANNELS, language="en").problems]


def test_a_session_longer_than_the_window_is_warned_of_where_it_is_written(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "client_id: edge, session: 8h", "path: v, time_path: t, ")
    assert problem.startswith("devices/fan.yaml:3:") and "set past of window to 8 h" in problem and "for 1 h only" in problem


@pytest.mark.parametrize(
    ("connection", "tag"),
    [
        ("client_id: edge, session: 8h, window: {past: 8h}", "path: v, time_path: t, "),
        ("client_id: edge, session: 8h", ""),
        ("client_id: edge", "path: v, time_path: t, "),
    ],
)
def test_what_comes_with_a_stamp_that_is_believed_or_with_none_is_not(connection: str, tag: str, tmp_path: Path) -> None:
    assert problems(tmp_path, connection, tag) == []

"""What a plant may say of Sparkplug and replayed devices, what is said to what it may not, and what `andon plan` shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud_bridge.catalog import CHANNELS
from drivers.catalog import DRIVERS
from drivers.replay.outline import outline as outline_of_replay
from drivers.sparkplug.outline import outline as outline_of_sparkplug
from edge.config.load import load
from tests.driver_rig import device

PLACE = {"host": "broker", "group": "plant", "node": "line_3"}
GATEWAY = "site: s\nagent: a\nareas:\n  hall: {zh: 车间, en: hall}\n"
DEVICES = """\
types:
  pump:
    words: {zh: 水泵, en: pump}
    driver: DRIVER
    tags:
      temp: {POINT, words: {zh: 温度, en: temperature}}
devices:
  PUMP:
    type: pump
    area: hall
    words: {zh: 泵, en: pump}
    connection: {CONNECTION}
"""


def problems(tmp_path: Path, driver: str, point: str, connection: str) -> list[str]:
    (tmp_path / "devices").mkdir()
    (tmp_path / "gateway.yaml").write_text(GATEWAY)
    text = DEVICES.replace("DRIVER", driver).replace("POINT", point).replace("CONNECTION", connection)
    (tmp_path / "devices" / "a.yaml").write_text(text)
    return [str(each) for each in load(tmp_path, DRIVERS, CHANNELS).problems if each.file == "devices/a.yaml"]


@pytest.mark.parametrize(
    ("driver", "point", "connection", "line", "said"),
    [
        ("sparkplug", "metric: T", "host: b, group: a/b, node: n", 12, "one level of a topic"),
        ("sparkplug", "metric: T", "host: b, group: g, node: '+'", 12, "one level of a topic"),
        ("sparkplug", "metric: T", "host: b, group: g", 12, "node"),
        ("sparkplug", "metrik: T", "host: b, group: g, node: n", 6, "metrik"),
        ("replay", "column: T", "file: a.csv, speed: fast", 12, "as_fast_as_possible"),
        ("replay", "column: T", "file: a.csv, loop: true, stamps: kept", 12, "cannot begin anew"),
        ("replay", "column: T", "file: a.csv, speed: as_fast_as_possible", 12, "needs stamps: kept"),
    ],
)
def test_what_is_wrong_is_said_where_it_stands(
    tmp_path: Path, driver: str, point: str, connection: str, line: int, said: str
) -> None:
    found = problems(tmp_path, driver, point, connection)
    assert any(each.startswith(f"devices/a.yaml:{line}:") and said in each for each in found), found


def test_the_plan_of_a_device_shows_where_it_is_heard_and_what_is_wanted() -> None:
    tags = {"temp": {"metric": "Motor/Temperature"}}
    (shown,) = outline_of_sparkplug([device("sparkplug", "P", tags, PLACE | {"device": "pump"})])
    assert [row[0] for row in shown.rows] == ["spBv1.0/plant/DBIRTH/line_3/pump", "spBv1.0/plant/DDATA/line_3/pump"]
    assert shown.rows[0][2] == ("temp Motor/Temperature",)
    (own,) = outline_of_sparkplug([device("sparkplug", "N", tags, PLACE)])
    assert own.rows[0][0] == "spBv1.0/plant/NBIRTH/line_3"


def test_the_plan_of_a_replay_shows_its_columns() -> None:
    tags = {"a": {"column": "A"}, "b": {"column": "A", "type": "bool"}}
    (shown,) = outline_of_replay([device("replay", "P", tags, {"file": "r.csv"})])
    assert shown.rows == (("A", ("a float", "b bool")),)

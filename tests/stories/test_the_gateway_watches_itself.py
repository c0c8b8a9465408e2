"""The gateway itself is a device: when the cloud is cut, a rule on the spot hears that a critical alert reaches nobody."""

from __future__ import annotations

from pathlib import Path

from edge.config.plant import Plant
from edge.runtime.virtual import VirtualClock, run_virtually
from edge.scenario.run import run_scenarios
from edge.scenario.stage import Stage
from edge.scenario.verdict import timeline
from edge.starter.folder import Wish, starter_files, write_starter
from tests.stories.memory_stage import START
from tests.unit.config.folders import plant_of, said

DEVICE = """\
devices:
  system: {type: system, area: pump_house, words: {zh: 网关, en: gateway}, connection: {every: 2s, undelivered_after: 30s}}
"""
RULES = """\
rules:
  nobody_hears: {for: system, kind: high, tag: undelivered_critical, limit: 1, priority: high,
    words: {zh: 紧急报警送不出去, en: critical alerts reach nobody}, guidance: {zh: 打电话, en: telephone}}
  gas: {for: PUMP_1, kind: high, tag: pressure, limit: 9, priority: critical,
    words: {zh: 压力危险, en: pressure dangerous}, guidance: {zh: 撤离, en: leave}}
"""
STORY = """\
title: {zh: 断网, en: The cloud is cut}
start: 2026-05-04T08:00:00+08:00
steps:
  - {at: 0s, set: {PUMP_1.bearing_temp: 55, PUMP_1.pressure: 6.2, PUMP_1.current: 82, PUMP_1.running: true, PUMP_1.mode: 2}}
  - {at: 0s, set: {FAN_1.vibration: 2.1}}
  - {at: 10s, cut: cloud}
  - {at: 20s, set: {PUMP_1.pressure: 9.5}}
  - {at: 45s, expect: {alarm: system/nobody_hears, state: normal}}
  - {within: {from: 50s, to: 56s}, expect: {alarm: system/nobody_hears, state: unacknowledged}}
  - {at: 70s, mend: cloud}
  - {within: {from: 70s, to: 200s}, expect: {alarm: system/nobody_hears, state: returned_unacknowledged}}
"""


def folder_of(into: Path, **files: str) -> Path:
    """The starter plant with other files, and with its own device `system` where those have none."""
    write_starter(into, starter_files(Wish("my_plant", "en")))
    has_own = any("type: system" in content for content in files.values())
    replaced = [into / "devices" / "system.yaml"] if has_own else []
    for old in (*(into / "scenarios").iterdir(), into / "rules" / "system.yaml", *replaced):
        old.unlink()
    for name, content in files.items():
        (into / f"{name.replace('__', '/')}.yaml").write_text(content, encoding="utf-8")
    return into


def watched(into: Path, **files: str) -> Plant:
    return plant_of(folder_of(into, devices__own=DEVICE, rules__own=RULES, **files))


def test_a_critical_alert_that_reaches_nobody_is_an_alarm_on_the_spot(tmp_path: Path) -> None:
    (verdict,) = run_scenarios(watched(tmp_path / "plant", scenarios__story=STORY))
    assert verdict.failures == [], timeline(verdict, "en")


IDLE = """\
title: {zh: 断网而无事可报, en: The cloud is cut while there is nothing to tell}
start: 2026-05-04T08:00:00+08:00
steps:
  - {at: 0s, set: {PUMP_1.bearing_temp: 55, PUMP_1.pressure: 6.2, PUMP_1.current: 82, PUMP_1.running: true, PUMP_1.mode: 2}}
  - {at: 0s, set: {FAN_1.vibration: 2.1}}
  - {at: 10s, cut: cloud}
  - {within: {from: 15s, to: 60s}, expect: {alarm: system/cut_off, state: unacknowledged}}
  - {at: 70s, mend: cloud}
  - {within: {from: 70s, to: 300s}, expect: {alarm: system/cut_off, state: returned_unacknowledged}}
"""
CUT_OFF = """\
rules:
  cut_off: {for: system, kind: discrete, tag: uplink, value: false, priority: high,
    words: {zh: 上行中断, en: uplink is down}, guidance: {zh: 检查网络, en: look at the network}}
"""


def test_a_cut_of_the_cloud_is_noticed_though_there_is_nothing_to_tell(tmp_path: Path) -> None:
    plant = plant_of(folder_of(tmp_path / "plant", devices__own=DEVICE, rules__own=CUT_OFF, scenarios__story=IDLE))
    (verdict,) = run_scenarios(plant)
    assert verdict.failures == [], timeline(verdict, "en")


def test_what_the_gateway_says_of_itself_when_all_is_well(tmp_path: Path) -> None:
    plant = watched(tmp_path / "plant")

    async def story(clock: VirtualClock) -> dict[str, tuple[float, str]]:
        stage = Stage(plant, clock)
        await stage.open()
        await clock.sleep_until(clock.now() + 10_000_000)
        said = {tag.key: stage.gateway.tag(tag.name) for tag in plant.devices["system"].tags}
        await stage.close()
        return {key: (each.value, each.quality.name) for key, each in said.items() if each is not None}

    known = run_virtually(story, START)
    assert known.pop("disk_free")[1] == "BAD"  # a gateway in memory has no disk
    assert known == {
        "session": (1.0, "GOOD"),
        "uplink": (1.0, "GOOD"),
        "uplink_dingtalk": (1.0, "GOOD"),
        "undelivered_critical": (0.0, "GOOD"),
        "outbox_waiting": (0.0, "GOOD"),
        "journal_refused": (0.0, "GOOD"),
        "clock_steps": (0.0, "GOOD"),
        "writes_failed": (0.0, "GOOD"),
        "writes_unknown": (0.0, "GOOD"),
        "foreign_presses": (0.0, "GOOD"),
        "quota_left": (100.0, "GOOD"),
        "quota_lasts": (1.0, "GOOD"),
        "balance": (1.0, "GOOD"),
    }


def test_it_needs_no_connection(tmp_path: Path) -> None:
    plain = DEVICE.replace(", connection: {every: 2s, undelivered_after: 30s}", "")
    assert plant_of(folder_of(tmp_path / "plant", devices__own=plain)).devices["system"].tags


def test_its_name_and_its_type_belong_together(tmp_path: Path) -> None:
    other = DEVICE.replace("  system:", "  gateway:")
    lines = said(folder_of(tmp_path / "a", devices__own=other))
    assert len([line for line in lines if "is the gateway itself" in line]) == 1
    own_type = (
        "types: {system: {words: {zh: 系统, en: system}, driver: modbus, tags: {a: {words: {zh: 甲, en: a}}}}}\n" + DEVICE
    )
    assert any("(built in)/system.yaml" in line for line in said(folder_of(tmp_path / "b", devices__own=own_type)))


def test_a_scenario_cannot_make_it_up(tmp_path: Path) -> None:
    made_up = STORY.replace("{PUMP_1.pressure: 9.5}", "{system.uplink: 0}")
    lines = said(folder_of(tmp_path / "plant", devices__own=DEVICE, rules__own=RULES, scenarios__story=made_up))
    assert len([line for line in lines if "cut: cloud" in line]) == 1


CUT_FOR_A_WHILE = """\
title: {zh: 钉钉不通, en: DingTalk is cut off}
start: 2026-05-04T08:00:00+08:00
steps:
  - {at: 0s, set: {PUMP_1.bearing_temp: 55, PUMP_1.pressure: 6.2, PUMP_1.current: 82, PUMP_1.running: true, PUMP_1.mode: 2}}
  - {at: 0s, set: {FAN_1.vibration: 2.1}}
  - {at: 10s, cut: cloud}
  - {within: {from: 75s, to: 100s}, expect: {alarm: system/dingtalk_cut_off, state: unacknowledged}}
  - {at: 3min, mend: cloud}
  - {within: {from: 3min, to: 260s}, expect: {alarm: system/dingtalk_cut_off, state: returned_unacknowledged}}
  - {within: {from: 3min, to: 260s}, expect: {message: {person: lead_a, contains: DingTalk cut off}}}
"""


def test_a_new_plant_says_by_itself_that_dingtalk_is_cut_off(tmp_path: Path) -> None:
    folder = tmp_path / "plant"
    write_starter(folder, starter_files(Wish("my_plant", "en")))
    (folder / "scenarios" / "hot_bearing.yaml").write_text(CUT_FOR_A_WHILE, encoding="utf-8")
    (verdict,) = run_scenarios(plant_of(folder))
    assert verdict.failures == [], timeline(verdict, "en")

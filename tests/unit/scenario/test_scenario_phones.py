"""Steps of a scenario in which people write to the robot, and leave the organisation."""

from __future__ import annotations

from pathlib import Path

from edge.scenario.run import run_scenarios
from edge.scenario.verdict import Verdict, timeline
from edge.starter.folder import Wish, starter_files, write_starter
from tests.unit.config.folders import plant_of, said

HEAD = """\
title: {zh: 用文字确认, en: Answered by text}
start: 2026-05-04T08:00:00+08:00
steps:
  - {at: 0s, set: {PUMP_1.bearing_temp: 55, PUMP_1.pressure: 6.2, PUMP_1.current: 82, PUMP_1.running: true, PUMP_1.mode: 2}}
  - {at: 0s, set: {FAN_1.vibration: 2.1}}
  - {at: 20s, set: {PUMP_1.bearing_temp: 84}}
"""
BY_TEXT = """\
  - {within: {from: 30s, to: 40s}, expect: {message: {person: fitter_a, contains: "ack 1"}}}
  - {at: 1min, say: {person: fitter_a, text: "on my way 1"}}
  - {within: {from: 1min, to: 65s}, expect: {alarm: PUMP_1/bearing_hot, state: acknowledged}}
  - {within: {from: 1min, to: 65s}, expect: {message: {person: fitter_a, contains: "1: noted"}}}
"""
LEAVES = """\
  - {at: 25s, leave: lead_a}
  - {within: {from: 30s, to: 40s}, expect: {card: {person: fitter_a, alarm: PUMP_1/bearing_hot}}}
  - {within: {from: 20s, to: 60s}, expect: {none: {person: lead_a}}}
"""


def folder(into: Path, story: str, *, with_cards: bool) -> Path:
    write_starter(into, starter_files(Wish("my_plant", "en")))
    for old in (into / "scenarios").iterdir():
        old.unlink()
    (into / "scenarios" / "story.yaml").write_text(HEAD + story, encoding="utf-8")
    if not with_cards:
        cloud = into / "cloud.yaml"
        lines = [line for line in cloud.read_text(encoding="utf-8").splitlines() if "card_template_id" not in line]
        cloud.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return into


def play(into: Path, story: str, *, with_cards: bool) -> Verdict:
    (verdict,) = run_scenarios(plant_of(folder(into / "plant", story, with_cards=with_cards)))
    return verdict


def test_an_alarm_is_answered_by_text_in_a_plant_without_a_card_template(tmp_path: Path) -> None:
    verdict = play(tmp_path, BY_TEXT, with_cards=False)
    assert verdict.failures == [], timeline(verdict, "en")
    assert "fitter_a writes to the robot: on my way 1" in timeline(verdict, "en")


def test_who_has_left_is_told_of_no_new_alarm(tmp_path: Path) -> None:
    verdict = play(tmp_path, LEAVES, with_cards=True)
    assert verdict.failures == [], timeline(verdict, "en")


def test_who_has_left_writes_nothing(tmp_path: Path) -> None:
    story = "  - {at: 25s, leave: lead_a}\n  - {at: 26s, say: {person: lead_a, text: list}}\n  - {at: 27s, leave: lead_a}\n"
    verdict = play(tmp_path, story, with_cards=True)
    assert len(verdict.failures) == 2
    assert "cannot write" in timeline(verdict, "en")


def test_a_person_that_nobody_knows_is_named_with_its_place(tmp_path: Path) -> None:
    story = "  - {at: 25s, say: {person: nobody, text: list}}\n  - {at: 26s, leave: nobody}\n"
    lines = [line for line in said(folder(tmp_path / "plant", story, with_cards=True)) if "nobody" in line]
    assert [line.split(":")[1] for line in lines] == ["7", "8"]

"""A siren in the hall, granted to rules: it sounds when a critical alert reaches nobody, keeps still while a tag hangs on
it, does not hear of loop checks, and is left as its grant says. Through the whole gateway on virtual time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from edge.api.authorise import Caller
from edge.api.hang_tags import hang_tags_form
from edge.api.writes import point_form
from edge.config.plant import Plant
from edge.model.command import ForceValue, Hang, InboxRow, PersonCommand, RemoveHangTag
from edge.model.event import Event, Stream
from edge.model.moment import MINUTE, SECOND
from edge.model.person import Role
from edge.model.stage import Stage as AlarmStage
from edge.runtime.virtual import VirtualClock, run_virtually
from edge.scenario.run import run_scenarios
from edge.scenario.stage import Stage
from edge.scenario.verdict import timeline
from tests.stories.memory_stage import START
from tests.stories.test_the_gateway_watches_itself import folder_of
from tests.unit.config.folders import plant_of

DEVICES = """\
types:
  hall:
    words: {zh: 车间, en: hall}
    driver: modbus
    tags:
      siren: {address: holding 0, type: int16, words: {zh: 报警器, en: siren},
        states: {0: {zh: 静音, en: quiet}, 1: {zh: 鸣响, en: sounds}, 2: {zh: 慢闪, en: blinks}}}
devices:
  HALL: {type: hall, area: pump_house, words: {zh: 车间, en: hall}, connection: {host: 127.0.0.1, unit_id: 9, every: 1s}}
  system: {type: system, area: pump_house, words: {zh: 网关, en: gateway}, connection: {every: 2s, undelivered_after: 30s}}
"""
RULES = """\
rules:
  nobody_hears: {for: system, kind: high, tag: undelivered_critical, limit: 1, priority: high, write: {HALL.siren: 1},
    words: {zh: 紧急报警送不出去, en: critical alerts reach nobody}, guidance: {zh: 打电话, en: telephone}}
  gas: {for: PUMP_1, kind: high, tag: pressure, limit: 9, priority: critical,
    words: {zh: 压力危险, en: pressure dangerous}, guidance: {zh: 撤离, en: leave}}
  rough: {for: FAN_1, kind: high, tag: vibration, limit: 20, deadband: 1, off_delay: 3s, priority: high, write: {HALL.siren: 1},
    words: {zh: 振动大, en: rough}, guidance: {zh: 停风机, en: stop the fan}}
"""
WRITES = """\
writes:
  HALL.siren: {purpose: siren, values: [0, 1, 2], rules: true, rest: 0, role: worker, on_fault: value, fault_value: 2}
"""
HEAD = """\
title: {zh: 报警器, en: siren}
start: 2026-05-04T08:00:00+08:00
steps:
  - {at: 0s, set: {PUMP_1.bearing_temp: 55, PUMP_1.pressure: 6.2, PUMP_1.current: 82, PUMP_1.running: true, PUMP_1.mode: 2}}
  - {at: 0s, set: {FAN_1.vibration: 2.1}}
"""


def plant_with(into: Path, *steps: str) -> Plant:
    story = HEAD + "".join(f"  - {{{step}}}\n" for step in steps)
    files = {"devices__own": DEVICES, "rules__own": RULES, "writes": WRITES, "scenarios__story": story}
    return replace(plant_of(folder_of(into, **files)), stage=AlarmStage.LIVE)


def played(plant: Plant) -> str:
    (verdict,) = run_scenarios(plant)
    assert verdict.failures == [], timeline(verdict, "en")
    return timeline(verdict, "en")


def test_the_siren_sounds_when_a_critical_alert_reaches_nobody_and_stops_when_it_has(tmp_path: Path) -> None:
    played(
        plant_with(
            tmp_path / "plant",
            "at: 10s, cut: cloud",
            "at: 20s, set: {PUMP_1.pressure: 9.5}",
            "within: {from: 50s, to: 58s}, expect: {written: {HALL.siren: 1}}",
            "at: 70s, mend: cloud",
            "within: {from: 70s, to: 200s}, expect: {written: {HALL.siren: 0}}",
        )
    )


def test_the_siren_keeps_still_while_a_tag_hangs_on_it(tmp_path: Path) -> None:
    text = played(
        plant_with(
            tmp_path / "plant",
            "at: 5s, hang_tag: {device: HALL, by: fitter_a}",
            "at: 10s, cut: cloud",
            "at: 20s, set: {PUMP_1.pressure: 9.5}",
            "within: {from: 50s, to: 58s}, expect: {alarm: system/nobody_hears, state: unacknowledged}",
            "at: 60s, write: {tag: HALL.siren, value: 1, by: lead_a}, expect: {refused: hang_tag}",
            "at: 61s, remove_hang_tag: {device: HALL, by: fitter_a}",
            "within: {from: 61s, to: 64s}, expect: {written: {HALL.siren: 1}}",
        )
    )
    assert (
        text.index("waits for a hang-tag: HALL.siren")
        < text.index("takes a hang-tag off HALL")
        < text.index("written: HALL.siren")
    )


def test_the_siren_does_not_hear_of_a_loop_check_and_sounds_when_it_is_true_after_all(tmp_path: Path) -> None:
    text = played(
        plant_with(
            tmp_path / "plant",
            "at: 10s, force: {values: {FAN_1.vibration: 30}, by: lead_a, for: 1min}",
            "within: {from: 10s, to: 20s}, expect: {alarm: FAN_1/rough, state: unacknowledged}",
            "within: {from: 10s, to: 20s}, expect: {card: {person: fitter_a, contains: forced for commissioning}}",
            "within: {from: 70s, to: 80s}, expect: {alarm: FAN_1/rough, state: returned_unacknowledged}",
            "at: 100s, force: {values: {FAN_1.vibration: 30}, by: lead_a, for: 1min}",
            "at: 110s, set: {FAN_1.vibration: 25}",
            "at: 160s, expect: {alarm: FAN_1/rough, state: unacknowledged}",
            "within: {from: 160s, to: 180s}, expect: {written: {HALL.siren: 1}}",
        )
    )
    before, _, _ = text.partition("FAN_1.vibration is no longer forced")
    assert "not written, the alarm stands on a forced value: HALL.siren = 1" in before
    assert text.count("written: HALL.siren = 1") == 2  # the line of the gateway, and the expectation


def test_every_face_says_whose_tag_hangs_and_what_waits_for_it(tmp_path: Path) -> None:
    plant = plant_with(tmp_path / "plant")
    viewer = Caller("eve", Role.VIEWER, "eve", "")

    async def story(clock: VirtualClock) -> tuple[list[object], bool, str, bool]:
        stage = Stage(plant, clock)
        stage.devices.set("FAN_1.vibration", 2.1)
        await stage.open()
        await ask(stage, "fitter_a", Hang("HALL", "WO-17", "5512", "new horn"))
        await ask(stage, "fitter_a", Hang("FAN_1", "WO-17", "5512", "new bearing"))
        stage.devices.set("FAN_1.vibration", 25)
        await clock.sleep_until(clock.now() + 20 * SECOND)
        [hall] = [each for each in hang_tags_form(stage.gateway) if each["device"] == "HALL"]
        waits = point_form(stage.gateway, "HALL.siren", viewer)["held_back"]
        [card] = [told.text for told in stage.cloud.told_to("lead_a") if told.form == "card"]
        await ask(stage, "fitter_a", RemoveHangTag("HALL~1"))
        await clock.sleep_until(clock.now() + 5 * SECOND)
        waits_no_more = point_form(stage.gateway, "HALL.siren", viewer)["held_back"]
        await stage.close()
        return [hall[key] for key in ("by", "order", "phone")], waits, card, waits_no_more

    shown, waits, card, waits_no_more = run_virtually(story, START)
    assert (shown, waits, waits_no_more) == (["fitter_a", "WO-17", "5512"], True, False)
    assert "somebody works at this device, nothing is written to it (not the physical lock)" in card


def test_a_stop_in_order_leaves_the_siren_as_its_grant_says_and_the_next_start_sounds_it_again(tmp_path: Path) -> None:
    plant = plant_with(tmp_path / "plant")

    async def story(clock: VirtualClock) -> tuple[list[float], list[str]]:
        stage = Stage(plant, clock)
        stage.devices.set("FAN_1.vibration", 25)
        await stage.open()
        await clock.sleep_until(clock.now() + 20 * SECOND)
        shown = [stage.devices.value("HALL.siren")]
        await stage.gateway.drain()
        await stage.kill_gateway()
        shown.append(stage.devices.value("HALL.siren"))
        assert await stage.start_gateway()
        await clock.sleep_until(clock.now() + 20 * SECOND)
        shown.append(stage.devices.value("HALL.siren"))
        rows = stage.store.read_after(0, 10_000)
        await stage.close()
        return shown, [
            row.event.kind for row in rows if row.event.stream is Stream.WRITE and row.event.kind in ("done", "left")
        ]

    assert run_virtually(story, START) == ([1, 2, 1], ["done", "left", "done", "done"])


def test_what_is_forced_over_a_kill_still_moves_nothing(tmp_path: Path) -> None:
    plant = plant_with(tmp_path / "plant")

    async def story(clock: VirtualClock) -> list[float]:
        stage = Stage(plant, clock)
        stage.devices.set("FAN_1.vibration", 2.1)
        await stage.open()
        await ask(stage, "lead_a", ForceValue("FAN_1.vibration", 30.0, 3 * MINUTE, "loop check"))
        shown = []
        for _ in range(3):
            await clock.sleep_until(clock.now() + MINUTE)
            await stage.kill_gateway()
            assert await stage.start_gateway()
            await clock.sleep_until(clock.now() + 10 * SECOND)
            shown.append(stage.devices.value("HALL.siren"))
        await stage.close()
        return shown

    assert run_virtually(story, START) == [0, 0, 0]


async def ask(stage: Stage, who: str, command: PersonCommand) -> Event:
    event = await stage.gateway.answer(InboxRow("api", str(command), who, command, stage.clock.now()))
    assert event is not None and event.kind != "rejected"
    return event

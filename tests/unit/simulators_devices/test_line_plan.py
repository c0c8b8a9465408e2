"""A plan with a production line: points follow it and each other, upsets play, sensors break, texts are read."""

from __future__ import annotations

import json

import pytest

from simulators.devices.line import Play, SimulatedLine, UnknownSubject
from simulators.devices.plan import PlanError, read_plan
from simulators.steering import Break, Halt, Mend, RampTo, Release, Resume, SensorFault, Set

SECOND = 1_000_000
MINUTE = 60 * SECOND
START = 1_777_852_800 * SECOND  # 2026-05-04T00:00:00Z
GOOD = """\
lines:
  MILL:
    products:
      id: "C{date}-{n:3}"
      every: [8min, 12min]
      numbers: {rolling_speed: [800, 1100]}
      recipes: {DC01: {thickness: 0.8}, DC04: {thickness: 1.0}}
    phases:
      - {name: threading, for: 1min, speed: 60, ramp: 5s}
      - {name: rolling, speed: rolling_speed, ramp: 30s}
      - {name: changing, for: 1min, speed: 0, ramp: 10s, idle: true}
machines:
  ST4.BUR:
    modbus: {unit_id: 4}
    quantities:
      leak: 0
    points:
      oil_p: {at: holding 0, type: int16, scale: 0.001,
        signal: {response: {of: {leak: -0.08}, offset: 0.125, lag: 2s}, noise: 0.0005}}
      oil_temp: {at: holding 1, type: int16, scale: 0.1, sensor: pt100,
        signal: {response: {of: {oil_p: -250, MILL.running: 4}, offset: 75, lag: 5min}, noise: 0.05}}
      speed: {at: holding 2, type: float32, signal: {show: MILL.speed}}
      coil: {at: holding 10, type: string, length: 16, signal: {show_text: MILL.product}}
      running: {at: holding 20, type: bool, bit: 3, signal: {show: MILL.running}}
      alarm: {at: holding 20, type: bool, bit: 4, signal: 0}
      level: {at: holding 20, type: uint8, byte: high, signal: 77}
  CAR:
    mqtt: {topic: car, every: 1s}
    points:
      state: {type: string, signal: {texts: [stopped, threading, rolling, changing], by: MILL.phase}}
upsets:
  strip_break:
    - {at: 0s, halt: {line: MILL, over: 2s}}
    - {at: 1s, set: {point: ST4.BUR.alarm, value: 1}}
    - {at: 2s, ramp: {point: ST4.BUR.leak, to: 1, over: 1s}}
    - {at: 10min, release: ST4.BUR.alarm}
"""


def plan(text: str = GOOD) -> SimulatedLine:
    return read_plan(text, "plan.yaml", START)


def value(line: SimulatedLine, point: str, at: int) -> float:
    return line.machines["ST4.BUR"].value(point, START + at)


def test_points_show_what_the_line_does():
    line = plan()
    assert value(line, "speed", 3 * MINUTE) == line.machines["MILL"].value("rolling_speed", START)
    assert line.read(4, 3, 10, 8, START + MINUTE) == b"C260504-001\0\0\0\0\0"
    assert line.read(4, 3, 20, 1, START + MINUTE) == bytes((77, 0b1000))
    [(_, body, _, _)] = line.due_payloads(START + 2 * MINUTE, START + 2 * MINUTE + SECOND)
    assert json.loads(body) == {"state": "rolling"}


def test_when_the_oil_leaks_pressure_falls_at_once_and_temperature_follows_minutes_later():
    line = plan()
    before = value(line, "oil_temp", 5 * MINUTE)
    line.act("ST4.BUR.leak", RampTo(1.0, 2 * SECOND), START + 5 * MINUTE)
    assert value(line, "oil_p", 5 * MINUTE + 15 * SECOND) == pytest.approx(0.045, abs=0.002)
    assert value(line, "oil_temp", 5 * MINUTE + 15 * SECOND) == pytest.approx(before, abs=1.5)
    assert value(line, "oil_temp", 12 * MINUTE) > before + 12


def test_a_point_set_by_hand_is_what_others_follow():
    line = plan()
    before = value(line, "oil_temp", MINUTE)
    line.act("ST4.BUR.oil_p", Set(0.045), START + MINUTE)
    assert value(line, "oil_temp", 20 * MINUTE) > before + 17
    line.act("ST4.BUR.oil_p", Release(), START + 20 * MINUTE)
    assert value(line, "oil_temp", 60 * MINUTE) == pytest.approx(before, abs=5)


def test_what_is_steered_shows_at_the_same_moment_also_where_it_was_already_asked_for():
    line, at = plan(), 3 * MINUTE
    assert value(line, "speed", at) > 0
    line.act("MILL.speed", Set(0.0), START + at)
    assert value(line, "speed", at) == 0.0
    line.act("MILL.speed", Release(), START + at)
    assert value(line, "speed", at) > 0
    line.act("MILL", Halt(0), START + at)
    assert value(line, "speed", at) == 0.0


def test_a_broken_sensor_shows_its_end_and_what_depends_on_the_quantity_does_not_care():
    line = plan()
    line.act("ST4.BUR.oil_temp", Break(SensorFault.OPEN), START + MINUTE)
    line.act("ST4.BUR.oil_p", Break(0.0), START + MINUTE)
    assert value(line, "oil_temp", 10 * MINUTE) == 850.0
    assert value(line, "oil_p", 10 * MINUTE) == 0.0
    line.act("ST4.BUR.oil_temp", Mend(), START + 10 * MINUTE)
    assert value(line, "oil_temp", 10 * MINUTE) == pytest.approx(47.8, abs=1.5), "the oil itself lost no pressure"
    with pytest.raises(ValueError, match="does not say what it shows when short"):
        line.act("ST4.BUR.oil_p", Break(SensorFault.SHORT), START + 10 * MINUTE)


def test_an_upset_plays_its_actions_at_their_offsets_and_a_hand_still_holds_its_point():
    line = plan()
    line.act("ST4.BUR.leak", Set(0.5), START + MINUTE)
    line.act("strip_break", Play(), START + 2 * MINUTE)
    assert [value(line, "alarm", 2 * MINUTE + s * SECOND) for s in (0, 1, 599, 600)] == [0, 1, 1, 0]
    assert value(line, "speed", 2 * MINUTE + 3 * SECOND) == 0.0
    assert value(line, "leak", 3 * MINUTE) == 0.5
    line.act("MILL", Resume(), START + 30 * MINUTE)
    assert line.machines["MILL"].text("product", START + 30 * MINUTE) == "C260504-002"


def test_forty_points_change_within_three_seconds_and_again_when_it_is_played_again():
    points = "".join(f"      p{n}: {{at: discrete {n}, signal: 0}}\n" for n in range(40))
    entries = "".join(f"    - {{at: {75 * n}ms, set: {{point: M.p{n}, value: 1}}}}\n" for n in range(40))
    over = "".join(f"    - {{at: 1min, release: M.p{n}}}\n" for n in range(40))
    line = plan(f"machines:\n  M:\n    modbus: {{unit_id: 1}}\n    points:\n{points}upsets:\n  burst:\n{entries}{over}")
    for begin in (MINUTE, 10 * MINUTE):
        line.act("burst", Play(), START + begin)
        on = [
            sum(line.machines["M"].value(f"p{n}", START + begin + at) for n in range(40))
            for at in (-1, 0, 1500_000, 3 * SECOND, MINUTE)
        ]
        assert on == [0, 1, 21, 40, 0]


def test_a_text_is_set_and_released():
    line = plan()
    line.act("ST4.BUR.coil", Set("C260504-099"), START + MINUTE)
    assert line.read(4, 3, 10, 8, START + MINUTE) == b"C260504-099\0\0\0\0\0"
    line.act("ST4.BUR.coil", Release(), START + 2 * MINUTE)
    assert line.machines["ST4.BUR"].shown("coil", START + 2 * MINUTE) == "C260504-001"
    for wrong in (Set("C260504-099-0123456"), Set("卷"), Set(3.0), RampTo(1.0, 1)):
        with pytest.raises(ValueError, match="coil"):
            line.act("ST4.BUR.coil", wrong, START + 2 * MINUTE)
    with pytest.raises(ValueError, match='must be a number, is "hot"'):
        line.act("ST4.BUR.oil_p", Set("hot"), START + 2 * MINUTE)


def test_what_is_not_there_is_answered_with_a_near_name():
    with pytest.raises(UnknownSubject, match='no production line is called "MIL", did you mean "MILL"'):
        plan().act("MIL", Halt(0), START)
    with pytest.raises(UnknownSubject, match='did you mean "strip_break"'):
        plan().act("strip_brake", Play(), START)


@pytest.mark.parametrize(
    ("find", "replacement", "problem"),
    [
        ("of: {leak: -0.08}", "of: {leek: -0.08}", 'ST4.BUR.oil_p depends on "ST4.BUR.leek", which is not there'),
        ("{show: MILL.speed}", "{show: MILL.sped}", 'depends on "MILL.sped", which is not there, did you mean "MILL.speed"?'),
        ("{show: MILL.speed}", "{show: MILL.product}", "ST4.BUR.speed needs a number, MILL.product shows a text"),
        ("{show_text: MILL.product}", "{show_text: MILL.speed}", "ST4.BUR.coil needs a text, MILL.speed shows a number"),
        ("leak: 0\n", "leak: {response: {of: {oil_temp: 1}, lag: 1s}}\n", "ST4.BUR.leak depends on itself, by way of"),
        ("leak: 0\n", "leak: {show: leak}\n", "ST4.BUR.leak depends on itself, by way of ST4.BUR.leak"),
        ("{show_text: MILL.product}", "3", "point coil: type string holds texts, its signal shows numbers"),
        ("signal: {show: MILL.speed}", "signal: {text: fast}", "point speed: type float32 holds numbers"),
        ("length: 16, ", "", 'key "length" is missing'),
        ("type: uint8, byte: high", "type: uint8", "holding 20 already belongs to running"),
        ("bit: 4", "bit: 3", "holding 20 already belongs to running"),
        ("bit: 4", "bit: 16", "bit must be a whole number from 0 to 15"),
        ("bit: 4, ", "", "already belongs to"),
        ("sensor: pt100", "sensor: pt1000", "sensor must be one of pt100, 4-20mA"),
        ("type: float32, signal", "type: float32, word_order: ABCDEFGH, signal", "orders 8 bytes, the type has 4"),
        ("lag: 5min", "lag: [5min, 1min, 1min, 1min]", "at most 3 in series"),
        ("lag: 5min", "lag: 5min, lag_down: [1min, 1min]", "lag_down must have as many entries as lag, which has 1"),
        ("lag: 5min", "lag: 5min, clamp: [3, 1]", "clamp must rise"),
        ("by: MILL.phase", "buy: MILL.phase", 'unknown key "buy", did you mean "by"?'),
        ("speed: rolling_speed", "speed: rolling", "speed must be a number, or one that the products have"),
        ("{name: rolling, speed", "{name: rolling, for: 8min, speed", "exactly one phase takes the time"),
        ("for: 1min, speed: 60", "for: 9min, speed: 60", "the shortest product lasts 480 s"),
        ("DC04: {thickness: 1.0}", "DC04: {}", "recipe DC04: thickness is missing"),
        ("{thickness: 0.8}", "{speed: 0.8}", '"speed" cannot be the name of a number'),
        ("every: [8min, 12min]", "every: [12min, 8min]", "the shortest is longer than the longest"),
        ("halt: {line: MILL", "halt: {line: MIL", 'no production line is called "MIL"'),
        ("value: 1}", "value: 7}", "ST4.BUR.alarm: must be 0 or 1, is 7"),
        ("release: ST4.BUR.alarm", "play: strip_break", "an upset plays no other upset"),
        ("  CAR:", "  MILL:", "two machines are called MILL"),
        (
            "    mqtt: {topic: car, every: 1s}\n",
            "",
            "CAR needs either modbus or mqtt; without them it can only have quantities",
        ),
    ],
)
def test_nonsense_is_named_with_its_place(find, replacement, problem):
    assert find in GOOD
    with pytest.raises(PlanError) as refused:
        plan(GOOD.replace(find, replacement))
    assert any(problem in each for each in refused.value.problems), refused.value.problems
    assert all(each.startswith("plan.yaml:") for each in refused.value.problems)

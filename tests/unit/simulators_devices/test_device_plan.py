"""A plan file becomes machines; nonsense in it is named by file, line and column, all of it in one run."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.devices.encoding import WordOrder
from simulators.devices.fields import Problem, locate
from simulators.devices.line import SimulatedLine
from simulators.devices.plan import PlanError, read_plan
from simulators.devices.script import Verb, read_action, read_faults
from simulators.faults import CloseAfter, Delay, ExceptionAnswer, FaultPlan, HalfFrame, Refuse, Silent, WrongTransaction
from simulators.steering import Fail, Mend, RampTo, Release, Set, SettleTo

SECOND = 1_000_000
START = 1_767_225_600 * SECOND
README = Path(__file__).parents[3] / "simulators" / "devices" / "README.md"
GOOD = """\
machines:
  CRM.ST3.MOTOR:
    modbus: {unit_id: 3, word_order: CDAB}
    points:
      de_temp: {at: holding 0, type: int16, scale: 0.1, signal: {lag: {target: 62, from: 20, time_constant: 40s}}}
      current: {at: holding 1, type: float32, signal: 1.5}
      torque: {at: input 0, type: int32, word_order: ABCD, signal: {ramp: {from: 0, to: 100, over: 10s}}}
      running: {at: discrete 0, signal: {square: {low: 0, high: 1, period: 10s}}}
  CRM.FUME_FAN:
    mqtt: {topic: crm/fume_fan, every: 2s, time_path: ts, time_format: unix_ms, qos: 1, retain: true}
    points:
      vib: {path: vib.rms, decimals: 1, signal: {sine: {mean: 2, amplitude: 1, period: 4s}}}
      speed: {type: uint16, signal: 1480}
script:
  - {at: 10s, ramp: {point: CRM.ST3.MOTOR.current, to: 3.5, over: 2s}}
  - {at: 20s, fail: CRM.ST3.MOTOR}
  - {at: 30s, mend: CRM.ST3.MOTOR}
  - at: 40s
    set: {point: CRM.FUME_FAN.speed, value: 0}
  - {at: 1min, release: CRM.FUME_FAN.speed}
"""


def problems_of(text: str) -> list[str]:
    with pytest.raises(PlanError) as refused:
        read_plan(text, "plan.yaml", START)
    return refused.value.problems


def changed(find: str, replacement: str) -> str:
    assert find in GOOD
    return GOOD.replace(find, replacement)


def registers(line: SimulatedLine, function: int, address: int, count: int, elapsed_s: float) -> bytes:
    answer = line.read(3, function, address, count, START + round(elapsed_s * SECOND))
    assert isinstance(answer, bytes)
    return answer


def test_a_plan_says_what_each_point_shows_from_its_start_on():
    line = read_plan(GOOD, "plan.yaml", START)
    assert registers(line, 3, 0, 1, 0) == struct.pack(">H", 200)
    assert registers(line, 3, 0, 1, 1000) == struct.pack(">H", 620)
    assert registers(line, 4, 0, 2, 5) == struct.pack(">i", 50)
    assert [registers(line, 2, 0, 1, s) for s in (0, 5, 10)] == [b"\1", b"\0", b"\1"]
    assert line.machines["CRM.ST3.MOTOR"].points["current"].word_order is WordOrder.CDAB
    [(topic, body, qos, retain)] = line.due_payloads(START + SECOND, START + 2 * SECOND)
    assert (topic, qos, retain) == ("crm/fume_fan", 1, True)
    assert json.loads(body) == {"vib": {"rms": 2.0}, "speed": 1480, "ts": START // 1000 + 2000}


def test_the_script_of_a_plan_runs_by_itself():
    line = read_plan(GOOD, "plan.yaml", START)
    assert registers(line, 3, 1, 2, 11) == struct.pack(">HH", *struct.unpack(">HH", struct.pack(">f", 2.5))[::-1])
    assert line.read(3, 3, 1, 2, START + 25 * SECOND) is None
    assert registers(line, 3, 1, 2, 30) == struct.pack(">HH", *struct.unpack(">HH", struct.pack(">f", 3.5))[::-1])
    fan = line.machines["CRM.FUME_FAN"]
    assert [fan.value("speed", START + s * SECOND) for s in (39, 40, 60)] == [1480, 0, 1480]


def test_noise_may_stand_beside_or_inside_a_signal_and_two_points_do_not_tremble_alike():
    beside = "{lag: {target: 62, time_constant: 40s}, noise: 0.3}"
    inside = "{lag: {target: 62, time_constant: 40s, noise: 0.3}}"
    lines = [
        read_plan(
            f"machines: {{M: {{modbus: {{unit_id: 1}}, points: {{"
            f"a: {{at: holding 0, type: float32, signal: {signal}}}, "
            f"b: {{at: holding 2, type: float32, signal: {signal}}}}}}}}}",
            "plan.yaml",
            START,
        )
        for signal in (beside, inside)
    ]
    shown = [[line.machines["M"].value(point, START + 5) for point in "ab"] for line in lines]
    assert shown[0] == shown[1]
    assert shown[0][0] != shown[0][1]
    assert all(abs(value - 62) <= 0.3 for value in shown[0])


def test_the_sample_in_the_readme_is_a_good_plan():
    sample = README.read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
    line = read_plan(sample, "README.md", START)
    assert line.units and line.topics


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("40001", "holding 0"), ("400001", "holding 0"), ("4x0001", "holding 0"), ("holding 0x0A", "holding 10"),
        ("30012", "input 11"), ('"00003"', "coil 2"), ('"10001"', "discrete 0"), ("0x 0003", "coil 2"),
        ("465536", "holding 65535"),
    ],
)  # fmt: skip
def test_an_address_is_written_as_manuals_do_or_as_it_goes_over_the_wire(written: str, meant: str) -> None:
    point = f"{{at: {written}, type: bool{', bit: 0' if meant.startswith(('holding', 'input')) else ''}, signal: 1}}"
    line = read_plan(f"machines:\n  M:\n    modbus: {{unit_id: 1}}\n    points:\n      p: {point}\n", "plan.yaml", START)
    assert [str(each.where) for each in line.machines["M"].points.values()] == [meant]


@pytest.mark.parametrize("written", ["40000", "00003", "0x10", "20001", "465537", "D100", "true", "holding", "4.5"])
def test_what_is_no_address_is_refused_with_every_way_to_write_one(written: str) -> None:
    (problem,) = problems_of(
        f"machines:\n  M:\n    modbus: {{unit_id: 1}}\n    points:\n      p: {{at: {written}, type: int16, signal: 1}}\n"
    )
    assert "M.p: at must be an address" in problem and "40001" in problem and '"00001"' in problem


@pytest.mark.parametrize(
    ("find", "replacement", "problem"),
    [
        (
            "type: int16",
            "type: int17",
            "5:38: CRM.ST3.MOTOR.de_temp: type must be one of bool, int8, uint8, int16, uint16, int32, uint32, int64, uint64, "
            'float32, float64, bcd16, bcd32, string, is "int17", did you mean "int16"?',
        ),
        ("every: 2s", "every: 2", "10:40: CRM.FUME_FAN: mqtt: every must be a duration with its unit"),
        ("every: 2s", "every: 0s", "10:40: CRM.FUME_FAN: mqtt: every must be longer than 0"),
        ("scale: 0.1", "scale: 0", "5:52: CRM.ST3.MOTOR.de_temp: scale must be more than 0, is 0"),
        ("scale: 0.1", "scal: 0.1", '5:51: CRM.ST3.MOTOR.de_temp: unknown key "scal", did you mean "scale"?'),
        ("unit_id: 3", "unit_id: 256", "3:23: CRM.ST3.MOTOR: modbus: unit_id must be a whole number from 0 to 255"),
        ("unit_id: 3", "unit_id: yes", "3:23: CRM.ST3.MOTOR: modbus: unit_id must be a whole number"),
        ("at: holding 1", "at: 50001", "6:21: CRM.ST3.MOTOR.current: at must be an address"),
        ("at: holding 1", "at: holding 65536", "6:21: CRM.ST3.MOTOR.current: at must be an address"),
        ("at: holding 1", "at: holding 0", "3:5: point current: holding 0 already belongs to de_temp"),
        ("at: input 0", "at: coil 0", "3:5: point torque: coil 0 holds a bit, type int32 does not fit"),
        ("lag: {target", "leg: {target", '5:71: signal: unknown key "leg", did you mean "lag"?'),
        ("lag: {target: 62, ", "lag: {", '5:71: lag: key "target" is missing'),
        ("{lag: {target: 62, from: 20, time_constant: 40s}}", "{}", "5:65: signal needs exactly one of constant, sine"),
        ("mqtt: {topic: crm/fume_fan,", "mqtt: {topic: crm/+,", "topic must be a name without + and #"),
        ("qos: 1", "qos: 3", "mqtt: qos must be a whole number from 0 to 2, is 3"),
        ("path: vib.rms", "path: vib..rms", "path must be keys with dots between"),
        ("path: vib.rms", "path: ts.rms", "collides with that of the time stamp"),
        ("speed: {type", "spe.ed: {type", "name has no dots"),
        ("to: 3.5", "to: 1.0e+50", "15:5: CRM.ST3.MOTOR.current: 1e+50 is beyond float32"),
        ("fail: CRM.ST3.MOTOR", "fail: CRM.ST3.MOTER", 'no machine is called "CRM.ST3.MOTER", did you mean "CRM.ST3.MOTOR"?'),
        ("over: 2s", "over: 2", "15:67: ramp: over must be a duration"),
        ("fail: CRM.ST3.MOTOR}", "fail: CRM.ST3.MOTOR, mend: CRM.ST3.MOTOR}", "16:5: an entry of the script needs exactly one"),
        ("machines:", "machine:", 'unknown key "machine", did you mean "machines"?'),
        ("      current:", "      de_temp:", '6:7: key "de_temp" is given twice'),
        ("script:", "script: &s\nx: *s\ny:", "not"),
        ("machines:", "machines: [", "not YAML"),
    ],
)
def test_nonsense_is_named_with_its_place(find, replacement, problem):
    found = problems_of(changed(find, replacement))
    assert all(text.startswith("plan.yaml:") for text in found)
    assert any(problem in text for text in found), found


def test_all_problems_come_in_one_run_in_the_order_of_the_file():
    broken = changed("qos: 1", "qos: 9").replace("int16", "int61").replace("signal: 1.5", "signal: hot")
    assert [text.split(": ")[0] for text in problems_of(broken)] == ["plan.yaml:5:38", "plan.yaml:6:55", "plan.yaml:10:86"]


@pytest.mark.parametrize("text", ["", "- 1", "3", "machines: {}", "machines: !!timestamp x", "a: \0", "a: " + "[" * 600])
def test_a_file_that_is_no_plan_at_all_is_refused(text):
    assert len(problems_of(text)) == 1


@given(st.text(max_size=60), st.integers(0, len(GOOD)))
def test_garbage_anywhere_in_a_plan_never_crashes_the_reader(garbage, place):
    try:
        read_plan(GOOD[:place] + garbage + GOOD[place:], "plan.yaml", START)
    except PlanError as refused:
        assert all(text.startswith("plan.yaml:") for text in refused.problems)


@pytest.mark.parametrize(
    ("verb", "asked", "meant"),
    [
        ("set", {"point": "M.p", "value": 86}, ("M.p", Set(86.0))),
        ("set", {"point": "M.p", "value": True}, ("M.p", Set(1.0))),
        ("ramp", {"point": "M.p", "to": 86, "over": "1.5s"}, ("M.p", RampTo(86.0, 1_500_000))),
        ("settle", {"point": "M.p", "to": 5, "time_constant": "2min"}, ("M.p", SettleTo(5.0, 120 * SECOND))),
        ("release", {"point": "M.p"}, ("M.p", Release())),
        ("fail", {"machine": "M"}, ("M", Fail())),
        ("mend", {"machine": "M"}, ("M", Mend())),
    ],
)
def test_an_action_means_what_it_says(verb, asked, meant):
    assert read_action(Verb(verb), locate(asked)) == meant


@pytest.mark.parametrize(
    ("verb", "asked"),
    [
        ("set", {"point": "M.p"}),
        ("set", {"point": "M.p", "value": [1]}),
        ("set", {"point": 7, "value": 1}),
        ("set", [1]),
        ("ramp", {"point": "M.p", "to": float("nan"), "over": "1s"}),
        ("ramp", {"point": "M.p", "to": 10**400, "over": "1s"}),
        ("ramp", {"point": "M.p", "to": 1, "over": 1}),
        ("ramp", {"point": "M.p", "to": 1, "over": "400d"}),
        ("settle", {"point": "M.p", "to": 1, "time_constant": "0s"}),
        ("fail", {"point": "M.p"}),
    ],
)
def test_an_action_that_makes_no_sense_is_refused(verb, asked):
    with pytest.raises(Problem):
        read_action(Verb(verb), locate(asked))


def test_faults_are_read_by_kind():
    kinds = [
        {"kind": "silent", "unit": 3, "share": 0.5},
        {"kind": "delay", "by": "300ms"},
        {"kind": "exception", "code": 6},
        {"kind": "wrong_transaction"},
        {"kind": "half_frame"},
        {"kind": "close_after", "bytes": 5},
        {"kind": "refuse"},
    ]
    assert read_faults(locate({"seed": 9, "faults": kinds})) == FaultPlan(
        (
            Silent(unit=3, share=0.5),
            Delay(by_us=300_000),
            ExceptionAnswer(code=6),
            WrongTransaction(),
            HalfFrame(),
            CloseAfter(sent_bytes=5),
            Refuse(),
        ),
        seed=9,
    )


@pytest.mark.parametrize(
    "fault",
    [{}, {"kind": "silence"}, {"kind": "silent", "by": "1s"}, {"kind": "delay"}, {"kind": "silent", "share": 2}, {"kind": []}],
)
def test_a_fault_that_makes_no_sense_is_refused(fault):
    with pytest.raises(Problem):
        read_faults(locate({"faults": [fault]}))

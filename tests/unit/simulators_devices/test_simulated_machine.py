"""A machine and a line on virtual time: reads, payloads, steering, silence; no socket and no clock."""

from __future__ import annotations

import json
import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.devices.encoding import ValueType, WordOrder
from simulators.devices.line import SimulatedLine, UnknownSubject
from simulators.devices.machine import COURSES_MAX, SimulatedMachine
from simulators.devices.modbus_unit import ExceptionCode, Gaps, ModbusUnit
from simulators.devices.mqtt_topic import MqttTopic, PayloadLayout, TimeFormat, time_stamp
from simulators.devices.point import JsonPath, ModbusAddress, Point, Table
from simulators.signals import Constant, Ramp
from simulators.steering import Fail, Mend, RampTo, Release, Set

SECOND = 1_000_000
START = 1_767_225_600 * SECOND  # 2026-01-01T00:00:00Z
COILS, DISCRETE, HOLDING, INPUT = 1, 2, 3, 4


def at(table: str, address: int) -> ModbusAddress:
    return ModbusAddress(Table(table), address)


def motor(gaps: Gaps = Gaps.ZERO) -> SimulatedMachine:
    points = [
        Point("de_temp", at("holding", 10), ValueType.INT16, Constant(62.0), scale=0.1),
        Point("current", at("holding", 13), ValueType.FLOAT32, Constant(1.5), word_order=WordOrder.CDAB),
        Point("hours", at("input", 0), ValueType.INT32, Ramp(0, 3600, START, 3600 * SECOND)),
        Point("running", at("discrete", 8), ValueType.BOOL, Constant(1)),
        Point("brake", at("coil", 3), ValueType.BOOL, Constant(0)),
    ]
    return SimulatedMachine("CRM.ST3.MOTOR", points, ModbusUnit(3, points, gaps))


def fan(every_us: int = SECOND, *, retain: bool = False) -> SimulatedMachine:
    points = [
        Point("vib", JsonPath(("vib", "rms")), ValueType.FLOAT32, Constant(2.12345)),
        Point("on", JsonPath(("on",)), ValueType.BOOL, Constant(1)),
    ]
    topic = MqttTopic("crm/fume_fan/vib", every_us, JsonPath(("ts",)), TimeFormat.UNIX_MS, qos=1, retain=retain)
    return SimulatedMachine("CRM.FUME_FAN", points, PayloadLayout(topic, points))


def test_a_read_gives_the_registers_of_the_moment_high_byte_first():
    assert motor().read(3, HOLDING, 10, 1, START) == struct.pack(">H", 620)
    assert motor().read(3, INPUT, 0, 2, START + 1800 * SECOND) == struct.pack(">i", 1800)
    low_word_first = struct.unpack(">HH", struct.pack(">f", 1.5))[::-1]
    assert motor().read(3, HOLDING, 13, 2, START) == struct.pack(">HH", *low_word_first)


def test_bits_are_packed_from_the_lowest_up():
    points = [Point(f"b{n}", at("coil", n), ValueType.BOOL, Constant(n in (0, 3, 9))) for n in range(11)]
    machine = SimulatedMachine("PANEL", points, ModbusUnit(1, points))
    assert machine.read(1, COILS, 0, 11, START) == bytes((0b0000_1001, 0b010))
    assert machine.read(1, COILS, 3, 7, START) == bytes((0b0100_0001,))


@pytest.mark.parametrize(
    ("gaps", "function", "address", "count", "answer"),
    [
        (Gaps.ZERO, HOLDING, 10, 3, struct.pack(">HHH", 620, 0, 0)),
        (Gaps.REFUSE, HOLDING, 10, 3, ExceptionCode.ILLEGAL_DATA_ADDRESS),
        (Gaps.ZERO, HOLDING, 9, 2, ExceptionCode.ILLEGAL_DATA_ADDRESS),
        (Gaps.ZERO, HOLDING, 14, 2, ExceptionCode.ILLEGAL_DATA_ADDRESS),
        (Gaps.REFUSE, HOLDING, 13, 2, struct.pack(">HH", 0, 0x3FC0)),
        (Gaps.ZERO, DISCRETE, 8, 1, b"\x01"),
        (Gaps.ZERO, HOLDING, 10, 0, ExceptionCode.ILLEGAL_DATA_VALUE),
        (Gaps.ZERO, HOLDING, 10, 126, ExceptionCode.ILLEGAL_DATA_VALUE),
        (Gaps.ZERO, COILS, 3, 2001, ExceptionCode.ILLEGAL_DATA_VALUE),
        (Gaps.ZERO, 16, 10, 1, ExceptionCode.ILLEGAL_FUNCTION),
        (Gaps.ZERO, HOLDING, 65535, 2, ExceptionCode.ILLEGAL_DATA_ADDRESS),
    ],
)
def test_a_read_outside_is_refused_with_the_code_of_the_specification(gaps, function, address, count, answer):
    assert motor(gaps).read(3, function, address, count, START) == answer


def test_another_unit_and_a_machine_out_of_reach_are_silent_even_to_nonsense():
    machine = motor()
    assert machine.read(4, HOLDING, 10, 1, START) is None
    machine.unreachable(True, START + SECOND)
    assert machine.read(3, HOLDING, 10, 1, START) is not None
    assert machine.read(3, HOLDING, 10, 1, START + SECOND) is None
    assert machine.read(3, 99, 0, 0, START + SECOND) is None
    machine.unreachable(False, START + 2 * SECOND)
    assert machine.read(3, HOLDING, 10, 1, START + 2 * SECOND) is not None


@given(st.sampled_from([COILS, DISCRETE, HOLDING, INPUT]), st.integers(0, 20), st.integers(1, 8), st.integers(0, 10**10))
def test_a_read_and_the_image_agree(function, address, count, elapsed):
    machine, now = motor(), START + elapsed
    table = {COILS: Table.COIL, DISCRETE: Table.DISCRETE, HOLDING: Table.HOLDING, INPUT: Table.INPUT}[function]
    image = machine.registers(now)[table]
    answer = machine.read(3, function, address, count, now)
    if isinstance(answer, ExceptionCode):
        assert not min(image) <= address <= address + count - 1 <= max(image)
    elif table.holds_bits:
        bits = [answer[n // 8] >> n % 8 & 1 for n in range(count)]
        assert bits == [image.get(address + n, 0) for n in range(count)]
    else:
        assert list(struct.unpack(f">{count}H", answer)) == [image.get(address + n, 0) for n in range(count)]


def test_a_hand_holds_a_point_over_its_script_and_a_release_gives_it_back():
    machine = motor()
    machine.script("de_temp", START + 20 * SECOND, Set(90.0))
    machine.script("de_temp", START + 10 * SECOND, RampTo(80.0, 10 * SECOND))
    assert machine.value("de_temp", START + 15 * SECOND) == pytest.approx(71.0)
    machine.override("de_temp", 40.0, START + 16 * SECOND)
    assert machine.value("de_temp", START + 25 * SECOND) == 40.0
    machine.release("de_temp", START + 30 * SECOND)
    assert machine.value("de_temp", START + 30 * SECOND) == 90.0
    assert machine.changed_at("de_temp", START + 19 * SECOND) == START + 16 * SECOND
    assert machine.changed_at("de_temp", START + 9 * SECOND) is None


def test_a_ramp_by_hand_starts_where_the_point_is():
    machine = motor()
    machine.ramp("de_temp", 86.0, 40 * SECOND, START)
    assert machine.value("de_temp", START + 20 * SECOND) == 74.0
    machine.settle("de_temp", 62.0, 10 * SECOND, START + 20 * SECOND)
    assert machine.value("de_temp", START + 20 * SECOND) == 74.0
    assert machine.value("de_temp", START + 2000 * SECOND) == 62.0


def test_a_value_the_point_cannot_show_is_refused_and_changes_nothing():
    machine = motor()
    with pytest.raises(ValueError, match=r"de_temp: must be -3276\.8 to 3276\.7"):
        machine.override("de_temp", 4000.0, START)
    with pytest.raises(ValueError, match="must be 0 or 1"):
        machine.ramp("running", 2.0, SECOND, START)
    with pytest.raises(ValueError, match="JSON has no word for nan"):
        fan().override("vib", float("nan"), START)
    assert machine.value("de_temp", START) == 62.0


def test_a_point_steered_for_ever_stays_small():
    machine = motor()
    for n in range(10 * COURSES_MAX):
        machine.override("de_temp", n % 100, START + n)
        machine.unreachable(n % 2 == 0, START + n)
    last = START + 10 * COURSES_MAX
    assert machine.value("de_temp", last) == (10 * COURSES_MAX - 1) % 100
    assert machine.value("de_temp", last - COURSES_MAX - 1) == 62.0, "what came before has been forgotten"
    assert machine.is_reachable(last)


def test_a_payload_carries_value_and_time_stamp_where_the_paths_say():
    [(topic, body)] = fan().payloads(START + 1500)
    assert topic == "crm/fume_fan/vib"
    assert json.loads(body) == {"vib": {"rms": 2.123}, "on": True, "ts": START // 1000 + 1}


@pytest.mark.parametrize(
    ("time_format", "written"),
    [
        (TimeFormat.ISO8601, "2026-01-01T00:00:00.250Z"),
        (TimeFormat.UNIX_S, 1767225600.25),
        (TimeFormat.UNIX_MS, 1767225600250),
        (TimeFormat.UNIX_US, 1767225600250000),
    ],
)
def test_time_stamps(time_format, written):
    assert time_stamp(START + 250_000, time_format) == written


@given(st.lists(st.integers(0, 20 * SECOND), min_size=1, max_size=12), st.integers(SECOND // 10, 5 * SECOND))
def test_however_time_is_cut_each_payload_falls_due_once_and_in_order(cuts, every_us):
    line = SimulatedLine([fan(every_us)])
    end = START + 20 * SECOND
    edges = sorted({START, end, *(START + cut for cut in cuts)})
    in_pieces = [payload for since, now in pairwise(edges) for payload in line.due_payloads(since, now)]
    assert in_pieces == line.due_payloads(START, end)
    assert len(in_pieces) == end // every_us - START // every_us


def test_what_falls_due_out_of_reach_is_never_published():
    line = SimulatedLine([fan()])
    line.act("CRM.FUME_FAN", Fail(), START + 2 * SECOND)
    line.act("CRM.FUME_FAN", Mend(), START + 4 * SECOND)
    stamps = [json.loads(body)["ts"] for _, body, _, _ in line.due_payloads(START, START + 5 * SECOND)]
    assert stamps == [(START + second * SECOND) // 1000 for second in (1, 4, 5)]


def test_a_line_finds_units_topics_and_the_next_moment():
    line = SimulatedLine([motor(), fan(7 * SECOND, retain=True)])
    assert line.read(3, HOLDING, 10, 1, START) == struct.pack(">H", 620)
    assert line.read(9, HOLDING, 10, 1, START) is None
    due_at = line.next_payload_at(START)
    assert due_at is not None and due_at % (7 * SECOND) == 0 and START < due_at <= START + 7 * SECOND
    [(topic, _, qos, retain)] = line.due_payloads(due_at - 1, due_at)
    assert (topic, qos, retain) == ("crm/fume_fan/vib", 1, True)
    assert line.retained_payloads(due_at) == line.due_payloads(due_at - 1, due_at)
    assert SimulatedLine([motor()]).next_payload_at(START) is None


def test_a_scripted_failure_and_a_mend_by_hand_take_turns():
    line = SimulatedLine([motor()])
    line.script(START + 10 * SECOND, "CRM.ST3.MOTOR", Fail())
    line.script(START + 5 * SECOND, "CRM.ST3.MOTOR.de_temp", Set(70.0))
    line.act("CRM.ST3.MOTOR", Mend(), START + 12 * SECOND)
    line.act("CRM.ST3.MOTOR.de_temp", Release(), START + 12 * SECOND)
    reached = [line.read(3, HOLDING, 10, 1, START + s * SECOND) is not None for s in (9, 10, 11, 12, 20)]
    assert reached == [True, False, False, True, True]


def test_an_unknown_name_is_answered_with_a_near_one():
    line = SimulatedLine([motor(), fan()])
    with pytest.raises(UnknownSubject, match=r'did you mean "CRM\.ST3\.MOTOR\.de_temp"'):
        line.act("CRM.ST3.MOTOR.de_tmp", Set(1.0), START)
    with pytest.raises(UnknownSubject, match=r'did you mean "CRM\.FUME_FAN"'):
        line.act("CRM.FUM_FAN", Fail(), START)


@pytest.mark.parametrize(
    "other",
    [
        Point("de_temp2", at("holding", 10), ValueType.INT16, Constant(1)),
        Point("word2", at("holding", 9), ValueType.FLOAT32, Constant(1)),
        Point("bit", at("coil", 1), ValueType.INT16, Constant(1)),
        Point("end", at("holding", 65535), ValueType.INT32, Constant(1)),
        Point("path", JsonPath(("v",)), ValueType.INT16, Constant(1)),
    ],
)
def test_points_that_do_not_fit_into_the_tables_are_refused(other):
    with pytest.raises(ValueError, match=other.name):
        ModbusUnit(1, [Point("de_temp", at("holding", 10), ValueType.INT16, Constant(1)), other])


@pytest.mark.parametrize("path", ["ts", "ts.ms", "v", "v.rms"])
def test_values_that_would_overwrite_each_other_in_a_payload_are_refused(path):
    points = [
        Point("a", JsonPath(("v",)), ValueType.FLOAT32, Constant(1)),
        Point("b", JsonPath(tuple(path.split("."))), ValueType.FLOAT32, Constant(1)),
    ]
    with pytest.raises(ValueError, match="collides"):
        PayloadLayout(MqttTopic("t", SECOND, JsonPath(("ts",))), points)


def test_two_machines_cannot_share_a_name_or_a_unit_id():
    with pytest.raises(ValueError, match="two machines are called"):
        SimulatedLine([fan(), fan()])
    twin = motor()
    twin.name = "CRM.ST4.MOTOR"
    with pytest.raises(ValueError, match=r"unit_id 3 already belongs to CRM\.ST3\.MOTOR"):
        SimulatedLine([motor(), twin])

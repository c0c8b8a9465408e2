"""Replay: recorded columns play at their speed; what is wrong with a file is said by file, row and column."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.devices.line import SimulatedLine
from simulators.devices.plan import PlanError, read_plan
from simulators.devices.recording import RecordingError, read_recording
from simulators.steering import Release, Set

SECOND = 1_000_000
START = 1_777_852_800 * SECOND
CSV = """\
datetime;Current;Flow
2020-03-09 10:00:00;1.5;30
2020-03-09 10:00:01;1.75;31
2020-03-09 10:00:04;2.5;32
"""
PLAN = """\
machines:
  PUMP:
    modbus: {unit_id: 1}
    replay:
      file: pump.csv
      separator: ";"
      time: datetime
      columns:
        Current: {at: holding 0, type: float32}
        Flow: {point: flow, at: holding 2, type: uint16}
"""


def line(options: str = "", text: str = CSV) -> SimulatedLine:
    return read_plan(PLAN + options, "plan.yaml", START, {"pump.csv": text}.__getitem__)


def problems(options: str = "", text: str = CSV, plan: str = PLAN) -> list[str]:
    with pytest.raises(PlanError) as refused:
        read_plan(plan + options, "plan.yaml", START, {"pump.csv": text}.__getitem__)
    return refused.value.problems


def currents(of: SimulatedLine, *elapsed_s: float) -> list[float]:
    return [of.machines["PUMP"].value("Current", START + round(at * SECOND)) for at in elapsed_s]


def test_a_row_is_shown_from_its_moment_until_the_next_and_the_last_one_stays():
    assert currents(line(), -1, 0, 0.9, 1, 3.9, 4, 100) == [1.5, 1.5, 1.5, 1.75, 1.75, 2.5, 2.5]
    assert line().read(1, 3, 0, 3, START + SECOND) == struct.pack(">fH", 1.75, 31)


def test_it_plays_faster_from_a_moment_of_the_recording():
    fast = line("      speed: 10\n      start: 2020-03-09 10:00:01\n")
    assert currents(fast, 0, 0.29, 0.3) == [1.75, 1.75, 2.5]


def test_a_loop_begins_again_after_the_last_row_was_shown_as_long_as_the_one_before():
    assert currents(line("      loop: true\n"), 4, 6.9, 7, 8) == [2.5, 2.5, 1.5, 1.75]


def test_a_recorded_point_can_be_held_and_released():
    pump = line()
    pump.act("PUMP.Current", Set(9.0), START + SECOND)
    assert currents(pump, 2, 5) == [9.0, 9.0]
    pump.act("PUMP.Current", Release(), START + 6 * SECOND)
    assert currents(pump, 6) == [2.5]


@pytest.mark.parametrize(
    ("find", "replacement", "problem"),
    [
        (";1.75;31", ";;31", "pump.csv:3:2: Current must be a number, is empty"),
        (";1.75;31", ";1.75", "pump.csv:3:3: Flow must be a number, is empty"),
        (";1.75;31", ";hot;31", 'pump.csv:3:2: Current must be a number, is "hot"'),
        (";1.75;31", ";nan;31", 'pump.csv:3:2: Current must be a number, is "nan"'),
        ("10:00:04", "10:00:01", 'pump.csv:4:1: datetime must rise from row to row, "2020-03-09 10:00:01" is not after'),
        ("2020-03-09 10:00:04", "noon", 'pump.csv:4:1: datetime must be a time such as 2020-03-09 10:14:33, is "noon"'),
        (
            "Current",
            "Strom",
            'pump.csv:1:1: no column is called "Current" (separator ";"); there are "datetime", "Strom", "Flow"',
        ),
        ("datetime;Current;Flow\n", "", 'pump.csv:1:1: no column is called "datetime"'),
    ],
)
def test_a_bad_cell_is_named_by_file_row_and_column(find, replacement, problem):
    assert find in CSV
    assert any(each.startswith(problem) for each in problems(text=CSV.replace(find, replacement)))


def test_of_many_bad_rows_the_first_ten_problems_are_said():
    found = problems(text=CSV + "x;y;z\n" * 1000)
    assert len(found) == 11
    assert found[-1].endswith("not read further")


@pytest.mark.parametrize("text", ["", "datetime;Current;Flow\n"])
def test_a_recording_without_rows_is_refused(text):
    assert all(each.startswith("pump.csv:") for each in problems(text=text))


@pytest.mark.parametrize(
    ("find", "replacement", "problem"),
    [
        ("file: pump.csv", "file: pomp.csv", "plan.yaml:5:13: PUMP: replay: file: pomp.csv"),
        ('separator: ";"', "separator: tab", "plan.yaml:6:18: PUMP: replay: separator must be one character"),
        (
            "{at: holding 0, type: float32}",
            "{at: holding 0, type: float32, signal: 3}",
            "Current plays a column and has no signal",
        ),
        ("        Current: {", "        Flow rate: {", 'no column is called "Flow rate"'),
        ("point: flow,", "point: Current,", "two points are called Current"),
        ("columns:\n", "loop: 3\n      columns:\n", "PUMP: replay: loop must be true or false"),
        ("columns:\n", "speed: 0\n      columns:\n", "speed must be more than 0"),
        ("columns:\n", "start: 2020-03-09 11:00:00\n      columns:\n", "start must be a moment of the recording"),
        ("columns:\n", "start: noon\n      columns:\n", "start must be first, or a time such as"),
    ],
)
def test_nonsense_in_a_replay_is_named_with_its_place(find, replacement, problem):
    assert find in PLAN

    def read_file(name: str) -> str:
        if name != "pump.csv":
            raise FileNotFoundError(2, "No such file or directory", name)
        return CSV

    with pytest.raises(PlanError) as refused:
        read_plan(PLAN.replace(find, replacement), "plan.yaml", START, read_file)
    assert any(problem in each for each in refused.value.problems), refused.value.problems


def test_a_plan_that_comes_without_a_folder_can_name_no_file():
    with pytest.raises(PlanError, match=r"plan\.yaml:5:13: .*read without a folder"):
        read_plan(PLAN, "plan.yaml", START)


@given(st.text(max_size=60), st.integers(0, len(CSV)))
def test_garbage_anywhere_in_a_recording_never_crashes_the_reader(garbage, place):
    try:
        recording = read_recording(CSV[:place] + garbage + CSV[place:], separator=";", time="datetime", columns=["Current"])
    except RecordingError as refused:
        assert refused.problems
    else:
        assert len(recording.moments) == len(recording.columns["Current"])

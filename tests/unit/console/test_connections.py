"""How it is with the connections to devices: which is worst, and what is said of it in both languages."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.console.connection_rows import connection_facts, connection_row, count_cells, refused_cells, scan_cells
from edge.console.connection_text import REFUSED_TOLD_MAX, ticket, trouble_text
from edge.console.connections import Condition, DeviceState, device_states
from edge.console.plant_time import PlantTime
from edge.console.words import Words
from edge.texts import LANGUAGES

ZH, EN = Words("zh"), Words("en")
NOW = "2026-05-04T02:00:00.000000Z"
TIME = PlantTime("Asia/Shanghai", NOW)
MEANS = {"exception_2": {"zh": "组态问题：没有这个寄存器", "en": "Configuration: no such register"}}
GONE = {
    "device": "PLC",
    "tag": "PLC.gone",
    "source": "holding 7",
    "cause": "exception_2",
    "times": 14,
    "first": "illegal data address",
    "at": "2026-05-04T00:00:00.000000Z",
}


def scan(achieved: float = 1.0, **more: Any) -> dict[str, Any]:
    asked = {"every_s": 1.0, "tags": 12, "configured": 1.0, "achieved": achieved, "lag_s": 0.012, "overruns": 0}
    return asked | more


def device(name: str = "PLC", **more: Any) -> dict[str, Any]:
    told = {
        "device": name,
        "up": True,
        "since": "2026-05-04T01:00:00.000000Z",
        "why": None,
        "configured": 1.0,
        "achieved": 1.0,
        "scans": [scan()],
        "counts": {"polls": 3600},
        "words": {},
    }
    return told | more


def driver(*devices: dict[str, Any], refused: tuple[dict[str, Any], ...] = (), name: str = "modbus plc:502") -> dict[str, Any]:
    return {"driver": name, "devices": list(devices), "refused": list(refused), "words": MEANS}


def tags(name: str = "PLC", *qualities: str) -> list[dict[str, Any]]:
    words = {"device": name, "device_words": {"zh": "主控", "en": "main control"}}
    said = {"is_session": False, "reason": "", "why": None}
    rows = [words | said | {"tag": f"{name}.t{row}", "quality": quality} for row, quality in enumerate(qualities)]
    return [words | {"is_session": True, "quality": "good"}, *rows]


def only(told: dict[str, Any], *qualities: str) -> DeviceState:
    (state,) = device_states([driver(told)], tags("PLC", *qualities), NOW)
    return state


@pytest.mark.parametrize(
    ("told", "qualities", "condition"),
    [
        (device(), ("good", "stale"), Condition.STALE_TAGS),
        (device(up=False), ("bad",), Condition.LOST),
        (device(up=None, since=None), (), Condition.WAITING),
        (device(), ("good", "bad"), Condition.BAD_TAGS),
        (device(scans=[scan(), scan(0.85)]), (), Condition.SLOW),
        (device(scans=[scan(0.89)]), (), Condition.FINE),
        (device(scans=[scan(0.0, every_s=60.0, configured=1 / 60)]), (), Condition.FINE),
        (device(scans=[scan(0.1)], since="2026-05-04T01:59:30.000000Z"), (), Condition.FINE),
    ],
    ids=["fine", "lost", "waiting", "bad", "slow", "one poll may be missing", "a poll a minute", "just back"],
)
def test_a_device_has_the_worst_condition_that_is_true_of_it(
    told: dict[str, Any], qualities: tuple[str, ...], condition: Condition
) -> None:
    assert only(told, *qualities).condition is condition


def test_what_was_refused_is_a_condition_of_its_own_and_a_strange_name_has_a_row_of_its_own() -> None:
    stranger = GONE | {"device": "oven", "tag": None, "source": "line/oven/vib", "cause": "unknown_device", "first": "7"}
    states = device_states([driver(device("A"), device("PLC"), refused=(GONE, stranger))], [], NOW)
    assert [(state.device, state.condition) for state in states] == [
        ("PLC", Condition.REFUSED),
        ("oven", Condition.STRANGER),
        ("A", Condition.FINE),
    ]


def test_what_people_enter_has_no_connection() -> None:
    assert device_states([driver(device(), name="manual")], [], NOW) == []


@given(st.lists(st.tuples(st.sampled_from([True, False, None]), st.integers(0, 3), st.booleans()), max_size=30))
def test_nothing_worse_stands_below_something_better(each: list[tuple[bool | None, int, bool]]) -> None:
    devices = [device(f"D{number}", up=up) for number, (up, _, _) in enumerate(each)]
    rows = [row for number, (_, bad, _) in enumerate(each) for row in tags(f"D{number}", *["bad"] * bad)]
    refused = tuple(GONE | {"device": f"D{number}"} for number, (_, _, has) in enumerate(each) if has)
    states = device_states([driver(*devices, refused=refused)], rows, NOW)
    assert [state.rank for state in states] == sorted(state.rank for state in states)
    assert {state.device for state in states} == {one["device"] for one in devices}


def test_a_row_says_what_is_the_matter() -> None:
    lost = only(device(up=False, why="no answer within 1 s"), "bad", "bad")
    row = connection_row(lost, EN, TIME)
    assert (row["state"], row["device"], row["name"], row["bad"]) == ("Lost", "main control", "PLC", 2)
    assert row["trouble"] == "since 09:00:00: no answer within 1 s"
    assert trouble_text(lost, ZH, TIME) == "自 09:00:00 起：no answer within 1 s"
    slow = only(device(scans=[scan(), scan(0.4, every_s=0.1, configured=10.0, lag_s=3.25, overruns=7)]))
    assert trouble_text(slow, EN, TIME) == "every 0.1 s: 12 tags, 0.4 of 10 polls a second, up to 3.25 s late, 7 left out"
    (refused,) = device_states([driver(device(), refused=(GONE,))], [], NOW)
    assert trouble_text(refused, ZH, TIME) == "组态问题：没有这个寄存器"
    assert trouble_text(only(device()), EN, TIME) == ""


def test_a_device_that_speaks_by_itself_has_no_period_to_keep() -> None:
    row = connection_row(only(device(configured=0.0, achieved=3.5, scans=[])), EN, TIME)
    assert (row["rate"], row["lag"], row["overruns"]) == ("3.5 /s", "", None)


def test_the_panel_tells_the_counts_that_mean_something_first() -> None:
    told = device(counts={"polls": 3600, "exception_2": 14, "overruns": 0}, words=MEANS)
    (state,) = device_states([driver(told, refused=(GONE,))], tags(), NOW)
    counts = [[cell.text for cell in row] for row in count_cells(state, EN)]
    assert counts == [["exception_2", "14", "Configuration: no such register"], ["polls", "3600", ""]]
    ((tag, source, cause, times, first, at),) = refused_cells(state, EN, TIME)
    assert (tag.text, tag.href, source.text) == ("gone", "/en/tags/PLC.gone", "holding 7")
    assert (cause.text, times.text) == ("exception_2", "14"), "what it means stands among the counts"
    (uncounted,) = device_states([driver(device(), refused=(GONE,))], tags(), NOW)
    assert refused_cells(uncounted, EN, TIME)[0][2].text == "exception_2: Configuration: no such register"
    assert (first.text, at.text) == ("illegal data address", "08:00:00")
    assert [[cell.text for cell in row] for row in scan_cells(state, EN)] == [["1 s", "12", "1 of 1 /s", "12 ms", "0"]]
    assert connection_facts(state, EN, TIME)["tags"] == "0 of 0 measurements bad"


def test_a_ticket_can_be_read_by_somebody_who_is_not_here() -> None:
    told = device(up=False, why="no answer within 1 s", counts={"no_answer": 3, "exception_2": 14}, words=MEANS)
    (state,) = device_states([driver(told, refused=(GONE,))], tags("PLC", "bad", "bad"), NOW)
    assert ticket(state, "mill_1", EN, TIME).splitlines() == [
        "Andon mill_1, 2026-05-04 10:00 (Asia/Shanghai)",
        "Device: main control (PLC)",
        "Connection: modbus plc:502",
        "State: Lost",
        "Since: 2026-05-04 09:00",
        "Why: no answer within 1 s",
        "Measurements: 2 of 2 bad",
        "  PLC.t0: bad",
        "  PLC.t1: bad",
        "Polls or messages in the last minute: 1 of 1 /s",
        "  every 1 s: 12 tags, 1 of 1 polls a second, up to 12 ms late, 0 left out",
        "Counted since the start:",
        "  no_answer: 3",
        "  exception_2: 14  (Configuration: no such register)",
        "Refused:",
        "  PLC.gone holding 7: exception_2, 14 times, first 2026-05-04 08:00",
        "    the first: illegal data address",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_ticket_names_so_many_refusals_and_counts_the_rest(language: str) -> None:
    many = tuple(GONE | {"source": f"holding {number}"} for number in range(200))
    (state,) = device_states([driver(device(), refused=many)], tags(), NOW)
    lines = ticket(state, "mill_1", Words(language), TIME).splitlines()
    assert len(lines) < 60
    assert str(200 - REFUSED_TOLD_MAX) in lines[-1]


def test_a_ticket_says_which_tags_are_bad_and_why() -> None:
    why = {"zh": "holding 7：没有这个寄存器", "en": "holding 7: no such register"}
    good, gone = tags("PLC", "good", "bad")[1:]
    (state,) = device_states([driver(device())], [good, gone | {"reason": "refused", "why": why}], NOW)
    lines = ticket(state, "mill_1", EN, TIME).splitlines()
    assert "  PLC.t1: bad: the device does not give it. holding 7: no such register" in lines
    assert not any("PLC.t0" in line for line in lines)

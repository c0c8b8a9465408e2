"""Which alarm of a group came first is on the cards, and who cannot be told apart from it."""

from __future__ import annotations

from typing import Any

FIRST = {"group": "drive", "rank": 1, "tie": False, "within": 1.0}


def text(intent: Any) -> str | None:
    return dict(intent.message.lines).get("首出")


def test_the_first_says_so_and_the_others_their_rank(shift: Any) -> None:
    (first,) = shift.hear("raised", "tripped", first_out=FIRST)
    (second,) = shift.at(5).hear("raised", "oil_low", first_out={**FIRST, "rank": 2})
    assert (text(first), text(second)) == ("首出报警", "第 2 个")


def test_an_alarm_without_a_group_says_nothing(shift: Any) -> None:
    assert text(shift.hear("raised")[0]) is None


def test_a_tie_names_the_other_on_both_cards(shift: Any) -> None:
    (first,) = shift.hear("raised", "tripped", first_out=FIRST)
    second, shown = shift.hear("raised", "oil_low", first_out={**FIRST, "rank": 2, "tie": True})
    assert text(second) == "第 2 个，±1 秒，与主电机 主回路跳闸难分先后"
    assert (shown.card, text(shown)) == (first.card, "首出报警，±1 秒，与主电机 油压低难分先后")


def test_many_that_came_together_are_not_all_named(shift: Any) -> None:
    shift.hear("raised", "tripped", first_out=FIRST)
    updates = []
    for rank, alarm in enumerate(("oil_low", "silent", "lost", "bearing_hot", "event"), 2):
        updates.append(shift.hear("raised", alarm, first_out={**FIRST, "rank": rank, "tie": True})[1:])
    assert [len(more) for more in updates[:4]] == [1, 1, 1, 1]
    last = "首出报警，±1 秒，与主电机 油压低、主电机 温度无数据、主电机 通信中断等难分先后"
    assert text(updates[3][0]) == last
    assert all(text(shown) == last for shown in updates[4])


def test_a_tie_with_what_nobody_was_told_of_shows_the_rank_alone(shift: Any) -> None:
    (second,) = shift.hear("raised", "oil_low", first_out={**FIRST, "rank": 2, "tie": True})
    assert text(second) == "第 2 个"


def test_a_tie_with_what_is_suppressed_stands_on_the_card_of_the_first(shift: Any) -> None:
    (first,) = shift.hear("raised", "tripped", first_out=FIRST)
    hidden = {"first_out": {**FIRST, "rank": 2, "tie": True}, "suppressed": ["parent:CRM.ST3.MOTOR/lost"]}
    (shown,) = shift.hear("raised", "oil_low", **hidden)
    assert (shown.card, text(shown)) == (first.card, "首出报警，±1 秒，与主电机 油压低难分先后")


def test_a_late_sample_moves_the_first_place_on_both_cards(shift: Any) -> None:
    (passed,) = shift.at(10).hear("raised", "oil_low", first_out=FIRST)
    first = shift.at(4).row("raised", "tripped", first_out=FIRST)
    moved = shift.row("first_out_moved", "tripped")
    raised, shown = shift.at(11).step([first, moved])
    assert (text(raised), shown.card, text(shown)) == ("首出报警", passed.card, "第 2 个")


def test_a_place_that_moved_within_a_scan_is_a_tie(shift: Any) -> None:
    shift.at(10).hear("raised", "oil_low", first_out=FIRST)
    first = shift.at(9.5).row("raised", "tripped", first_out={**FIRST, "tie": True})
    _, stepped_back, joined = shift.step([first, shift.row("first_out_moved", "tripped")])
    assert text(stepped_back) == "第 2 个，±1 秒，与主电机 主回路跳闸难分先后"
    assert text(joined) == "首出报警，±1 秒，与主电机 油压低难分先后"


def test_the_place_survives_a_restart(shift: Any) -> None:
    shift.hear("raised", "tripped", first_out=FIRST)
    shift.restart()
    (card,) = shift.hear("acknowledged", "tripped")
    assert text(card) == "首出报警"
    second, _ = shift.hear("raised", "oil_low", first_out={**FIRST, "rank": 2, "tie": True})
    assert text(second) == "第 2 个，±1 秒，与主电机 主回路跳闸难分先后"


BY_WORD = {**FIRST, "by": "plc_word"}


def test_the_one_that_the_plc_names_says_so(shift: Any) -> None:
    (first,) = shift.hear("raised", "tripped", first_out=BY_WORD)
    (second,) = shift.at(5).hear("raised", "oil_low", first_out={**BY_WORD, "rank": 2})
    assert (text(first), text(second)) == ("首出报警（PLC 判定）", "第 2 个")


def test_a_word_that_comes_later_turns_both_cards(shift: Any) -> None:
    shift.hear("raised", "oil_low", first_out={**FIRST, "by": "source_time", "why": "silent"})
    shift.at(1).hear("raised", "tripped", first_out={**FIRST, "rank": 2, "tie": True})
    moved = {"group": "drive", "before": "CRM.ST3.MOTOR/oil_low", "by": "plc_word"}
    passed, first = shift.at(2).hear("first_out_moved", "tripped", **moved)
    assert (passed.alarm.rpartition("/")[2], text(passed)) == ("oil_low", "第 2 个")
    assert (first.alarm.rpartition("/")[2], text(first)) == ("tripped", "首出报警（PLC 判定）")

"""Which event says how its alarm stands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cloud_bridge.mqtt.standing import Standing
from edge.model.intent import Intent, Purpose
from tests.other_channels import MESSAGE, START, claim


def event(occurrence: int, decided: int, state: str = "unacknowledged") -> Intent:
    message = replace(MESSAGE, state=state)
    return claim(occurrence, Purpose.STATE, address={}, message=message, decided_at=START + decided).intent


def is_over(over: int) -> Standing:
    return Standing(lambda _alarm, occurrence: occurrence <= over)


@pytest.mark.parametrize(
    ("later", "says"),
    [
        (event(2, 20), False),
        (event(2, 30), True),
        (event(2, 31), True),
        (event(1, 40), False),
        # After a clock that fell back; an occurrence counts on.
        (event(3, 0), True),
    ],
)
def test_of_all_events_the_one_decided_last_says_it(later: Intent, says: bool) -> None:
    standing = is_over(0)
    assert standing.says(event(2, 30))
    assert standing.says(later) is says


def test_alarms_stand_each_for_itself() -> None:
    standing = is_over(0)
    assert standing.says(event(2, 30))
    assert standing.says(replace(event(1, 20), alarm="another"))


def test_after_a_restart_what_is_over_is_said_only_by_what_says_so() -> None:
    standing = is_over(1)
    assert not standing.says(event(1, 20))
    assert standing.says(event(1, 20, "normal"))
    assert standing.says(event(2, 30))

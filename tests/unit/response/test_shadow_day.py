"""The daily list of what is in shadow: which alarms, how often, to whom."""

from __future__ import annotations

from typing import Any

import pytest

from edge.model.event import Event
from edge.model.moment import HOUR, from_iso
from edge.response.calendar import day_at, day_span
from edge.response.policy import Policy, Route
from edge.response.shadow import ShadowDay, WouldHaveTold, shadow_day, shadow_document, shadow_text
from rules.definition import Kind

HOT, OIL = "CRM.ST3.MOTOR/bearing_hot", "CRM.ST3.MOTOR/oil_low"
ROUTES = (Route("all", ("person:li",)), Route("hot", ("group:shift", "person:mute"), kinds=frozenset({Kind.HIGH})))


def raised(shift: Any, alarm: str = "bearing_hot", **data: Any) -> Event:
    event: Event = shift.row("raised", alarm, **{"stage": "shadow", "suppressed": ["shadow"], **data}).event
    return event


@pytest.fixture
def policy(plant: Any) -> Policy:
    made: Policy = plant(ROUTES)
    return made


def test_each_alarm_says_how_often_it_would_have_been_told_and_to_whom(shift: Any, policy: Policy) -> None:
    found = shadow_day(policy, [raised(shift), raised(shift), raised(shift, "oil_low")])
    assert found == ShadowDay(
        (
            WouldHaveTold(HOT, 2, ("group:shift", "person:li"), (("person:mute", "no_address"),)),
            WouldHaveTold(OIL, 1, ("person:li",), ()),
        ),
        (("person:li", 3), ("group:shift", 2)),
    )


def test_what_people_were_told_or_would_not_have_been_told_does_not_count(shift: Any, policy: Policy) -> None:
    events = [
        raised(shift, suppressed=[], stage="commissioning"),
        raised(shift, suppressed=["parent:CRM.ST3.MOTOR/oil_low", "shadow"]),
        raised(shift, chattering=True),
        raised(shift, "note"),
        shift.row("returned", suppressed=["shadow"]).event,
        shift.row("unshelved", suppressed=["shadow"], active=False).event,
    ]
    assert shadow_day(policy, events) == ShadowDay((), ())
    ended = shift.row("unshelved", suppressed=["shadow"]).event
    assert [each.times for each in shadow_day(policy, [ended]).alarms] == [1]


def test_an_alarm_without_a_route_is_on_the_list_as_told_to_nobody(shift: Any, plant: Any) -> None:
    policy = plant(())
    text = shadow_text("2026-05-04", shadow_day(policy, [raised(shift)]), policy, "en")
    assert "     1 ×  main motor bearing hot (CRM.ST3.MOTOR/bearing_hot) → nobody · no route names anybody" in text.splitlines()


def test_the_list_reads_in_both_languages_and_as_json(shift: Any, policy: Policy) -> None:
    found = shadow_day(policy, [raised(shift, "oil_low")])
    assert shadow_text("2026-05-04", found, policy, "zh").splitlines() == [
        "2026-05-04：影子运行，未通知任何人。本来会通知：",
        "     1 次  主电机 油压低（CRM.ST3.MOTOR/oil_low）→ 钳工师傅",
        "按收件人：",
        "     1 次  钳工师傅",
    ]
    assert shadow_document("2026-05-04", found, policy.directory) == {
        "day": "2026-05-04",
        "alarms": [{"alarm": OIL, "times": 1, "recipients": ["person:li"], "unrouted": []}],
        "recipients": [{"recipient": "person:li", "name": "钳工师傅", "times": 1}],
    }
    nothing = shadow_text("2026-05-04", ShadowDay((), ()), policy, "en")
    assert nothing == "2026-05-04: nothing in shadow would have been told to anybody."


def test_a_day_is_the_plants_own() -> None:
    begin, end = day_span("2026-05-04", "Asia/Shanghai")
    assert (begin, end - begin) == (from_iso("2026-05-03T16:00:00+00:00"), 24 * HOUR)
    assert day_at(begin - 1, "Asia/Shanghai") == "2026-05-03"
    summer, after = day_span("2026-03-29", "Europe/Berlin")
    assert after - summer == 23 * HOUR
    with pytest.raises(ValueError, match="Invalid isoformat"):
        day_span("today", "UTC")

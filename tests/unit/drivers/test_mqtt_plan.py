"""Tags become subscriptions: every topic is delivered exactly once, and every tag found again by its topic."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.mqtt.config import MqttConnection, MqttPoint
from drivers.mqtt.outline import outline
from drivers.mqtt.plan import Listener, plan_subscriptions
from drivers.mqtt.topic import filter_of, matches, overlap
from tests.driver_rig import device

NAMES = ["press_1", "press_2", "hall", "vib", "$x"]
templates = st.sampled_from(
    [
        "line/{device}/vib",
        "line/{device}/temp",
        "{device}/press_1/vib",
        "{device}/vib",
        "line/press_1/vib",
        "line/{device}",
        "line-{device}/vib",
        "{device}/{device}",
        "hall",
    ]
)
listeners = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.integers(0, 2),
        st.booleans(),
        st.one_of(st.none(), templates),
        st.lists(templates, max_size=4),
    ),
    max_size=5,
    unique_by=lambda device: device[0],
)

Given = tuple[str, int, bool, str | None, list[str]]


def listener(name: str, qos: int, wildcards: bool, status: str | None, of: Sequence[str]) -> Listener:
    said: dict[str, Any] = {"host": "broker", "qos": qos, "wildcards": wildcards, "topic_device": name}
    if status is not None:
        said["availability"] = {"topic": status}
    connection = MqttConnection.model_validate_json(json.dumps(said), strict=True)
    points = [MqttPoint.model_validate_json(json.dumps({"topic": topic}), strict=True) for topic in of]
    return Listener(name, connection, points)


def wanted(devices: Sequence[Given]) -> dict[str, int]:
    """Topic to the highest QoS that is asked for it."""
    found: dict[str, int] = {}
    for name, qos, _, status, of in devices:
        for template in [*of, *([status] if status else [])]:
            topic = template.replace("{device}", name)
            found[topic] = max(qos, found.get(topic, 0))
    return found


@given(listeners)
def test_every_topic_that_is_wanted_is_delivered_exactly_once_with_the_qos_wanted(devices: list[Given]) -> None:
    planned = plan_subscriptions([listener(*each) for each in devices])
    for topic, qos in wanted(devices).items():
        ((_, asked),) = [each for each in planned.filters if matches(each[0], topic)]
        assert asked >= qos


@given(listeners, st.lists(st.sampled_from([*NAMES, "line", "other"]), min_size=1, max_size=3).map("/".join))
def test_no_topic_at_all_is_delivered_twice(devices: list[Given], topic: str) -> None:
    planned = plan_subscriptions([listener(*each) for each in devices])
    assert sum(matches(topic_filter, topic) for topic_filter, _ in planned.filters) <= 1


@given(listeners)
def test_every_tag_is_fed_by_its_own_topic_and_no_other(devices: list[Given]) -> None:
    planned = plan_subscriptions([listener(*each) for each in devices])
    fed = [(feed.device, feed.position, topic) for topic, feeds in planned.feeds.items() for feed in feeds]
    expected = [
        (number, at, topic.replace("{device}", name))
        for number, (name, _, _, _, of) in enumerate(devices)
        for at, topic in enumerate(of)
    ]
    assert sorted(fed) == expected
    watched = {(watch.device, topic) for topic, watches in planned.watches.items() for watch in watches}
    assert watched == {(n, each[3].replace("{device}", each[0])) for n, each in enumerate(devices) if each[3] is not None}


@given(listeners, st.sampled_from(["oven", "press_1"]))
def test_a_name_that_no_device_has_is_unknown_and_no_other_is(devices: list[Given], name: str) -> None:
    planned = plan_subscriptions([listener(*each) for each in devices])
    for template in planned.templates:
        topic = template.replace("{device}", name)
        assert planned.unknown_name(topic) == (None if topic in wanted(devices) else name)
    assert [planned.unknown_name(topic) for topic in wanted(devices)] == [None] * len(wanted(devices))


def test_the_outline_of_a_device_has_its_own_topics_and_that_of_its_presence() -> None:
    connection = {"host": "broker", "topic_device": "press-01", "availability": {"topic": "line/{device}/status"}}
    (shown,) = outline([device("mqtt", "P1", {"vib": {"topic": "line/{device}/vib"}}, connection)])
    assert shown.rows == (("line/press-01/vib", 1, ("vib float",)), ("line/press-01/status", 1, ("availability",)))


def test_a_tag_has_a_qos_of_its_own_where_it_says_one_and_a_shared_topic_the_highest() -> None:
    tags = {"vib": {"topic": "p/vib", "qos": 0}, "peak": {"topic": "p/vib", "path": "peak", "qos": 2}, "on": {"topic": "p/on"}}
    press = device("mqtt", "P1", tags, {"host": "broker"})
    points = [tag.point for tag in press.tags if isinstance(tag.point, MqttPoint)]
    assert isinstance(press.connection, MqttConnection)
    assert plan_subscriptions([Listener("P1", press.connection, points)]).filters == (("p/on", 1), ("p/vib", 2))
    (shown,) = outline([press])
    assert [row[:2] for row in shown.rows] == [("p/vib", 2), ("p/on", 1)]


def test_a_group_divides_what_was_measured_and_never_what_tells_of_presence() -> None:
    connection = {"host": "broker", "share": "hall", "availability": {"topic": "line/{device}/status"}}
    press = device("mqtt", "P1", {"vib": {"topic": "line/{device}/vib"}}, connection)
    points = [tag.point for tag in press.tags if isinstance(tag.point, MqttPoint)]
    assert isinstance(press.connection, MqttConnection)
    listeners = [Listener(name, press.connection, points) for name in ("P1", "P2")]
    planned = plan_subscriptions(listeners)
    assert planned.filters == (("line/+/status", 1), ("$share/hall/line/+/vib", 1))
    assert planned.unknown_name("line/P9/vib") == "P9"


def test_devices_of_one_template_share_a_subscription() -> None:
    presses = [listener(f"press_{n}", 1, True, "line/{device}/status", ["line/{device}/vib"]) for n in range(50)]
    assert plan_subscriptions(presses).filters == (("line/+/status", 1), ("line/+/vib", 1))
    alarming = [listener(f"press_{n}", 1, n < 2, "line/{device}/status", ["line/{device}/alarm"]) for n in range(3)]
    of_presence = [topic.endswith("status") for topic, _ in plan_subscriptions(alarming).filters]
    assert of_presence == sorted(of_presence, reverse=True), "asked for first, and so told first by most brokers"
    apart = [listener(f"press_{n}", 1, False, None, ["line/{device}/vib"]) for n in range(2)]
    assert plan_subscriptions(apart).filters == (("line/press_0/vib", 1), ("line/press_1/vib", 1))


def test_one_device_alone_asks_for_its_own_topic_only() -> None:
    assert plan_subscriptions([listener("press_1", 2, True, None, ["line/{device}/vib"])]).filters == (("line/press_1/vib", 2),)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("line/{device}/vib", "line/+/vib"),
        ("{device}", "+"),
        ("line/press-{device}/vib", None),
        ("{device}/{device}", None),
        ("line/vib", None),
    ],
)
def test_a_template_has_a_filter_where_the_device_fills_one_level(template: str, expected: str | None) -> None:
    assert filter_of(template) == expected


levels = st.sampled_from(["a", "b", "+"])
filters = st.lists(levels, min_size=1, max_size=3).map("/".join)


@given(filters, filters)
def test_filters_overlap_when_there_is_a_topic_of_both(one: str, other: str) -> None:
    topics = [f"{x}/{y}/{z}"[: 2 * n - 1] for x in "abc" for y in "abc" for z in "abc" for n in (1, 2, 3)]
    assert overlap(one, other) == any(matches(one, topic) and matches(other, topic) for topic in topics)


def test_topic_filters_match_as_the_specification_says() -> None:
    # MQTT 3.1.1, 4.7.1 and 4.7.2, its own examples.
    assert matches("sport/tennis/player1/#", "sport/tennis/player1")
    assert matches("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon")
    assert matches("sport/#", "sport")
    assert matches("sport/tennis/+", "sport/tennis/player1")
    assert not matches("sport/tennis/+", "sport/tennis/player1/ranking")
    assert not matches("sport/+", "sport")
    assert matches("sport/+", "sport/")
    assert matches("+/+", "/finance") and matches("/+", "/finance") and not matches("+", "/finance")
    assert not matches("#", "$SYS/uptime") and not matches("+/monitor", "$SYS/monitor")
    assert matches("$SYS/#", "$SYS/uptime")

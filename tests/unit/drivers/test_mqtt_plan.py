"""Tags become subscriptions: each topic once, and every tag found again by its topic."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from drivers.mqtt.config import MqttConnection, MqttPoint
from drivers.mqtt.memory import matches
from drivers.mqtt.plan import plan_subscriptions

topics = st.sampled_from(["crm/fan", "crm/car", "crm/st3/motor", "hall"])
devices = st.lists(st.tuples(st.integers(0, 2), st.lists(topics, max_size=5)), max_size=5)


def device(qos: int, of: list[str]) -> tuple[MqttConnection, list[MqttPoint]]:
    connection = MqttConnection.model_validate_json(json.dumps({"host": "broker", "qos": qos}), strict=True)
    return connection, [MqttPoint.model_validate_json(json.dumps({"topic": topic}), strict=True) for topic in of]


@given(devices)
def test_each_topic_is_asked_for_once_with_the_highest_qos_wanted(given: list[tuple[int, list[str]]]) -> None:
    planned = plan_subscriptions([device(*each) for each in given])
    wanted = {topic: max(qos for qos, of in given if topic in of) for _, of in given for topic in of}
    assert dict(planned.filters) == wanted
    assert len(planned.filters) == len(wanted)


@given(devices)
def test_every_tag_is_fed_by_its_own_topic_and_no_other(given: list[tuple[int, list[str]]]) -> None:
    planned = plan_subscriptions([device(*each) for each in given])
    fed = [(feed.device, feed.position, topic) for topic, feeds in planned.feeds.items() for feed in feeds]
    expected = [(number, at, topic) for number, (_, of) in enumerate(given) for at, topic in enumerate(of)]
    assert sorted(fed) == expected


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

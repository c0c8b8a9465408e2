"""What is seen of a broker's messages, which topics look alike, and a snippet that a plant may have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_bridge.catalog import CHANNELS
from drivers.catalog import DRIVERS
from edge.config.load import load
from edge.config.text.finding import Phrase
from edge.model.moment import MILLISECOND, SECOND, from_iso
from edge.ports import MqttAccess, MqttMessage, MqttTls
from edge.probe.instances import templates_in
from edge.probe.mqtt import Heard, Wish
from edge.probe.mqtt_text import document_of, text_of
from edge.probe.mqtt_wish import NotAWish, wish_of
from edge.probe.survey import FIELDS_MAX, TOPICS_MAX, Form, Survey
from edge.probe.target import Target

NOW = from_iso("2026-05-04T08:00:00Z")
WISH = Wish(Target("broker", 1883), MqttAccess("probe"), "#", 10 * SECOND)
GATEWAY = "site: s\nagent: a\nareas:\n  my_area: {zh: 车间, en: hall}\n"


def survey(said: list[tuple[str, Any]], *, retained: bool = False) -> Survey:
    """said: (topic, payload: bytes as they are, all else as JSON)."""
    made = Survey(NOW)
    payloads = [(topic, each if isinstance(each, bytes) else json.dumps(each).encode()) for topic, each in said]
    made.take(MqttMessage(topic, payload, 1, retained, NOW) for topic, payload in payloads)
    made.ended = NOW + 10 * SECOND
    return made


def templates(said: list[tuple[str, Any]]) -> dict[str, tuple[str, ...]]:
    return {template.topic: template.names for template in templates_in(survey(said).topics.values())}


def places(payload: Any) -> list[tuple[str | None, str, str | None, str | None]]:
    """(samples, path, type, form of the time stamp)"""
    (topic,) = survey([("t", payload)]).topics.values()
    return [
        (None if each.samples is None else str(each.samples), str(each.path), each.type, each.stamp)
        for each in topic.fields.values()
    ]


@pytest.mark.parametrize(
    ("payload", "form"),
    [
        ({"v": 1}, Form.JSON),
        (b"23.5", Form.VALUE),
        (b"ON", Form.VALUE),
        (b"COIL 4711", Form.TEXT),
        (b"\xff\xfe", Form.BINARY),
        (b"\0\1\2", Form.BINARY),
        (b"", Form.EMPTY),
        (b'{"v":1,"v":2}', Form.ODD),
        (b"[" * 100_000, Form.ODD),
    ],
)
def test_the_form_of_a_payload_is_seen(payload: Any, form: Form) -> None:
    assert survey([("t", payload)]).topics["t"].form is form


def test_every_place_is_found_with_the_type_that_a_tag_there_would_have() -> None:
    found = places({"vib": {"rms": 2.1, "text": "23.5"}, "run": True, "state": "on", "coil": "C-7", "none": None, "ph": [1, 2]})
    assert found == [
        (None, "vib.rms", "float", None),
        (None, "vib.text", "float", None),
        (None, "run", "bool", None),
        (None, "state", "bool", None),
        (None, "coil", "text", None),
        (None, "none", None, None),
        (None, "ph[0]", "float", None),
        (None, "ph[1]", "float", None),
    ]


def test_lists_of_samples_are_seen_as_such() -> None:
    stamps = [{"t": NOW // MILLISECOND + each, "v": each} for each in range(3)]
    assert places({"data": stamps}) == [("data", "t", "float", "ms"), ("data", "v", "float", None)]
    assert places({"start": NOW // SECOND, "v": [1, 2, 3, 4]}) == [(None, "start", "float", "s"), ("v", "", "float", None)]


@pytest.mark.parametrize(
    ("stamp", "form"),
    [("2026-05-04T08:00:00Z", "iso"), (NOW // SECOND, "s"), (NOW // 1000, "ms"), (NOW, "us"), (NOW * 1000, "ns")],
)
def test_a_time_stamp_is_recognised_and_its_lag_told(stamp: Any, form: str) -> None:
    made = survey([("t", {"ts": stamp})])
    (seen,) = made.topics["t"].fields.values()
    assert (seen.stamp, seen.lag) == (form, 0)


@pytest.mark.parametrize("number", [4711, 1_000_000_000, "20260504", "2026-05-04", 12.5])
def test_a_counter_or_an_order_is_no_time_stamp(number: Any) -> None:
    assert [stamp for _, _, _, stamp in places({"n": number})] == [None]


def test_of_what_was_retained_no_lag_is_told_because_it_may_be_old() -> None:
    retained = survey([("t", {"ts": "2026-05-04T07:00:00Z"})], retained=True)
    assert [each.lag for each in retained.topics["t"].fields.values()] == [None]
    assert "time stamp (iso)" in text_of(Heard(retained, None), WISH, "en")
    assert "time_zone" in text_of(Heard(survey([("t", {"ts": "2026-05-04 16:00:00"})]), None), WISH, "en")
    assert "3600.0 s off our clock" in text_of(Heard(survey([("t", {"ts": "2026-05-04T07:00:00Z"})]), None), WISH, "en")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            [("line/a/vib", 1), ("line/b/vib", 2), ("line/a/temp", 3), ("line/b/temp", 4)],
            {"line/{device}/temp": ("a", "b"), "line/{device}/vib": ("a", "b")},
        ),
        (
            [("s/temp/press_1", 1), ("s/temp/press_2", 1), ("s/vib/press_1", 1), ("s/vib/press_2", 1)],
            {"s/temp/{device}": ("press_1", "press_2"), "s/vib/{device}": ("press_1", "press_2")},
        ),
        ([("hall/run", True), ("hall/door", False)], {"hall/run": (), "hall/door": ()}),
        ([("line/a/vib", 1), ("line/b/vib", {"v": 1})], {"line/a/vib": (), "line/b/vib": ()}),
        ([("p1", 1), ("p2", 1)], {"{device}": ("p1", "p2")}),
    ],
)
def test_topics_that_look_alike_are_seen_as_instances(said: list[tuple[str, Any]], expected: dict[str, Any]) -> None:
    assert templates(said) == expected


names = st.text(st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]), max_size=6)
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | names | st.just(NOW),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(names, inner, max_size=4),
    max_leaves=10,
)


@given(st.lists(st.tuples(st.lists(names, min_size=1, max_size=3).map("/".join).filter(bool), documents), max_size=8))
def test_whatever_a_broker_says_every_topic_is_in_one_template_and_can_be_told(said: list[tuple[str, Any]]) -> None:
    made = survey(said)
    found = templates_in(made.topics.values())
    assert sum(len(template.names) or 1 for template in found) == len(made.topics)
    for language in ("en", "zh"):
        assert "broker:1883" in text_of(Heard(made, None), WISH, language)
        json.dumps(document_of(Heard(made, None), WISH, language))


def test_a_survey_is_bounded_in_topics_and_places() -> None:
    made = survey([(f"t/{number}", 1) for number in range(TOPICS_MAX + 7)])
    assert (len(made.topics), made.left_out, made.messages) == (TOPICS_MAX, 7, TOPICS_MAX + 7)
    wide = survey([("t", {f"k{number}": 1 for number in range(FIELDS_MAX * 3)})])
    assert len(wide.topics["t"].fields) == FIELDS_MAX


MILL = [
    ("line/press-1/vib", {"vib": {"rms": 2.1, "max": 3}, "ts": "2026-05-04T08:00:00Z"}),
    ("line/press-2/vib", {"vib": {"rms": 2.2, "max": 3}, "ts": "2026-05-04T08:00:00Z"}),
    ("line/press-1/temp", 60.5),
    ("line/press-2/temp", 61.5),
    ("hall/fan", b"ON"),
    ("hall/order", b"A 4711"),
    ("daq", {"start": NOW // MILLISECOND, "bar": [1, 2, 3, 4]}),
    ("log", {"data": [{"t": NOW // SECOND, "v": "1.5"}, {"t": NOW // SECOND + 1, "v": "2"}]}),
    ("yes", {"the value": 1, "true": 2}),
    ("轧机/温度", 80),
    ("cam/frame", b"\xff\xd8"),
]


@pytest.mark.parametrize("retained", [True, False])
def test_the_snippet_is_a_file_that_a_plant_may_have(tmp_path: Path, retained: bool) -> None:
    tls = MqttTls(ca="/etc/ca.pem", cert="/etc/edge.pem", key="/etc/edge.key", server_name="broker.plant")
    wish = Wish(Target("broker", 8884), MqttAccess("probe", "edge", "secret", "5", tls=tls), "#", SECOND, "BROKER_PASSWORD")
    snippet = document_of(Heard(survey(MILL, retained=retained), None), wish, "en")["snippet"]
    assert "secret" not in snippet
    (tmp_path / "devices").mkdir()
    (tmp_path / "gateway.yaml").write_text(GATEWAY)
    (tmp_path / "devices" / "found.yaml").write_text(snippet)
    loaded = load(tmp_path, DRIVERS, CHANNELS)
    assert [str(problem) for problem in loaded.problems if problem.file.startswith("devices")] == []
    for told in (": 8884", 'version: "5"', "${env:BROKER_PASSWORD}", "topic_device: press-1", "time_path: ts", "samples: data"):
        assert told in snippet
    assert 'topic: "line/{device}/vib"' in snippet or "topic: line/{device}/vib" in snippet


def test_silence_and_trouble_are_told_with_what_to_try() -> None:
    assert "--for 60s" in text_of(Heard(survey([]), None), WISH, "en")
    trouble = Phrase("drivers.mqtt.refused_password")
    assert text_of(Heard(None, trouble), WISH, "en") == "broker:1883: refuses the username or the password"
    assert document_of(Heard(None, trouble), WISH, "zh")["problem"] == "broker:1883：用户名或密码不对"


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"listen_for": "10"}, "--for 10"),
        ({"listen_for": "2h"}, "--for 2h"),
        ({"version": "4"}, "--version 4"),
        ({"password_env": "SECRET"}, "goes with --user"),
        ({"user": "edge", "password_env": "UNSET"}, "UNSET"),
        ({"tls": {"ca": "", "cert": "a", "key": "", "server_name": ""}}, "--cert and --key"),
        ({"where": "broker:port"}, "broker:port"),
    ],
)
def test_a_wish_that_cannot_be_followed_says_which_part(asked: dict[str, Any], sentence: str) -> None:
    words = {"where": "broker", "topic": "#", "listen_for": "10s", "user": "", "password_env": "", "version": "5", "tls": None}
    with pytest.raises(NotAWish) as caught:
        wish_of(**(words | asked), client_id="probe", environ={"SECRET": "x"})
    assert sentence in caught.value.render("en")
    assert caught.value.render("zh")

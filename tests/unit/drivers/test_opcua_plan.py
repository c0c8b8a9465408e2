"""How nodes are written, which are asked for together, and when."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from drivers.opcua.address import NodeAddress, PathAddress, parse_node, parse_path
from drivers.opcua.config import Mode, OpcUaConnection, OpcUaPoint, TimeOf
from drivers.opcua.plan import batched, by_rhythm, next_due, plan_alarms, plan_values
from edge.model.moment import MILLISECOND, SECOND

URL = {"url": "opc.tcp://10.0.0.7:4840"}
KEYS = {"cert": "own.der", "key": "${file:own.key}"}


def connection(**more: Any) -> OpcUaConnection:
    return OpcUaConnection.model_validate_json(json.dumps(URL | more), strict=True)


def point(**given: Any) -> OpcUaPoint:
    return OpcUaPoint.model_validate_json(json.dumps(given), strict=True)


# --- addresses ------------------------------------------------------------------------------------------------------


@given(
    namespace=st.integers(0, 65535) | st.from_regex(r"[a-z]+:[a-z./]+", fullmatch=True),
    identifier=st.integers(0, 2**32 - 1).map(lambda number: f"i={number}") | st.text(min_size=1).map(lambda name: f"s={name}"),
)
def test_a_node_id_is_read_as_it_is_written(namespace: int | str, identifier: str) -> None:
    address = NodeAddress(namespace, identifier)
    assert parse_node(str(address)) == address


@given(
    steps=st.lists(
        st.tuples(st.integers(0, 65535) | st.from_regex(r"[A-Za-z][a-z0-9_]{0,5}", fullmatch=True), st.text(min_size=1)),
        min_size=1,
        max_size=4,
    )
)
def test_a_path_is_read_as_it_is_written(steps: list[tuple[int | str, str]]) -> None:
    address = PathAddress(tuple(steps))
    assert parse_path(str(address)) == address


@given(text=st.text(alphabet="ns=u;i0123:/&abc", max_size=12))
def test_what_is_no_address_is_refused_and_nothing_else_happens(text: str) -> None:
    for parse in (parse_node, parse_path):
        try:
            address = parse(text)
        except ValueError:
            continue
        assert parse(str(address)) == address


@pytest.mark.parametrize("text", ["", "Line.Temp", "ns=70000;s=a", "ns=2", "i=4294967296", "ns=2;x=1", "ns=2;s=", "s:a"])
def test_what_is_no_node_id(text: str) -> None:
    with pytest.raises(ValueError):
        parse_node(text)


@pytest.mark.parametrize("text", ["", "a//b", "a/", "a&", "2:", "70000:a", "plc:a:b"])
def test_what_is_no_path(text: str) -> None:
    with pytest.raises(ValueError):
        parse_path(text)


def test_a_namespace_is_looked_up_as_the_server_numbers_it_now() -> None:
    safe = parse_node("nsu=urn:plc;s=T")
    assert safe.node_id(["ua", "own", "urn:plc"]) == "ns=2;s=T"
    assert safe.node_id(["ua", "urn:plc"]) == "ns=1;s=T"
    assert safe.node_id(["ua"]) is None
    way = parse_path("Objects/plc:Line/3:T&/1")
    assert way.way({"plc": "urn:plc"}, ["ua", "urn:plc"]) == ((0, "Objects"), (1, "Line"), (3, "T/1"))
    assert way.way({"plc": "urn:plc"}, ["ua"]) is None


# --- settings -------------------------------------------------------------------------------------------------------


def test_a_device_needs_only_its_url() -> None:
    made = connection()
    assert (made.mode, made.every, made.security, made.time_of) == (Mode.SUBSCRIBE, SECOND, None, TimeOf.SOURCE)
    assert connection(mode="read").time_of is TimeOf.RECEIVED
    assert connection(security="none").security is None


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"url": "http://10.0.0.7"}, "drivers.opcua.url_form"),
        ({"url": "opc.tcp://"}, "drivers.opcua.url_form"),
        ({"url": "opc.tcp://edge:secret@10.0.0.7:4840"}, "drivers.opcua.url_form"),
        ({"security": KEYS}, "drivers.opcua.trust_one_of"),
        ({"security": {**KEYS, "trusted": "a", "server_cert": "b"}}, "drivers.opcua.trust_one_of"),
        ({"security": {**KEYS, "key": "${env:KEY}", "trusted": "a"}}, "drivers.opcua.key_file"),
        ({"security": {**KEYS, "trusted": "a", "policy": "Basic128Rsa15"}}, "enum"),
        ({"password": "${env:PASSWORD}"}, "drivers.opcua.password_without_user"),
        ({"username": "edge", "user": KEYS}, "drivers.opcua.two_users"),
    ],
)
def test_a_wrong_connection_is_refused(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        connection(**given)
    assert [error["type"] for error in caught.value.errors()] == [sentence]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "drivers.opcua.point_one_of"),
        ({"node": "i=1", "path": "Objects"}, "drivers.opcua.point_one_of"),
        ({"node": "Line.Temp"}, "drivers.opcua.node_form"),
        ({"node": 7}, "drivers.opcua.node_form"),
        ({"path": "a//b"}, "drivers.opcua.path_form"),
        ({"node": "i=1", "part": "message"}, "drivers.opcua.part_without_alarm"),
        ({"alarm": "Line/Hot", "deadband": 1.0}, "drivers.opcua.key_of_a_value"),
        ({"node": "i=1", "deadband": 1.0, "deadband_percent": 2.0}, "drivers.opcua.deadband_twice"),
        ({"node": "i=1", "type": "bool", "deadband": 1.0}, "drivers.opcua.deadband_of_number"),
        ({"alarm": "Hot"}, "string_pattern_mismatch"),
    ],
)
def test_a_wrong_point_is_refused(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        point(**given)
    assert [error["type"] for error in caught.value.errors()] == [sentence]


def test_a_short_name_that_the_connection_does_not_explain_is_said() -> None:
    misfit = point(path="Objects/plc:Line").misfit(connection())
    assert misfit is not None and "plc" in misfit.render("en")
    assert point(path="Objects/plc:Line").misfit(connection(namespaces={"plc": "urn:plc"})) is None


def test_an_alarm_s_message_is_a_text_and_its_acknowledgement_a_switch() -> None:
    assert point(alarm="Line/Hot", part="message").is_text
    assert point(alarm="Line/Hot", part="acknowledged").is_switch
    assert not point(alarm="Line/Hot").is_text and not point(alarm="Line/Hot").is_switch


# --- what is asked together -----------------------------------------------------------------------------------------


@given(
    nodes=st.lists(st.lists(st.integers(0, 5), max_size=6), max_size=4),
    rhythms=st.lists(st.sampled_from(["100ms", "1s"]), min_size=4, max_size=4),
)
def test_each_tag_is_fed_once_and_no_node_is_asked_for_twice(nodes: list[list[int]], rhythms: list[str]) -> None:
    devices = [
        (connection(every=every), [point(node=f"ns=2;i={node}") for node in of])
        for every, of in zip(rhythms, nodes, strict=False)
    ]
    wanted = plan_values(devices)
    places = sorted((place.device, place.position) for each in wanted for place in each.places)
    assert places == [(number, position) for number, (_, of) in enumerate(devices) for position in range(len(of))]
    assert len({(str(each.point.node), each.every) for each in wanted}) == len(wanted)
    groups = by_rhythm(wanted)
    assert sorted(number for numbers in groups.values() for number in numbers) == list(range(len(wanted)))
    assert all(wanted[number].every == every for every, numbers in groups.items() for number in numbers)


def test_two_deadbands_of_one_node_are_asked_for_apart() -> None:
    fine, coarse = point(node="ns=2;i=1", deadband=0.1), point(node="ns=2;i=1", deadband=5.0)
    assert len(plan_values([(connection(), [fine, coarse])])) == 2
    item = plan_values([(connection(), [point(node="i=1", deadband_percent=2.0, sampling="250ms")])])[0].item(3, "i=1")
    assert (item.number, item.sampling_ms, item.deadband, item.percent) == (3, 250.0, 2.0, True)


def test_the_message_of_an_alarm_comes_before_its_severity() -> None:
    points = [point(alarm="L/H"), point(node="i=1"), point(alarm="L/H", part="message"), point(alarm="L/J")]
    alarms = plan_alarms([points])
    assert [place.position for place in alarms["L/H"]] == [2, 0]
    assert list(alarms) == ["L/H", "L/J"]


@given(rows=st.lists(st.integers()), most=st.integers(1, 7))
def test_no_request_has_more_than_the_server_takes(rows: list[int], most: int) -> None:
    parts = list(batched(rows, most))
    assert [row for part in parts for row in part] == rows
    assert all(0 < len(part) <= most for part in parts)


@given(due=st.integers(0, 10**9), every=st.integers(10 * MILLISECOND, SECOND), late=st.integers(0, 10**8))
def test_what_is_late_is_not_made_up_for(due: int, every: int, late: int) -> None:
    following, missed = next_due(due, every, due + late)
    assert following > due + late
    assert following - every <= due + late
    assert (following - due) % every == 0
    assert missed == (following - due) // every - 1

"""What may be written for a connection and a point; and every refusal says what to do, in both languages."""

from __future__ import annotations

import json
from pathlib import Path
from re import findall
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from drivers.catalog import DRIVERS
from drivers.modbus.config import ModbusConnection, ModbusPoint
from drivers.modbus.frame import EXCEPTION_MEANING
from drivers.modbus.layout import PointType, WordOrder
from drivers.mqtt import codec as mqtt
from drivers.mqtt.config import MqttConnection, MqttPoint, TimeForm
from drivers.opcua import codec as opcua
from drivers.opcua.status import Status, meaning_of
from drivers.opcua.trouble import refused_by
from drivers.replay import codec as replay
from drivers.sparkplug import metric
from drivers.sparkplug.births import Unnamed
from drivers.sparkplug.codec import Malformed
from drivers.sparkplug.node import Cause
from edge.model.moment import HOUR, MILLISECOND, MINUTE, SECOND
from edge.texts import LANGUAGES, catalogue

HOST = {"host": "10.0.0.5"}
TOPIC = {"topic": "crm/fan"}

#: The two top bits of a status code are its family; the others beside them are of no status that has words of its own.
NAMELESS = [family << 30 | 0x3FFF_0000 for family in range(3)]
#: Sentences that are looked up by a code, by how the source writes their keys: all that any code comes to.
SENTENCES_BY_CODE = {
    "drivers.opcua.status.{key}": {meaning_of(code).key for code in [*Status, *NAMELESS]},
    "drivers.opcua.{key}": {
        refused_by(subcode << 16, fingerprint).key for subcode in range(0x8000, 0x8100) for fingerprint in ("", "AB:CD")
    },
}


def read(model: type[BaseModel], given: dict[str, Any]) -> Any:
    return model.model_validate_json(json.dumps(given), strict=True)


def refusals(model: type[BaseModel], given: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(ValidationError) as caught:
        read(model, given)
    return [(".".join(map(str, error["loc"])), error["type"]) for error in caught.value.errors()]


def test_a_modbus_device_needs_only_its_host() -> None:
    connection = read(ModbusConnection, HOST)
    assert (connection.port, connection.unit_id) == (502, 1)
    assert (connection.every, connection.timeout, connection.pause) == (SECOND, SECOND, 0)
    assert (connection.max_registers, connection.max_bits) == (125, 2000)


def test_an_mqtt_device_needs_only_its_host() -> None:
    connection = read(MqttConnection, HOST)
    assert (connection.port, connection.qos, connection.client_id) == (1883, 1, None)
    assert (connection.version, connection.tls, connection.will, connection.availability) == ("3.1.1", None, None, None)
    assert (connection.keepalive, connection.wildcards) == (5 * SECOND, True)
    assert (connection.window.past, connection.window.future) == (HOUR, 5 * MINUTE)


@pytest.mark.parametrize(
    ("given", "port"),
    [({"tls": True}, 8883), ({"tls": {"ca": "ca.pem"}}, 8883), ({"tls": True, "port": 1884}, 1884), ({"tls": False}, 1883)],
)
def test_tls_has_a_port_of_its_own(given: dict[str, Any], port: int) -> None:
    connection = read(MqttConnection, HOST | given)
    assert (connection.port, connection.tls is None) == (port, given["tls"] is False)


def test_files_of_a_connection_count_from_the_plant_folder() -> None:
    given = json.dumps(HOST | {"tls": {"ca": "tls/ca.pem", "cert": "/etc/edge.pem", "key": "${file:tls/edge.key}"}})
    tls = MqttConnection.model_validate_json(given, strict=True, context={"folder": "/plant"}).tls
    assert tls is not None and tls.key is not None
    assert (tls.ca, tls.cert, tls.key.kept_in) == ("/plant/tls/ca.pem", "/etc/edge.pem", ("file", "/plant/tls/edge.key"))


@pytest.mark.parametrize("version", [5, "5", "3.1.1"])
def test_a_version_may_be_written_as_the_number_that_it_looks_like(version: object) -> None:
    assert read(MqttConnection, HOST | {"version": version}).version == str(version)


def test_a_wildcard_in_a_topic_is_refused_with_the_template_to_write_instead() -> None:
    with pytest.raises(ValidationError) as caught:
        read(MqttPoint, {"topic": "line/+/vib"})
    assert caught.value.errors()[0]["ctx"] == {"template": "line/{device}/vib"}


def test_a_coil_is_a_bool_by_itself_and_a_register_says_what_it_holds() -> None:
    assert read(ModbusPoint, {"address": "coil 3"}).kind is PointType.BOOL
    point = read(ModbusPoint, {"address": "holding  0", "type": "float32", "word_order": "CDAB"})
    assert (str(point.address), point.kind, point.word_order) == ("holding 0", PointType.FLOAT32, WordOrder.CDAB)


@pytest.mark.parametrize(
    ("given", "where", "sentence"),
    [
        ({"address": "4001", "type": "int16"}, "address", "drivers.modbus.address_form"),
        ({"address": 40001.5, "type": "int16"}, "address", "drivers.modbus.address_form"),
        ({"address": True, "type": "int16"}, "address", "drivers.modbus.address_form"),
        ({"address": 40000, "type": "int16"}, "address", "drivers.modbus.address_zero"),
        ({"address": "register 3", "type": "int16"}, "address", "drivers.modbus.address_form"),
        ({"address": "holding -1", "type": "int16"}, "address", "drivers.modbus.address_form"),
        ({"address": "holding 65536", "type": "int16"}, "address", "drivers.modbus.address_range"),
        ({"address": "holding 65535", "type": "int32"}, "type", "drivers.modbus.type_beyond_the_end"),
        ({"address": "holding 0"}, "type", "drivers.modbus.type_missing"),
        ({"address": "coil 0", "type": "int16"}, "type", "drivers.modbus.type_of_bit"),
        ({"address": "holding 0", "type": "int128"}, "type", "enum"),
        ({"address": "holding 0", "type": "int16", "word_order": "CDAB"}, "word_order", "drivers.modbus.key_useless"),
        (
            {"address": "holding 0", "type": "string", "length": 4, "word_order": "CDAB"},
            "word_order",
            "drivers.modbus.key_useless",
        ),
        ({"address": "holding 0", "type": "int32", "word_order": "ABCDEFGH"}, "word_order", "drivers.modbus.word_order_size"),
        ({"address": "holding 0", "type": "float64", "word_order": "CDAB"}, "word_order", "drivers.modbus.word_order_size"),
        ({"address": "holding 65533", "type": "float64"}, "type", "drivers.modbus.type_beyond_the_end"),
        ({"address": "holding 0", "type": "int16", "bit": 3}, "bit", "drivers.modbus.key_useless"),
        ({"address": "holding 0", "type": "bool", "bit": 16}, "bit", "less_than"),
        ({"address": "coil 0", "bit": 0}, "bit", "drivers.modbus.bit_of_bit"),
        ({"address": "holding 0", "type": "int16", "byte": "low"}, "byte", "drivers.modbus.key_useless"),
        ({"address": "holding 0", "type": "string"}, "length", "drivers.modbus.length_missing"),
        ({"address": "holding 0", "type": "string", "length": 121}, "length", "less_than_equal"),
        ({"address": "holding 65534", "type": "string", "length": 5}, "length", "drivers.modbus.type_beyond_the_end"),
        ({"address": "holding 0", "type": "int16", "length": 2}, "length", "drivers.modbus.key_useless"),
        ({"address": "holding 0", "type": "int16", "byte_order": "low_first"}, "byte_order", "drivers.modbus.key_useless"),
        ({"address": "holding 0", "type": "int16", "scal": 2}, "scal", "extra_forbidden"),
    ],
)
def test_a_wrong_modbus_point_is_refused_where_it_is_wrong(given: dict[str, Any], where: str, sentence: str) -> None:
    assert refusals(ModbusPoint, given) == [(where, sentence)]


@pytest.mark.parametrize(
    ("given", "where", "sentence"),
    [
        ({"unit_id": 248}, "unit_id", "drivers.modbus.unit_id_range"),
        ({"unit_id": 256}, "unit_id", "drivers.modbus.unit_id_range"),
        ({"every": "5ms"}, "every", "config.duration_range"),
        ({"every": 5}, "every", "config.duration_bare"),
        ({"word_order": "GHEFCDAB"}, "word_order", "drivers.modbus.word_order_of_device"),
        ({"max_registers": 126}, "max_registers", "less_than_equal"),
        ({"max_registers": 1}, "max_registers", "greater_than_equal"),
        ({"port": 0}, "port", "greater_than_equal"),
    ],
)
def test_a_wrong_modbus_connection_is_refused_where_it_is_wrong(given: dict[str, Any], where: str, sentence: str) -> None:
    assert refusals(ModbusConnection, HOST | given) == [(where, sentence)]


@pytest.mark.parametrize("unit_id", [0, 1, 247, 255])
def test_unit_ids_that_tcp_devices_use_are_taken(unit_id: int) -> None:
    assert read(ModbusConnection, HOST | {"unit_id": unit_id}).unit_id == unit_id


@pytest.mark.parametrize(
    ("given", "where", "sentence"),
    [
        ({"topic": ""}, "topic", "drivers.mqtt.topic_form"),
        ({"topic": "crm/+/vib"}, "topic", "drivers.mqtt.topic_wildcard"),
        ({"topic": "crm/#"}, "topic", "drivers.mqtt.topic_wildcard"),
        (TOPIC | {"path": "a..b"}, "path", "drivers.mqtt.path_form"),
        (TOPIC | {"path": 3}, "path", "drivers.mqtt.path_form"),
        (TOPIC | {"type": "int16"}, "type", "enum"),
        (TOPIC | {"time": "ms"}, "time", "drivers.mqtt.time_without_path"),
        (TOPIC | {"where": {"a..b": 1}}, "where", "drivers.mqtt.path_form"),
        (TOPIC | {"type": "text", "active": "state"}, "active", "drivers.mqtt.active_of_number"),
        (TOPIC | {"write": TOPIC}, "write", "drivers.mqtt.write_is_heard"),
        (TOPIC | {"write": {"topic": "a/set", "payload": "on"}}, "write.payload", "drivers.mqtt.write_without_value"),
        (TOPIC | {"write": {"topic": "a/{value}"}}, "write.topic", "drivers.mqtt.topic_form"),
        (TOPIC | {"path": "{device}.v"}, "path", "drivers.mqtt.path_device"),
        (TOPIC | {"every": "10ms"}, "every", "drivers.mqtt.key_without_samples"),
        (TOPIC | {"times": "t"}, "times", "drivers.mqtt.key_without_samples"),
        (TOPIC | {"samples": "v", "every": "10ms", "times": "t"}, "times", "drivers.mqtt.times_said_twice"),
        (TOPIC | {"samples": "v", "times": "t", "time_path": "t"}, "time_path", "drivers.mqtt.times_said_twice"),
    ],
)
def test_a_wrong_mqtt_point_is_refused_where_it_is_wrong(given: dict[str, Any], where: str, sentence: str) -> None:
    assert refusals(MqttPoint, given) == [(where, sentence)]


def test_a_time_form_goes_with_a_time_path() -> None:
    assert read(MqttPoint, TOPIC | {"time_path": "ts", "time": "ms"}).time is TimeForm.MS
    assert read(MqttPoint, TOPIC | {"time_path": "ts"}).time is TimeForm.AUTO


@pytest.mark.parametrize(
    ("given", "where", "sentence"),
    [
        ({"username": "edge", "password": "hunter2"}, "password", "config.secret_literal"),
        ({"password": "${env:BROKER}"}, "password", "drivers.mqtt.password_without_user"),
        ({"client_id": "a b"}, "client_id", "string_pattern_mismatch"),
        ({"qos": 3}, "qos", "literal_error"),
        ({"session": "8h"}, "", "drivers.mqtt.session_without_client_id"),
        ({"session": "8h", "client_id": "edge", "qos": 2}, "", "drivers.mqtt.session_qos_2"),
        ({"session": "8d", "client_id": "edge"}, "session", "config.duration_range"),
        ({"share": "a/b"}, "share", "string_pattern_mismatch"),
        ({"version": 4}, "version", "literal_error"),
        ({"tls": "yes"}, "tls", "model_type"),
        ({"tls": {"key": "${file:edge.key}"}}, "tls.key", "drivers.mqtt.tls_key_without_cert"),
        ({"tls": {"cert": "edge.pem"}}, "tls", "drivers.mqtt.tls_cert_without_key"),
        ({"tls": {"cert": "edge.pem", "key": "${env:KEY}"}}, "tls.key", "drivers.mqtt.tls_key_file"),
        ({"tls": {"cert": "edge.pem", "key": "-----BEGIN PRIVATE KEY-----"}}, "tls.key", "config.secret_literal"),
        ({"tls": {"insecure": True}}, "tls.insecure", "extra_forbidden"),
        ({"will": {"topic": "andon/#"}}, "will.topic", "drivers.mqtt.topic_form"),
        ({"will": {"topic": "andon/{device}"}}, "will.topic", "drivers.mqtt.topic_form"),
        ({"availability": {"topic": "line/+/status"}}, "availability.topic", "drivers.mqtt.topic_wildcard"),
        ({"topic_device": "line/press"}, "topic_device", "string_pattern_mismatch"),
        ({"time_zone": "Asia/Peking"}, "time_zone", "config.time_zone_unknown"),
        ({"keepalive": "500ms"}, "keepalive", "config.duration_range"),
        ({"window": {"past": "2h", "ahead": "1s"}}, "window.ahead", "extra_forbidden"),
    ],
)
def test_a_wrong_mqtt_connection_is_refused_where_it_is_wrong(given: dict[str, Any], where: str, sentence: str) -> None:
    assert refusals(MqttConnection, HOST | given) == [(where, sentence)]


def test_a_window_may_give_one_of_its_ends() -> None:
    window = read(MqttConnection, HOST | {"window": {"future": "500ms"}}).window
    assert (window.past, window.future) == (HOUR, 500 * MILLISECOND)


@pytest.mark.parametrize("model", [model for row in DRIVERS.values() for model in (row.connection, row.point)])
def test_every_setting_is_explained(model: type[BaseModel]) -> None:
    assert [name for name, field in model.model_fields.items() if not field.description] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_of_a_driver_has_its_sentence(language: str) -> None:
    sources = [path.read_text() for path in Path("drivers").rglob("*.py")]
    used = {key for source in sources for key in findall(r'(?:refuse|NotAnAddress|Phrase)\("(drivers\.[a-z_.0-9]+)"', source)}
    looked_up = {key for source in sources for key in findall(r'f"(drivers\.[^"]+)"', source)}
    assert looked_up == set(SENTENCES_BY_CODE)
    used |= {key for keys in SENTENCES_BY_CODE.values() for key in keys}
    assert used == {key for key in catalogue(language) if key.startswith("drivers.") and ".counted." not in key}


def test_what_a_count_means_is_said_of_words_that_are_counted() -> None:
    for key in catalogue("en"):
        _, protocol, *rest = key.split(".") if key.startswith("drivers.") else ("", "", "")
        if rest[:1] == ["counted"]:
            (word,) = rest[1:]
            readme = Path("drivers", protocol, "README.md").read_text()
            assert word.startswith("exception_") or f"`{word}`" in readme, key


def test_every_modbus_exception_has_its_meaning_in_both_languages() -> None:
    for language in LANGUAGES:
        for code in EXCEPTION_MEANING:
            assert len(catalogue(language)[f"drivers.modbus.counted.exception_{code}"]) > 20


@pytest.mark.parametrize(
    ("protocol", "words"),
    [
        ("mqtt", [*mqtt.Refusal]),
        ("sparkplug", [*Malformed, *metric.Refusal, *Unnamed, *Cause]),
        ("opcua", [*opcua.Refusal]),
        ("replay", [*replay.Refusal]),
    ],
)
def test_whose_matter_a_refused_input_is_is_said_in_both_languages(protocol: str, words: list[str]) -> None:
    for language in LANGUAGES:
        assert [word for word in words if f"drivers.{protocol}.counted.{word}" not in catalogue(language)] == []

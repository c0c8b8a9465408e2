"""What `cloud.yaml` and `people.yaml` may say about DingTalk."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from ruamel.yaml import YAML

import cloud_bridge.dingtalk as package
from cloud_bridge.catalog import CHANNELS
from cloud_bridge.dingtalk.config import DingTalkConfig, GroupAddress, PersonAddress, address_problem
from edge.texts import LANGUAGES, render
from tests.unit.cloud_bridge.harness import config

TABLES = {"orders": {"base_id": "base1", "sheet": "工单", "key_column": "工单号", "operator": "lead.a"}}
HERE = Path(package.__file__).parent


def problem_keys(model: Any, given: Any) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(given)
    return [error["type"] for error in caught.value.errors()]


def test_the_sample_is_a_valid_configuration() -> None:
    sample = YAML(typ="safe").load((HERE / "sample.yaml").read_text(encoding="utf-8"))
    assert set(sample) == {"dingtalk"}
    read = DingTalkConfig.model_validate(sample["dingtalk"])
    assert set(read.groups) == {"rolling_mill", "gate_house"}


def test_the_commented_lines_of_the_sample_are_the_defaults() -> None:
    text = (HERE / "sample.yaml").read_text(encoding="utf-8")
    for name in ("calls", "voice", "iot", "api_base", "oapi_base", "plain_http_hosts"):
        (line,) = [line for line in text.splitlines() if line.startswith(f"  # {name}:")]
        shown = YAML(typ="safe").load(line.removeprefix("  # "))[name]
        default = DingTalkConfig.model_fields[name].default
        assert shown == (list(default) if isinstance(default, tuple) else default)


def test_the_sample_is_valid_with_all_its_lines() -> None:
    text = (HERE / "sample.yaml").read_text(encoding="utf-8")
    bare = re.sub(r"^  # (?=[a-z ]+)", "  ", text, flags=re.MULTILINE).replace('iot: "off"', "iot: diot")
    read = DingTalkConfig.model_validate(YAML(typ="safe").load(bare)["dingtalk"])
    assert set(read.tables) | set(read.documents) | set(read.events) == {"orders", "reviews", "alarms"}
    assert read.approvals["scrap"].key_field == "编号"


def test_the_readme_shows_the_sample() -> None:
    assert (HERE / "sample.yaml").read_text(encoding="utf-8") in (HERE / "README.md").read_text(encoding="utf-8")


def test_the_robot_is_the_app_unless_said_otherwise() -> None:
    assert config().robot == "dingmill"
    assert config(robot_code="other").robot == "other"


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"client_secret": "app-secret-1"}, "config.secret_literal"),
        ({"client_id": "has space"}, "dingtalk.config.identifier_form"),
        ({"client_id": ""}, "dingtalk.config.identifier_form"),
        ({"groups": {"mill": {}}}, "dingtalk.config.group_without_way"),
        ({"tables": TABLES, "documents": {"orders": {"workspace_id": "w", "operator": "a"}}}, "dingtalk.config.two_places"),
        ({"events": {"alarms": {"event_type": "ANDON", "event_name": "安灯报警"}}}, "dingtalk.config.iot_off"),
        ({"tables": {"orders": TABLES["orders"] | {"operator": "甲班"}}}, "dingtalk.config.user_id_form"),
        ({"public_url": "andon.example"}, "dingtalk.config.base_form"),
        ({"groups": {"mill": {"conversation_id": "cid1;dtv1.card//IM_GROUP.cid2"}}}, "dingtalk.config.identifier_form"),
        ({"groups": {"轧机": {"conversation_id": "cid=="}}}, "config.name_form"),
        ({"api_base": "ftp://x"}, "dingtalk.config.base_form"),
        ({"api_base": "https://x:99999"}, "dingtalk.config.base_form"),
        ({"api_base": "https://[::1"}, "dingtalk.config.base_form"),
        ({"api_base": "https://x y"}, "dingtalk.config.base_form"),
        ({"api_base": "https://user@x"}, "dingtalk.config.base_form"),
        ({"api_base": "http://10.0.0.9:8080"}, "dingtalk.config.not_encrypted"),
        ({"oapi_base": "http://oapi.dingtalk.com"}, "dingtalk.config.not_encrypted"),
        ({"api_bsae": "https://x"}, "extra_forbidden"),
    ],
)
def test_what_is_refused(change: dict[str, Any], key: str) -> None:
    given = config().model_dump() | change
    assert problem_keys(DingTalkConfig, given) == [key]


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://api.dingtalk.com/v1.0", True),
        ("wss://wss-open-connection.dingtalk.com:443/connect", True),
        ("ws://127.0.0.1:8080/connect", True),
        ("http://localhost:8080", True),
        ("ws://[::1]:8080", True),
        ("ws://lab:8080", True),
        ("ws://10.0.0.9/connect", False),
        ("http://127.0.0.1.evil.example", False),
        ("file:///etc/passwd", False),
        ("", False),
        ("wss://x:99999/connect", False),
        ("wss://[::1/connect", False),
    ],
)
def test_tokens_travel_encrypted_or_stay_on_this_machine_or_a_listed_one(url: str, allowed: bool) -> None:
    assert config(plain_http_hosts=["lab"]).may_talk_to(url) is allowed


@pytest.mark.parametrize("user_id", ["13800000001 ", "甲班班长", "a;b", "", "x" * 65])
def test_what_is_no_user_id(user_id: str) -> None:
    assert problem_keys(PersonAddress, {"user_id": user_id}) == ["dingtalk.config.user_id_form"]


def test_a_group_that_cloud_yaml_does_not_name_is_a_problem() -> None:
    assert address_problem(config(), GroupAddress(group="mill")) is None
    assert address_problem(config(), PersonAddress(user_id="fitter.a")) is None
    problem = address_problem(config(), GroupAddress(group="mlil"))
    assert problem is not None
    key, arguments = problem
    for language in LANGUAGES:
        text = render(key, arguments, language)
        assert "mlil" in text
        assert "board, chat, mill" in text


def test_every_refusal_has_its_sentence_in_both_languages() -> None:
    arguments = {"name": "api_base", "given": '"x"', "base": "http://x", "group": "g", "known": "k"}
    for name in ("identifier_form", "user_id_form", "base_form", "not_encrypted", "group_without_way", "unknown_group"):
        texts = {render(f"dingtalk.config.{name}", arguments, language) for language in LANGUAGES}
        assert len(texts) == len(LANGUAGES)


def test_the_catalog_names_a_factory_that_can_be_imported() -> None:
    import importlib

    module, _, name = CHANNELS["dingtalk"].factory.partition(":")
    assert callable(getattr(importlib.import_module(module), name))

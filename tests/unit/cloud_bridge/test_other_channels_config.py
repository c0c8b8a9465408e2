"""What `cloud.yaml` and `people.yaml` may say about webhook, mqtt and apprise, and what check says of the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from ruamel.yaml import YAML

import cloud_bridge
from cloud_bridge.apprise.config import AppriseConfig, ServiceAddress
from cloud_bridge.catalog import CHANNELS
from cloud_bridge.mqtt.config import MqttConfig, SubscriberAddress
from cloud_bridge.webhook.config import EndpointAddress, WebhookConfig
from edge.texts import LANGUAGES, render
from tests.unit.config.folders import boiler_house, check, said

FOLDER = Path(cloud_bridge.__file__).parent
NAMES = ("webhook", "mqtt", "apprise")


@pytest.mark.parametrize("name", NAMES)
def test_the_sample_is_a_valid_configuration_and_stands_in_the_readme(name: str) -> None:
    text = (FOLDER / name / "sample.yaml").read_text(encoding="utf-8")
    sample = YAML(typ="safe").load(text)
    assert set(sample) == {name}
    assert CHANNELS[name].config.model_validate(sample[name])
    assert text in (FOLDER / name / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_the_commented_lines_of_a_sample_are_right_too(name: str) -> None:
    lines = (FOLDER / name / "sample.yaml").read_text(encoding="utf-8").splitlines()
    text = "\n".join(line.replace("# ", "", 1) if line.lstrip().startswith("# ") and line[0] == " " else line for line in lines)
    given = YAML(typ="safe").load(text)[name]
    assert CHANNELS[name].config.model_validate({key: value for key, value in given.items() if value != "andon-SITE-AGENT"})


def keys(model: Any, given: Any) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(given)
    return [error["type"] for error in caught.value.errors()]


def endpoint(**given: Any) -> dict[str, Any]:
    return {"endpoints": {"mes": given}}


@pytest.mark.parametrize(
    ("model", "given", "key"),
    [
        (WebhookConfig, endpoint(), "webhook.config.one_url"),
        (WebhookConfig, endpoint(url="https://a.example/", url_from="${env:X}"), "webhook.config.one_url"),
        (WebhookConfig, endpoint(url="ftp://a.example/"), "webhook.config.url_form"),
        (WebhookConfig, endpoint(url="https://user:pw@a.example/"), "webhook.config.url_form"),
        (WebhookConfig, endpoint(url="https://a.example/ x"), "webhook.config.url_form"),
        (WebhookConfig, endpoint(url="https://mes..plant.example/"), "webhook.config.url_form"),
        (
            AppriseConfig,
            {"services": {"mail": {"url": "${env:X}"}}, "public_url": "andon.example.com"},
            "apprise.config.base_form",
        ),
        (WebhookConfig, endpoint(url=f"https://{'a' * 80}.example/"), "webhook.config.url_form"),
        (WebhookConfig, endpoint(url="http://a.example/"), "webhook.config.not_encrypted"),
        (WebhookConfig, endpoint(url="https://10.1.2.3/"), "webhook.config.barred"),
        (WebhookConfig, endpoint(url="https://[::1]/"), "webhook.config.barred"),
        (WebhookConfig, endpoint(url="https://127。0。0。1/"), "webhook.config.barred"),
        (WebhookConfig, endpoint(url="https://a.example/", secret="plain"), "config.secret_literal"),
        (WebhookConfig, {**endpoint(url="https://a.example/"), "allow": ["10.1.2.3/8"]}, "webhook.config.network_form"),
        (WebhookConfig, endpoint(url="https://a.example/", batch=101), "less_than_equal"),
        (EndpointAddress, {}, "missing"),
        (MqttConfig, {"host": "b", "password": "${env:X}"}, "mqtt.config.user_missing"),
        (MqttConfig, {"host": "b", "tls": {"cert": "c.pem"}}, "mqtt.config.cert_and_key"),
        (MqttConfig, {"host": "b", "prefix": "a/b"}, "string_pattern_mismatch"),
        (SubscriberAddress, {"topic": "alarms"}, "mqtt.config.own_topic"),
        (SubscriberAddress, {"topic": "a/+"}, "string_pattern_mismatch"),
        (AppriseConfig, {"services": {}}, "too_short"),
        (AppriseConfig, {"services": {"mail": {"url": "mailto://x"}}}, "config.secret_literal"),
        (ServiceAddress, {"service": "mail", "to": "a@b.example&bcc=c@d.example"}, "apprise.config.to_form"),
        (ServiceAddress, {"service": "mail", "to": "-x"}, "apprise.config.to_form"),
    ],
)
def test_what_is_wrong_is_said_by_its_sentence(model: Any, given: Any, key: str) -> None:
    assert keys(model, given) == [key]


def test_an_address_that_is_allowed_may_be_private_and_plain() -> None:
    given = {**endpoint(url="http://10.20.1.2/"), "allow": ["10.20.0.0/16"], "plain_http_hosts": ["10.20.1.2"]}
    assert WebhookConfig.model_validate(given).endpoints["mes"].batch == 100


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("name", "config", "address", "part"),
    [
        ("webhook", endpoint(url="https://a.example/"), {"endpoint": "gone"}, "mes"),
        ("apprise", {"services": {"mail": {"url": "${env:X}"}}}, {"service": "gone"}, "mail"),
        ("apprise", {"services": {"mail": {"url": "${env:X}", "personal": True}}}, {"service": "mail"}, "to:"),
        ("apprise", {"services": {"mail": {"url": "${env:X}"}}}, {"service": "mail", "to": "a@b.example"}, "{to}"),
    ],
)
def test_an_address_that_does_not_fit_is_told_with_what_to_write(
    language: str, name: str, config: Any, address: Any, part: str
) -> None:
    row = CHANNELS[name]
    problem = row.address_problem(row.config.model_validate(config), row.group.model_validate(address))
    assert problem is not None
    assert part in render(*problem, language)


CLOUD = """
webhook: {endpoints: {mes: {url: http://10.20.1.2/andon}}, allow: [10.20.0.0/16], plain_http_hosts: [10.20.1.2]}
mqtt: {host: broker.plant.example}
"""
PEOPLE = """
persons:
  fitter: {name: Fitter, language: en, webhook: {endpoint: mes}}
groups:
  board: {name: Boards, language: en, mqtt: {}}
"""


def folder_with(tmp_path: Path, response: str) -> Path:
    folder = boiler_house(tmp_path, cloud=CLOUD, people=PEOPLE, response=response)
    # Its scenario is about other people.
    (folder / "scenarios" / "steam.yaml").unlink()
    return folder


def response(**more: str) -> str:
    lines = ["channel: webhook", "routes: {all: {to: ['person:fitter', 'group:board']}}"]
    return "\n".join([*lines, *(f"{key}: {value}" for key, value in more.items())])


def test_a_plant_tells_each_by_the_channel_that_they_have(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, response())
    plant = check(folder).plant
    assert plant is not None, said(folder)
    assert plant.policy.channels == ("webhook", "mqtt")
    assert plant.policy.flood_limits("group:board") is None
    assert plant.policy.flood_limits("person:fitter") is not None


def test_a_system_that_wants_digests_can_have_them(tmp_path: Path) -> None:
    flood = response(flood="{positions: {'group:board': {over: 20}}}")
    plant = check(folder_with(tmp_path, flood)).plant
    assert plant is not None
    limits = plant.policy.flood_limits("group:board")
    assert limits is not None
    assert limits.over == 20

"""What samples and READMEs show of channels, read as a plant's files are: by the reader of YAML, strict and with places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest
from pydantic import BaseModel

import cloud_bridge
from cloud_bridge.catalog import CHANNELS
from cloud_bridge.webhook.config import WebhookConfig
from edge.config.text.finding import Findings
from edge.config.text.reader import Reader
from edge.config.text.source import parse

FOLDER = Path(cloud_bridge.__file__).parent


def read(model: type[BaseModel], key: str, text: str) -> tuple[BaseModel | None, list[str]]:
    """What stands under a key of a file as a model, and what the file's reader says of it."""
    findings = Findings()
    node = parse(text.encode(), "cloud.yaml", findings)
    assert node is not None
    value = Reader(findings, "/plant").read(model, node.entries[key], key)
    return value, [str(problem) for problem in findings.problems("en")]


def with_all_its_lines(sample: str) -> str:
    """A sample whose commented settings are written out."""
    return re.sub(r"^( +)# ", r"\1", sample, flags=re.MULTILINE).replace('iot: "off"', "iot: diot")


def examples() -> Iterator[tuple[str, str]]:
    """Addresses as READMEs write them in a sentence: (channel, text)."""
    for name in CHANNELS:
        readme = (FOLDER / name / "README.md").read_text(encoding="utf-8")
        yield from ((name, shown) for shown in re.findall(rf"`({name}: {{[^`]*}})`", readme))


@pytest.mark.parametrize("lines", ["as it stands", "with all its lines"])
@pytest.mark.parametrize("name", CHANNELS)
def test_a_sample_is_taken_as_a_file(name: str, lines: str) -> None:
    text = (FOLDER / name / "sample.yaml").read_text(encoding="utf-8")
    value, said = read(CHANNELS[name].config, name, text if lines == "as it stands" else with_all_its_lines(text))
    assert said == []
    assert value is not None


@pytest.mark.parametrize(("name", "text"), list(examples()))
def test_an_address_that_a_readme_shows_is_taken_as_a_file(name: str, text: str) -> None:
    row = CHANNELS[name]
    assert any(value is not None for value, _ in (read(model, name, text) for model in (row.person, row.group)))


def test_every_channel_shows_an_address() -> None:
    assert {name for name, _ in examples()} == set(CHANNELS)


@pytest.mark.parametrize("network", ["10.20.0.0/16", "127.0.0.1", '"fd00::/8"', "192.168.1.0/24"])
def test_networks_that_may_be_posted_to_are_taken_from_a_file(network: str) -> None:
    value, said = read(WebhookConfig, "webhook", f"webhook: {{endpoints: {{mes: {{url: 'https://x/'}}}}, allow: [{network}]}}")
    assert said == []
    assert isinstance(value, WebhookConfig)
    assert value.allow == (ip_network(network.strip('"')),)


@pytest.mark.parametrize("network", ["10.20.1.1/16", "10", "true", "plant"])
def test_what_is_no_network_is_told_with_its_place_and_what_to_write(network: str) -> None:
    value, said = read(WebhookConfig, "webhook", f"webhook: {{endpoints: {{mes: {{url: 'https://x/'}}}}, allow: [{network}]}}")
    assert value is None
    assert len(said) == 1
    assert said[0].startswith("cloud.yaml:1:58:")
    assert "10.20.0.0/16" in said[0]

"""`andon run` where another host is on record: refused before anything is told, until a person says that this one takes
over."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cloud_bridge.dingtalk.config import DingTalkConfig, is_exclusive
from edge.starter.folder import Wish, starter_files, write_starter
from edge.store.host import FILE, claim_host, this_host
from tests.andon_command import Ran, run

#: A name that resolves to nothing, over TLS: what a real cloud is to the gateway, and no network.
REAL_CLOUD = "https://api.dingtalk.com=https://api.dingtalk.invalid"
#: So that a test needs no port of its own.
ANY_PORT = "127.0.0.1:8480=127.0.0.1:0"
NOBODY = 2**22 + 1


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    write_starter(tmp_path / "my_plant", starter_files(Wish("my_plant", "en")))
    return tmp_path / "my_plant"


def start(plant: Path, *more: str, host: str, lang: str = "en", redirect: str = REAL_CLOUD) -> Ran:
    """Run it, and end at once: whoever has started it is gone."""
    env = {"ANDON_HOST": host, "ANDON_DINGTALK_SECRET": "x"}
    command = (
        "run",
        plant,
        "--no-console",
        "--parent",
        NOBODY,
        "--redirect",
        ANY_PORT,
        "--redirect",
        redirect,
        "--lang",
        lang,
        *more,
    )
    return run(*command, "--data", plant / "data", env=env)


def test_on_another_host_it_is_refused_in_both_languages_and_nothing_is_changed(plant: Path) -> None:
    (plant / "data").mkdir()
    claim_host(plant / "data", this_host(plant / "data", {"ANDON_HOST": "panel-1"}))
    recorded = (plant / "data" / FILE).read_text(encoding="utf-8")
    for lang, said in (("en", "Not started: the data folder belongs to panel-1"), ("zh", "未启动：数据目录属于 panel-1")):
        ran = start(plant, host="panel-2", lang=lang)
        assert ran.exit_code == 3
        assert said in ran.stderr
        assert "panel-2" in ran.stderr
        assert "--take-over" in ran.stderr
        assert "Traceback" not in ran.output
    assert (plant / "data" / FILE).read_text(encoding="utf-8") == recorded


def test_who_takes_over_is_on_record_from_then_on(plant: Path) -> None:
    (plant / "data").mkdir()
    claim_host(plant / "data", this_host(plant / "data", {"ANDON_HOST": "panel-1"}))
    assert start(plant, "--take-over", host="panel-2").exit_code == 0
    assert json.loads((plant / "data" / FILE).read_text(encoding="utf-8"))["name"] == "panel-2"
    assert start(plant, host="panel-1").exit_code == 3


def test_towards_a_stand_in_it_runs_anywhere_and_records_nothing(plant: Path) -> None:
    redirects = ("--redirect", "https://oapi.dingtalk.com=http://127.0.0.1:9")
    ran = start(plant, *redirects, host="panel-2", redirect="https://api.dingtalk.com=http://127.0.0.1:9")
    assert ran.exit_code == 0
    assert not (plant / "data" / FILE).exists()


@pytest.mark.parametrize(
    ("base", "exclusive"),
    [
        ("https://api.dingtalk.com", True),
        ("https://api.dingtalk.io", True),
        ("http://127.0.0.1:8380", False),
        ("https://localhost:8380", False),
        ("http://standin.plant:8380", False),
    ],
)
def test_what_counts_as_the_real_cloud(base: str, exclusive: bool) -> None:
    given = {"client_id": "a", "client_secret": "${env:A}", "api_base": base, "plain_http_hosts": ["standin.plant"]}
    assert is_exclusive(DingTalkConfig.model_validate(given)) is exclusive

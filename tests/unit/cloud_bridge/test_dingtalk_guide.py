"""docs/dingtalk.*.md says what the code does: every permission and why, the card's variables, the hosts, files that work."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from cloud_bridge.dingtalk.card_template import ARRAY, SENT, TEXT
from cloud_bridge.dingtalk.config import DingTalkConfig
from cloud_bridge.dingtalk.doctor.findings import State
from cloud_bridge.dingtalk.endpoints import Scope
from cloud_bridge.dingtalk.leavers import LEFT_EVENT
from cloud_bridge.dingtalk.scopes import needs
from cloud_bridge.quota.config import QuotaConfig
from edge.starter.folder import Wish, starter_files, write_starter
from edge.texts import render
from tests.unit.cloud_bridge.intents import config
from tests.unit.config.folders import check

ROOT = Path(__file__).parents[3]
LANGUAGES = ("zh", "en")
ALWAYS = {"zh": "总是", "en": "always"}
BLOCK = re.compile(r"^```yaml\n# ([a-z.]+)\n(.*?)^```", re.S | re.M)


def guide(language: str) -> str:
    return (ROOT / "docs" / f"dingtalk.{language}.md").read_text(encoding="utf-8")


def rows(language: str) -> dict[str, list[str]]:
    """Cells of all table rows that begin with a name in backticks, by that name."""
    found = (line.strip().strip("|").split(" | ") for line in guide(language).splitlines() if line.startswith("| `"))
    return {cells[0].strip().strip("`"): [cell.strip() for cell in cells[1:]] for cells in found}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_permission_is_there_with_the_reason_that_the_product_gives(language: str) -> None:
    for scope in Scope:
        if scope is not Scope.NONE:
            assert rows(language)[scope][-1] == render(f"dingtalk.scope.{scope.name.lower()}", {}, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_other_permission_is_asked_for(language: str) -> None:
    section = guide(language).split("\n## 4.")[1].split("\n## 5.")[0]
    asked = set(re.findall(r"^\| `([\w.]+)`", section, re.M))
    assert asked == {str(scope) for scope in Scope if scope is not Scope.NONE}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_always_needed_is_needed_by_the_plainest_plant(language: str) -> None:
    plainest = needs(config(card_template_id=None, calls=[]))
    wanted = {str(need.scope) for need in plainest if not need.is_optional}
    assert {name for name, cells in rows(language).items() if cells[0] == ALWAYS[language]} == wanted


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_keys_that_need_a_permission_are_those_of_cloud_yaml(language: str) -> None:
    section = guide(language).split("\n## 4.")[1].split("\n## 5.")[0]
    named = {key for cells in rows(language).values() for key in re.findall(r"`([a-z_]+)`", cells[0])}
    keys = {key for key in named if f"`{key}`" in section}
    assert keys & set(DingTalkConfig.model_fields) >= {"agent_id", "calls", "tables", "approvals", "shifts"}
    assert keys <= set(DingTalkConfig.model_fields)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_variables_of_the_card_are_named_with_their_types(language: str) -> None:
    shown = {name: rows(language)[name][0] for name in SENT}
    for name, variable in SENT.items():
        assert shown[name].startswith(ARRAY if variable.type == ARRAY else TEXT)
        assert set(re.findall(r"`(\w+)`", shown[name])) == set(variable.fields)


@pytest.mark.parametrize("language", LANGUAGES)
def test_hosts_events_quotas_and_exit_codes_are_those_of_the_code(language: str) -> None:
    text = guide(language)
    for base in (config().api_base, config().oapi_base):
        assert f"`{urlsplit(base).hostname}`" in text
    assert f"`{LEFT_EVENT}`" in text
    quota = QuotaConfig()
    assert f"{quota.api:,}".replace(",", " ") in text
    assert f"{quota.pushes:,}".replace(",", " ") in text
    assert set(re.findall(r"^\| ([0-9]) \|", text, re.M)) == {str(int(state)) for state in State}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_files_that_it_shows_are_a_plant(tmp_path: Path, language: str) -> None:
    folder = tmp_path / "plant"
    write_starter(folder, starter_files(Wish("my_plant", language)))
    blocks = dict(BLOCK.findall(guide(language)))
    assert set(blocks) == {"cloud.yaml", "people.yaml"}
    for name, content in blocks.items():
        (folder / name).write_text(content, encoding="utf-8")
    assert check(folder).plant is not None, check(folder).problems


@pytest.mark.parametrize("language", LANGUAGES)
def test_files_that_it_points_to_are_there_and_point_back(language: str) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", guide(language)):
        assert (ROOT / "docs" / target).exists(), target
    readme = (ROOT / "cloud_bridge" / "dingtalk" / "README.md").read_text(encoding="utf-8")
    assert f"docs/dingtalk.{language}.md" in readme


def test_both_languages_have_the_same_chapters() -> None:
    chapters = [re.findall(r"^(## (?:[0-9]+\.)?)", guide(language), re.M) for language in LANGUAGES]
    assert chapters[0] == chapters[1]

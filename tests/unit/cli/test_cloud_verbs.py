"""`andon cloud template` hands out the template that comes with the product."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud_bridge.dingtalk.card_template import SENT, read_variables
from tests.andon_command import run


def test_the_template_is_printed_or_written_for_import(tmp_path: Path) -> None:
    printed = run("cloud", "template")
    file = tmp_path / "card.json"
    written = run("cloud", "template", "--out", file, "--lang", "en")
    assert printed.exit_code == written.exit_code == 0
    assert read_variables(printed.stdout) == SENT
    assert file.read_text(encoding="utf-8") == printed.stdout


@pytest.mark.parametrize(("language", "words"), [("en", "card platform"), ("zh", "卡片平台")])
def test_what_to_do_with_the_file_is_said(tmp_path: Path, language: str, words: str) -> None:
    assert words in run("cloud", "template", "--out", tmp_path / "card.json", "--lang", language).stdout


def test_a_file_that_cannot_be_written_ends_the_command(tmp_path: Path) -> None:
    ran = run("cloud", "template", "--out", tmp_path / "nowhere" / "card.json", "--lang", "en")
    assert ran.exit_code == 3
    assert "nowhere" in ran.stderr

"""The commands that the READMEs name within a sentence can be typed as they stand: no option is missing."""

from __future__ import annotations

import re
import shlex
from contextlib import chdir
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge.cli import app

ROOT = Path(__file__).parents[3]
#: With a plant behind the verb it is a command to be typed; without, only its name.
TYPED = re.compile(r"`andon ([^`]*\bmy_plant\b[^`]*)`")


def commands() -> list[tuple[str, str]]:
    return [
        (file, command)
        for file in ("README.md", "README.zh-CN.md")
        for command in sorted(set(TYPED.findall((ROOT / file).read_text(encoding="utf-8"))))
        if "..." not in command
    ]


@pytest.mark.parametrize(("file", "command"), commands())
def test_a_command_in_a_sentence_has_all_that_it_needs(file: str, command: str, tmp_path: Path) -> None:
    """There is no plant here, which is all that may be wrong with it: a command that cannot be read says what it misses."""
    with chdir(tmp_path):
        ran = CliRunner().invoke(app, shlex.split(command))
    assert "Missing" not in ran.output and "No such option" not in ran.output and "No such command" not in ran.output, file
    assert ran.exit_code != 0

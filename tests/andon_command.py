"""The `andon` command in this process, for claims about what it says and does. Where the process itself is the claim, one is
started: each start reads all of the program, for a second or more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from typer.main import get_command
from typer.testing import CliRunner

from edge.cli import app

#: Made once: its verbs are read from the signatures of all functions behind them, a tenth of a second each time.
COMMAND = get_command(app)


@dataclass(frozen=True, slots=True)
class Ran:
    exit_code: int
    stdout: str
    stderr: str
    #: Both, in the order they came.
    output: str


def run(*arguments: object, env: Mapping[str, str | None] | None = None) -> Ran:
    """`andon` with these arguments. What it fails with unforeseen is raised."""
    with CliRunner().isolation(env=env) as streams:
        code: object = 0
        try:
            COMMAND.main([str(each) for each in arguments], prog_name="andon")
        except SystemExit as ended:
            code = ended.code
        stdout, stderr, output = (stream.getvalue().decode() for stream in streams)
    assert code is None or isinstance(code, int), code
    return Ran(code or 0, stdout, stderr, output)

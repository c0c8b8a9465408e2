"""`andon simulate`: its help names every option that the simulators have."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import typer

from edge.cli import app
from simulators.devices.__main__ import main as devices
from simulators.dingtalk.__main__ import main as standin

#: For a process that watches over another one.
NOT_FOR_PEOPLE = {"--parent", "--help"}


@pytest.mark.parametrize(("verb", "simulator"), [("devices", devices), ("dingtalk", standin)])
def test_the_help_names_every_option_of_the_simulator(
    verb: str, simulator: Callable[[Sequence[str]], int], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        simulator(["--help"])
    of_simulator = set(re.findall(r"--[a-z][a-z-]+", capsys.readouterr().out)) - NOT_FOR_PEOPLE
    command: Any = typer.main.get_command(app)
    named = {name for parameter in command.commands["simulate"].commands[verb].params for name in parameter.opts}
    assert of_simulator >= {"--host", "--control-port"}
    assert of_simulator - named == set()

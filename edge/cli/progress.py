"""How far a long command is: a bar on the terminal, and nothing at all where errors go to a file or a program."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Protocol

import typer


class _Bar(Protocol):
    """What is used of typer's bar, whose own class is private."""

    pos: int

    def update(self, n_steps: int) -> None: ...


@contextmanager
def progress_bar() -> Iterator[Callable[[int, int], None]]:
    """Takes (done, of how many). There is no bar before the first of them: what is done at once needs none."""
    bar: _Bar | None = None
    with ExitStack() as until_done:

        def show(done: int, of: int) -> None:
            nonlocal bar
            if bar is None and sys.stderr.isatty():
                bar = until_done.enter_context(typer.progressbar(length=of, file=sys.stderr, show_eta=False))
            if bar is not None:
                bar.update(done - bar.pos)

        yield show

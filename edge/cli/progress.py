"""How far a long command is: a bar on the terminal, and nothing at all where errors go to a file or a program."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer


@contextmanager
def progress_bar() -> Iterator[Callable[[int, int], None]]:
    """Takes (done, of how many). The bar begins with the first of them and is gone from the line at the end."""
    with typer.progressbar(length=1, file=sys.stderr, hidden=not sys.stderr.isatty(), show_eta=False) as bar:

        def show(done: int, of: int) -> None:
            bar.length = of
            bar.update(done - bar.pos)

        yield show

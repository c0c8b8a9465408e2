"""A report in a process of its own, which stands back: a large journal must not take the agent's processor or interpreter.

On standard input a data folder and what is asked, on standard output the pages or why there are none; both pickled, from and
for the process that started this one. What goes wrong beyond that ends this process, and is said by it.
"""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path

from edge.model.errors import StoreError
from edge.performance.pages import Asked, Pages, pages_of
from edge.performance.reading import TooManyRows
from edge.store.reading import reading

NICENESS = 10


def answer(folder: Path, asked: Asked) -> Pages | StoreError | TooManyRows:
    try:
        with reading(folder) as connection:
            return pages_of(connection, asked)
    except (StoreError, TooManyRows) as refusal:
        return refusal


if __name__ == "__main__":
    os.nice(NICENESS)
    sys.stdout.buffer.write(pickle.dumps(answer(*pickle.load(sys.stdin.buffer))))

"""How properties choose among a few things."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from hypothesis import strategies as st

T = TypeVar("T")


def pick(draw: st.DrawFn, options: Sequence[T]) -> T:
    """One of them, as by `sampled_from`, which costs several times as much where it is made anew for each draw."""
    return options[draw(st.integers(0, len(options) - 1))]

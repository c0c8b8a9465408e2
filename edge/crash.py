"""Named crash points: the places where a kill must do no harm, so that tests can kill exactly there.

    with database.transaction("engine"):       rows are written
                                                crash_point("before_engine_commit")     -> nothing of it may be found later
                                                COMMIT, synced
                                                crash_point("after_engine_commit")      -> all of it must be found later

A point does nothing unless it is armed: by the environment in a process of its own (`ANDON_CRASH=after_claim_commit`, or
`after_claim_commit:3` for the third passage; the process then kills itself as `kill -9` would), or by a hook within a
simulation, which raises `SimulatedCrash`. Every commit of the product has its two points and stands in `COMMITS`; the history,
which keeps files, has points of its own.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: Every commit of the product, by name: what `Database.transaction` is called with.
COMMITS = (
    "migrate",
    "open",
    "inbox",
    "engine",
    "response",
    "claim",
    "settle",
    "touch",
    "prune",
    "usage",
    "account",
    "session",
    "revision",
)

COMMIT_POINTS = tuple(f"{side}_{commit}_commit" for commit in COMMITS for side in ("before", "after"))

#: Where the history stands between two steps with its files: written aside and synced; under its name; about to delete one.
SEGMENT_POINTS = ("segment_aside", "segment_renamed", "merge_aside", "merge_renamed", "segment_deleting")

#: Around the one request that changes something at a device: between the claim's commit and the driver, and behind its answer.
WRITE_POINTS = ("before_write", "after_write")

CRASH_POINTS = (*COMMIT_POINTS, *SEGMENT_POINTS, *WRITE_POINTS)

ENVIRONMENT = "ANDON_CRASH"

Hook = Callable[[str], None]


class SimulatedCrash(BaseException):
    """The process is over, in a simulation. A BaseException, so that no handler of errors takes it for something to mend."""


def crash_point(name: str) -> None:
    """Tell the armed hook, if there is one, that `name` is passed."""
    if _hook is not None:
        _hook(name)


@contextmanager
def hooked(hook: Hook) -> Iterator[None]:
    """Call `hook` with the name of every point passed meanwhile; it may raise SimulatedCrash."""
    global _hook  # noqa: PLW0603 - one process has one life; passing a hook through every port would be the worse price
    before, _hook = _hook, hook
    try:
        yield
    finally:
        _hook = before


def crash_at(name: str, passage: int = 1) -> Hook:
    """A hook that raises SimulatedCrash when `name` is passed for the `passage`-th time."""
    return _at(name, passage, _raise)


def kill_at(name: str, passage: int = 1) -> Hook:
    """A hook that kills this process, as `kill -9` does, when `name` is passed for the `passage`-th time."""
    return _at(name, passage, _kill)


def _at(name: str, passage: int, end: Callable[[str], None]) -> Hook:
    if name not in CRASH_POINTS:
        raise ValueError(f"{name!r} is no crash point; these are: {', '.join(CRASH_POINTS)}")
    left = passage

    def hook(passed: str) -> None:
        nonlocal left
        if passed == name:
            left -= 1
            if left == 0:
                end(passed)

    return hook


def _raise(name: str) -> None:
    raise SimulatedCrash(name)


def _kill(_name: str) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _from_environment(value: str) -> Hook | None:
    name, _, passage = value.partition(":")
    return kill_at(name, int(passage or 1)) if name else None


_hook: Hook | None = _from_environment(os.environ.get(ENVIRONMENT, ""))

"""F1, F5, F9: killed at the n-th write or sync of the operating system, or refused from the n-th on, by strace."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.faults.store_life import live, why_no_strace
from tests.faults.store_promises import check_nothing_lost_nothing_half, check_the_story_is_whole

ROUNDS = 3

CALLS = ("pwrite64", "fdatasync", "fsync", "ftruncate", "rename", "unlink")


@pytest.fixture(autouse=True, scope="module")
def strace() -> None:
    if reason := why_no_strace():
        pytest.skip(reason)


def kill_and_check(folder: Path, call: str, when: int) -> bool:
    """False when the life ended before its `when`-th call."""
    folder.mkdir()
    life = live(folder, ROUNDS, inject=f"{call}:signal=KILL:when={when}")
    check_nothing_lost_nothing_half(folder, life.confirmed)
    if life.end == 0:
        return False
    assert life.end == -signal.SIGKILL
    assert live(folder, ROUNDS).end == 0
    check_the_story_is_whole(folder, ROUNDS, deaths=1)
    return True


@pytest.mark.parametrize(
    ("call", "when"),
    [
        ("pwrite64", 1),
        ("pwrite64", 200),
        ("pwrite64", 290),
        ("pwrite64", 320),
        ("fdatasync", 4),
        ("fdatasync", 15),
        ("rename", 1),
    ],
)
def test_a_kill_at_a_call_loses_nothing_and_halves_nothing(tmp_path: Path, call: str, when: int) -> None:
    assert kill_and_check(tmp_path / "plant", call, when)


@pytest.mark.soak
@pytest.mark.parametrize("call", CALLS)
def test_a_kill_at_every_call_loses_nothing_and_halves_nothing(tmp_path: Path, call: str) -> None:
    when = 1
    while kill_and_check(tmp_path / f"{call}-{when}", call, when):
        when += 1
    assert when > 1


@pytest.mark.parametrize(
    ("error", "sentence"), [("ENOSPC", "the disk is full: free some space on it"), ("EIO", "the disk refuses to read or write")]
)
def test_a_disk_that_refuses_for_ever_is_named_and_costs_nothing_that_was_confirmed(
    tmp_path: Path, error: str, sentence: str
) -> None:
    life = live(tmp_path, ROUNDS, inject=f"pwrite64:error={error}:when=290+")
    assert life.end == 3
    assert sentence in life.refusal
    check_nothing_lost_nothing_half(tmp_path, life.confirmed)
    assert live(tmp_path, ROUNDS).end == 0
    check_the_story_is_whole(tmp_path, ROUNDS, deaths=1)

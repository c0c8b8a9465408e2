"""The crash points are all the commits there are, and nothing happens at them unless somebody armed them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import edge
from edge.crash import (
    COMMIT_POINTS,
    COMMITS,
    CRASH_POINTS,
    SEGMENT_POINTS,
    SimulatedCrash,
    crash_at,
    crash_point,
    hooked,
    kill_at,
)

SOURCE = Path(edge.__path__[0])


def calls() -> Iterator[tuple[Path, ast.Call, str]]:
    """Every method call in the product: file, call, name of the method."""
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                yield path, node, node.func.attr


def test_every_commit_stands_in_the_list_and_the_list_holds_nothing_else() -> None:
    names = [call.args[0].value for _, call, name in calls() if name == "transaction"]  # a computed name would raise here
    assert set(names) == set(COMMITS)
    assert set(COMMIT_POINTS) == {f"{side}_{commit}_commit" for commit in COMMITS for side in ("before", "after")}


def test_nobody_commits_but_the_database() -> None:
    begun = {
        (path.name, name)
        for path, _, name in calls()
        if name in ("begin", "begin_nested", "commit") and "sql" in path.read_text(encoding="utf-8")
    }
    assert begun == {("database.py", "begin"), ("database.py", "commit")}


def test_every_point_of_the_history_is_passed_somewhere_and_no_other() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (SOURCE / "history").glob("*.py"))
    assert sorted(re.findall(r'crash_point\("(\w+)"\)', source)) == sorted(SEGMENT_POINTS)


def test_an_unarmed_point_does_nothing() -> None:
    for name in CRASH_POINTS:
        crash_point(name)


def test_a_hook_crashes_at_the_passage_asked_for_and_goes_with_its_block() -> None:
    with hooked(crash_at("after_claim_commit", passage=2)):
        crash_point("after_claim_commit")
        crash_point("before_claim_commit")
        with pytest.raises(SimulatedCrash, match="after_claim_commit"):
            crash_point("after_claim_commit")
    crash_point("after_claim_commit")


def test_no_handler_of_errors_takes_a_crash_for_an_error() -> None:
    assert not issubclass(SimulatedCrash, Exception)


@pytest.mark.parametrize("arm", [crash_at, kill_at])
def test_a_name_that_is_no_crash_point_is_refused(arm: object) -> None:
    with pytest.raises(ValueError, match=r"'after_lunch' is no crash point; these are: .*before_engine_commit"):
        arm("after_lunch")  # type: ignore[operator]

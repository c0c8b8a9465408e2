"""The budget of the default run: how long each kind of test may take, printed at the end and enforced; and how many examples
a property is tried with that does not say so itself: `--hypothesis-profile=thorough` takes its time."""

from __future__ import annotations

import gc
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import settings

QUICK = "quick"
settings.register_profile(QUICK, max_examples=60, deadline=None)
settings.register_profile("thorough", max_examples=2_000, deadline=None)
settings.load_profile(QUICK)

TESTS = Path(__file__).parent

#: Seconds a kind may take in the default run on a machine with two cores; together ten minutes.
BUDGET_S = {
    "unit": 190,
    "contract": 15,
    "cases": 10,
    "stories": 80,
    "simulation": 20,
    "faults": 30,
    "e2e": 135,
    "browser": 120,
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--unhurried", action="store_true", help="no budget: under a tracer all takes longer")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "soak: long runs, only by ./dev soak")
    config.stash[SPENT] = defaultdict(float)


SPENT: pytest.StashKey[defaultdict[str, float]] = pytest.StashKey()


def pytest_collection_finish() -> None:
    """Thousands of tests and half a dozen frameworks stay until the end: without this, garbage is looked for among them each
    time, for tens of seconds altogether."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Soak tests run only when asked for by name."""
    if "soak" in (config.option.markexpr or ""):
        return
    for item in items:
        if item.get_closest_marker("soak"):
            item.add_marker(pytest.mark.skip(reason="a long run: ./dev soak"))


def kind_of(path: Path) -> str:
    return path.relative_to(TESTS).parts[0]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):  # type: ignore[no-untyped-def]
    yield
    item.config.stash[SPENT][kind_of(item.path)] += call.duration


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    spent = config.stash[SPENT]
    if spent:
        terminalreporter.section("time by kind of test")
        for kind, seconds in sorted(spent.items()):
            budget = BUDGET_S.get(kind, 0)
            over = "   OVER BUDGET" if seconds > budget else ""
            terminalreporter.write_line(f"{kind:<12}{seconds:7.1f} s of {budget:4d} s{over}")


def pytest_unconfigure() -> None:
    gc.unfreeze()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    over = [kind for kind, seconds in session.config.stash[SPENT].items() if seconds > BUDGET_S.get(kind, 0)]
    config = session.config
    takes_its_time = (
        "soak" in (config.option.markexpr or "") or config.getoption("hypothesis_profile") or config.getoption("--unhurried")
    )
    if over and exitstatus == 0 and not takes_its_time:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED

"""The budget of the default run: how long each kind of test may take, printed at the end and enforced; and how many examples
a property is tried with that does not say so itself: `--hypothesis-profile=thorough` takes its time."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import settings

from tests.opcua_server import OpcUaServer

QUICK = "quick"
settings.register_profile(QUICK, max_examples=30, deadline=None)
settings.register_profile("thorough", max_examples=2_000, deadline=None)
settings.load_profile(QUICK)

#: Seconds of tests a kind may take in the default run. Two workers share them (`two_ends.py`): together less than ten minutes
#: on a machine with two cores. A kind is measured beside another one, and has room for a machine a quarter slower.
BUDGET_S = {
    "unit": 440,
    "contract": 65,
    "cases": 15,
    "stories": 205,
    "simulation": 40,
    "faults": 60,
    "e2e": 310,
    "browser": 260,
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--unhurried", action="store_true", help="no budget: under a tracer all takes longer")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "soak: long runs, only by ./dev soak")
    config.pluginmanager.register(Budget(config))


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    """A command that ran in this process said where log lines go; that stream ends with its test."""
    structlog.reset_defaults()


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


@pytest.fixture(scope="session")
def opcua_line() -> Iterator[OpcUaServer]:
    """One server for all tests of a worker; each leaves its nodes as it found them."""
    server = OpcUaServer()
    yield server
    server.stop()


class Budget:
    """Adds up what workers report; a worker itself only reports."""

    def __init__(self, config: pytest.Config) -> None:
        self._is_worker = hasattr(config, "workerinput")
        self._takes_its_time = bool(
            "soak" in (config.option.markexpr or "")
            or config.getoption("hypothesis_profile")
            or config.getoption("--unhurried")
        )
        self._spent: defaultdict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._spent[report.nodeid.removeprefix("tests/").split("/")[0]] += report.duration

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._spent:
            terminalreporter.section("time by kind of test")
            for kind, seconds in sorted(self._spent.items()):
                over = "   OVER BUDGET" if seconds > BUDGET_S.get(kind, 0) else ""
                terminalreporter.write_line(f"{kind:<12}{seconds:7.1f} s of {BUDGET_S.get(kind, 0):4d} s{over}")

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        over = [kind for kind, seconds in self._spent.items() if seconds > BUDGET_S.get(kind, 0)]
        if over and exitstatus == 0 and not self._takes_its_time and not self._is_worker:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_unconfigure() -> None:
    gc.unfreeze()

"""What all signals of a single tag have in common."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from edge.model.moment import NEVER, SECOND
from rules.signals import BANK_OF
from rules.signals.aggregate import Aggregate
from rules.signals.base import SignalBank
from rules.signals.counter import CounterRate, CounterStop
from rules.signals.frozen import Frozen
from rules.signals.n_of_m import NOfM
from rules.signals.pulse import Pulse
from rules.signals.rate import Rate
from rules.signals.raw import Raw, Side
from rules.signals.repeat import Repeat
from rules.signals.trend import Side as TrendSide
from rules.signals.trend import Trend
from rules.signals.tumbling_repeat import TumblingRepeat
from rules.signals.tumbling_window import TumblingWindow
from rules.signals.window import Window
from tests.unit.rules.signals.over_time import tell

HIGH = Raw(Side.HIGH, 1.0)


def signals() -> list[Any]:
    return [
        CounterRate("M1.x", SECOND),
        CounterStop("M1.x", SECOND),
        Frozen("M1.x"),
        NOfM("M1.x", HIGH, 3, 5),
        Pulse("M1.x", SECOND),
        Rate("M1.x", SECOND),
        Repeat(tag="M1.x", raw=HIGH, within=SECOND, count=3),
        Trend(tag="M1.x", side=TrendSide.HIGH, limit=1.0, span=SECOND),
        TumblingRepeat(tag="M1.x", raw=HIGH, within=SECOND, count=3),
        TumblingWindow(tag="M1.x", aggregate=Aggregate.MEAN, span=SECOND),
        Window(tag="M1.x", aggregate=Aggregate.MEAN, span=SECOND),
    ]


def named(signal: object) -> str:
    return type(signal).__name__


def bank_of(signal: object) -> SignalBank:
    return BANK_OF[type(signal)]([signal])


def test_equal_signals_are_computed_once_and_no_kind_is_taken_for_another() -> None:
    assert len({*signals(), *signals()}) == len(signals())


@pytest.mark.parametrize("signal", signals(), ids=named)
def test_it_reads_its_tag(signal: Any) -> None:
    assert signal.inputs == ("M1.x",)


@pytest.mark.parametrize("signal", signals(), ids=named)
def test_a_bad_sample_is_not_evaluable_and_leaves_nothing_due(signal: Any) -> None:
    bank = bank_of(signal)
    tell(bank, [(0, 0.0, 10, False)])
    assert tell(bank, [(0, None, 20, False)]) == [None]
    assert bank.due.tolist() == [NEVER]


@pytest.mark.parametrize("signal", signals(), ids=named)
def test_a_call_without_samples_is_no_surprise(signal: Any) -> None:
    bank = bank_of(signal)
    none = np.empty(0, dtype=np.intp)
    assert tell(bank, []) == []
    assert bank.wake(none, np.empty(0, dtype=np.int64)).position.tolist() == []
    assert bank.memory(0) is None


@pytest.mark.parametrize("signal", signals(), ids=named)
def test_the_memory_of_something_else_is_left_alone(signal: Any) -> None:
    bank = bank_of(signal)
    bank.recall(0, {"someone": "else"})
    assert bank.memory(0) is None

"""The order of what happens, which waves and rounds of timers find out of it."""

from __future__ import annotations

from typing import NamedTuple

from edge.model.moment import Moment

TIMER, SAMPLE = 0, 1


class Order(NamedTuple):
    """Where an event belongs: the engine's time at its cause; timers before samples; samples by place in their batch;
    then by row. Events of one order are those of one alarm, noted as they happened. applied: of a sample, whether the event
    follows from what it says; False for what was over before it."""

    moment: Moment
    cause: int
    place: int
    row: int
    applied: bool = True

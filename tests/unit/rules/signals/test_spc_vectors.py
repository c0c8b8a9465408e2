"""Published examples of control charts, to the digits that are printed: `tests/cases/vectors/spc_*.json`.

`expected` has numbers by point, counted from 1, as they are printed, and the points that are outside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rules.signals.baseline import Stated
from rules.signals.control_chart import ControlChartBank
from rules.signals.cusum import Cusum, CusumBank
from rules.signals.ewma import Ewma, EwmaBank
from rules.signals.limit_multiple import OUTSIDE
from tests.unit.rules.signals.chart_walk import OneChart

FOLDER = Path(__file__).parents[3] / "cases" / "vectors"
VECTORS = {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("spc_*.json"))}


def bank_of(parameters: dict[str, Any]) -> ControlChartBank:
    rest = {name: value for name, value in parameters.items() if name not in ("chart", "mean", "sigma")}
    baseline = Stated(parameters["mean"], parameters.get("sigma"))
    if parameters["chart"] == "ewma":
        return EwmaBank([Ewma(tag="x", baseline=baseline, **rest)])
    return CusumBank([Cusum(tag="x", baseline=baseline, **rest)])


def is_printed_as(value: float | str | None, printed: str) -> bool:
    """A value half-way between two printed ones may be printed as either."""
    digits = len(printed.partition(".")[2])
    return isinstance(value, int | float) and abs(value - float(printed)) <= 0.5 * 10**-digits + 1e-9


def test_there_are_vectors() -> None:
    assert set(VECTORS) == {"spc_ewma_nist", "spc_ewma_shift", "spc_cusum_nist", "spc_cusum_shift"}


@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS)
def test_charts_say_what_is_published(vector: dict[str, Any]) -> None:
    chart = OneChart(bank_of(vector["parameters"]))
    values, facts = [], []
    for sample in vector["samples"]:
        values.append(chart.hear(sample))
        facts.append(chart.bank.facts(0))
    expected = dict(vector["expected"])

    assert [point for point, value in enumerate(values, 1) if value is not None and value >= OUTSIDE] == expected.pop("outside")
    if "low_sum_most" in expected:
        assert is_printed_as(max(float(each["low_sum"] or 0.0) for each in facts), expected.pop("low_sum_most"))
    for name, by_point in expected.items():
        for point, printed in by_point.items():
            assert is_printed_as(facts[int(point) - 1][name], printed), (name, point, facts[int(point) - 1][name], printed)

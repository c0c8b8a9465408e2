"""The whole gateway on virtual time, under scripts drawn from seeds: nothing lost, nothing out of order, nothing told twice."""

from __future__ import annotations

import pytest

from edge.config.plant import Plant
from tests.simulation.play import load_plant
from tests.simulation.report import simulate


@pytest.fixture(scope="module")
def plant() -> Plant:
    return load_plant()


@pytest.mark.parametrize("seed", range(1_000, 1_005))
def test_every_invariant_holds(plant: Plant, seed: int) -> None:
    report = simulate(seed, 4, plant)
    assert report.holds, str(report)


@pytest.mark.soak
def test_every_invariant_holds_over_hundreds_of_seeds(plant: Plant) -> None:
    failed = [report for seed in range(2_000, 2_300) if not (report := simulate(seed, 10, plant)).holds]
    assert not failed, "\n".join(map(str, failed))


def test_the_same_seed_gives_the_same_run(plant: Plant) -> None:
    first, second = simulate(4, 2, plant), simulate(4, 2, plant)
    assert [row.hash for row in first.record.journal] != []
    assert [row.event for row in first.record.journal] == [row.event for row in second.record.journal]
    assert [call.body for call in first.record.calls] == [call.body for call in second.record.calls]

"""Points of a CPU into reads, and what refusals make of them."""

from __future__ import annotations

import json
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from drivers.s7.config import S7Point
from drivers.s7.outline import outline
from drivers.s7.plan import Read, plan_reads
from drivers.s7.poll import PollPlan
from edge.model.moment import SECOND
from tests.driver_rig import device

places = st.lists(
    st.tuples(st.sampled_from(["DB1", "DB2"]), st.integers(0, 400), st.sampled_from(["uint8", "float32"])), max_size=14
)


def points_at(given_places: list[tuple[str, int, str]]) -> list[S7Point]:
    return [
        S7Point.model_validate_json(json.dumps({"address": f"{block}.{byte}", "type": kind}), strict=True)
        for block, byte, kind in given_places
    ]


def fewest(given_places: list[tuple[str, int, str]], bytes_max: int) -> int:
    """Windows that cover one block's points at least, by trying every cut of their order."""
    total = 0
    for block in {place[0] for place in given_places}:
        spans = sorted((byte, byte + (1 if kind == "uint8" else 4)) for at, byte, kind in given_places if at == block)
        best = [0] + [len(spans)] * len(spans)
        for end in range(1, len(spans) + 1):
            for begin in range(end):
                if max(stop for _, stop in spans[begin:end]) - spans[begin][0] <= bytes_max:
                    best[end] = min(best[end], best[begin] + 1)
        total += best[-1]
    return total


@given(places, st.sampled_from([4, 16, 222]))
def test_every_point_is_in_one_read_and_there_are_no_more_than_must_be(
    given_places: list[tuple[str, int, str]], most: int
) -> None:
    points = points_at(given_places)
    reads = plan_reads(points, range(len(points)), bytes_max=most)
    assert sorted(position for each in reads for position in each.points) == list(range(len(points)))
    for each in reads:
        assert each.count <= most
        for position in each.points:
            assert each.block == points[position].address.block
            assert each.start <= points[position].address.byte
            assert points[position].address.byte + points[position].width <= each.start + each.count
    assert len(reads) == fewest(given_places, most)
    assert all((a.block, a.start) <= (b.block, b.start) for a, b in pairwise(reads))


def asked(plan: PollPlan, refused: set[int], points: list[S7Point], now: int) -> tuple[set[int], int]:
    """(points that were answered, requests) of a poll of a CPU that lacks some points' bytes."""
    reads, answered, requests = list(plan.due(now)), set[int](), 0
    while reads:
        read: Read = reads.pop(0)
        requests += 1
        if any(read.start <= points[at].address.byte < read.start + read.count for at in refused):
            reads[:0] = plan.refused(read, now)
        else:
            plan.answered(read)
            answered |= set(read.points)
    return answered, requests


@given(st.sets(st.integers(0, 39), max_size=3))
def test_a_place_that_is_refused_costs_its_neighbours_nothing(refused: set[int]) -> None:
    points = points_at([("DB1", 4 * number, "float32") for number in range(40)])
    plan = PollPlan(points, bytes_max=222)
    answered, _ = asked(plan, refused, points, 0)
    assert answered == set(range(40)) - refused
    again, requests = asked(plan, refused, points, 1)
    assert again == answered
    assert requests <= 1 + 6 * len(refused)
    answered_later, _ = asked(plan, set(), points, 100 * SECOND)
    assert answered_later == set(range(40))
    assert asked(plan, set(), points, 101 * SECOND) == (set(range(40)), 1)


def test_the_outline_counts_the_question_whether_the_cpu_runs() -> None:
    def figures(watch: bool) -> tuple[object, object]:
        connection = {"host": "10.0.0.20", "every": "500ms", "watch_cpu": watch}
        (told,) = outline([device("s7", "P1", {"force": {"address": "DB10.DBD0", "type": "float32"}}, connection)])
        return told.figures["requests"], told.figures["requests_per_s"]

    assert (figures(True), figures(False)) == ((2, 4.0), (1, 2.0))

"""Derived tags against a plain reading of what they are, one sample after the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.model.moment import SECOND
from edge.model.sample import Batch, Mark, Quality, Sample
from edge.model.tag import Derivation, Tag
from rules.derived import DerivedInACircle, DerivedTags

STALE = 10 * SECOND


def tag(name: str, expression: str = "", *reads: str, stale_after: int | None = None) -> Tag:
    derived = Derivation(expression, reads) if expression else None
    return Tag(name, "D", name, "", {}, stale_after=stale_after, derived=derived)


READ = [tag("a", stale_after=STALE), tag("b"), tag("c"), tag("d")]
TAGS = [
    tag("power", "a * b", "a", "b"),
    *READ,
    tag("total", "power + heat", "power", "heat"),
    tag("heat", "c * 2", "c"),
    tag("any", "a > 5 or b > 5", "a", "b"),
    tag("chosen", "c if d else a", "c", "d", "a"),
    tag("twice", "a + a2", "a", "a"),
]
SLOTS = {each.name: slot for slot, each in enumerate(TAGS)}
ORDER = ("power", "heat", "any", "chosen", "twice", "total")


def sample(name: str, value: float, at: int = 0, quality: Quality = Quality.GOOD, mark: Mark = Mark.NONE) -> Sample:
    return Sample(SLOTS[name], value, quality, at - 5, at, mark)


def told(batch: Batch) -> list[tuple[str, float, Quality]]:
    names = {slot: name for name, slot in SLOTS.items()}
    return [(names[each.slot], each.value, each.quality) for each in batch.samples()]


def kleene_or(one: bool | None, other: bool | None) -> bool | None:
    return True if one or other else None if None in (one, other) else False


class Naive:
    """What the module says in words, tag by tag."""

    WORKS: Mapping[str, tuple[tuple[str, ...], Callable[..., float | bool | None]]] = {
        "power": (("a", "b"), lambda a, b: None if None in (a, b) else a * b),
        "heat": (("c",), lambda c: None if c is None else c * 2),
        "any": (("a", "b"), lambda a, b: kleene_or(None if a is None else a > 5, None if b is None else b > 5)),
        "chosen": (("c", "d", "a"), lambda c, d, a: None if d is None else c if d else a),
        "twice": (("a",), lambda a: None if a is None else a + a),
        "total": (("power", "heat"), lambda power, heat: None if None in (power, heat) else power + heat),
    }

    def __init__(self) -> None:
        self.newest: dict[str, Sample] = {}
        self.source: dict[str, int] = {}
        self.last: dict[str, float] = {}

    def known(self, name: str, now: int) -> float | None:
        newest = self.newest.get(name)
        if newest is None or newest.quality is Quality.BAD or (name == "a" and now - newest.received_time > STALE):
            return None
        return newest.value

    def take(self, each: Sample) -> list[Sample]:
        name = next(name for name, slot in SLOTS.items() if slot == each.slot)
        self.newest[name] = each
        self.source[name] = max(self.source.get(name, 0), each.source_time)
        out = [each]
        touched = {name}
        for derived in ORDER:
            inputs, work = self.WORKS[derived]
            if not touched & set(inputs):
                continue
            touched.add(derived)
            values = [self.known(every, each.received_time) for every in inputs]
            value = work(*values)
            pairs = zip(inputs, values, strict=True)
            trusts = [Quality.UNCERTAIN if one is None else self.newest[every].quality for every, one in pairs]
            worst = max(trusts)
            if value is not None and not math.isfinite(value):
                value = None
            self.source[derived] = max(self.source.get(every, 0) for every in inputs)
            if value is not None:
                self.last[derived] = float(value) + 0.0
            mark = each.mark & (Mark.INITIAL | Mark.RECEIVED_TIME_USED)
            if any(self.newest[every].mark & Mark.FORCED for every in inputs if every in self.newest):
                mark |= Mark.FORCED
            quality = worst if value is not None else Quality.BAD
            value_said, source = self.last.get(derived, math.nan), self.source[derived]
            now = Sample(SLOTS[derived], value_said, quality, source, each.received_time, mark)
            self.newest[derived] = now
            if derived in self.last:
                out.append(now)
        return out


def derived() -> DerivedTags:
    given_ = [each if each.name != "twice" else tag("twice", "a + again", "a", "a") for each in TAGS]
    return DerivedTags(given_, SLOTS)


SAMPLES = st.builds(
    lambda name, value, quality, mark: (name, value, quality, mark),
    st.sampled_from(["a", "b", "c", "d"]),
    st.sampled_from([0.0, 1.0, 2.5, 6.0, -3.0, 1e308]),
    st.sampled_from([Quality.GOOD, Quality.GOOD, Quality.GOOD, Quality.UNCERTAIN, Quality.BAD]),
    st.sampled_from([Mark.NONE, Mark.NONE, Mark.INITIAL, Mark.SENSOR_FAULT, Mark.FORCED]),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(SAMPLES, st.integers(0, 12)), max_size=30), st.lists(st.integers(0, 30), max_size=4))
def test_derived_samples_are_those_of_a_plain_reading_however_batches_are_cut(
    given_: Sequence[tuple[tuple[str, float, Quality, Mark], int]], cuts: list[int]
) -> None:
    now, samples = 1_000 * SECOND, []
    for (name, value, quality, mark), later in given_:
        now += later * SECOND
        samples.append(sample(name, value, now, quality, mark))
    naive = Naive()
    wanted = [each for row in samples for each in naive.take(row)]
    columns = derived()
    edges = [0, *sorted(min(cut, len(samples)) for cut in cuts), len(samples)]
    got = [each for low, high in pairwise(edges) for each in columns.extend(Batch.of(samples[low:high])).samples()]
    # A set for a level: within it, which comes first says nothing.
    assert sorted(map(repr, got)) == sorted(map(repr, wanted))
    assert [each for each in got if each.slot in {SLOTS[read.name] for read in READ}] == samples


def test_a_derived_sample_stands_right_behind_the_one_that_brought_it() -> None:
    columns = derived()
    columns.extend(Batch.of([sample("b", 3), sample("c", 1)]))
    batch = columns.extend(Batch.of([sample("a", 2, 7, mark=Mark.INITIAL), sample("c", 4, 8)]))
    names = [name for name, _, _ in told(batch)]
    assert names[0] == "a"
    assert names.index("c") > names.index("power")
    assert names.index("total") > names.index("power")
    assert told(batch)[-1][:2] == ("total", 14.0)
    power = next(each for each in batch.samples() if each.slot == SLOTS["power"])
    assert (power.value, power.source_time, power.received_time, power.mark) == (6, 2, 7, Mark.INITIAL)


def test_what_an_expression_decides_without_an_unknown_input_is_uncertain_and_the_rest_bad_with_its_last_value() -> None:
    columns = derived()
    columns.extend(Batch.of([sample("a", 2), sample("b", 3)]))
    batch = columns.extend(Batch.of([sample("a", math.nan, 1, Quality.BAD), sample("b", 9, 2)]))
    assert [each for each in told(batch) if each[0] in ("power", "any")] == [
        ("power", 6, Quality.BAD),
        ("any", 0, Quality.BAD),
        ("power", 6, Quality.BAD),
        ("any", 1, Quality.UNCERTAIN),
    ]


def test_nothing_follows_from_what_was_never_heard() -> None:
    assert told(derived().extend(Batch.of([sample("b", 3)]))) == [("b", 3, Quality.GOOD)]


def test_a_plant_without_derived_tags_and_a_batch_without_their_inputs_cost_nothing() -> None:
    batch = Batch.of([sample("a", 1)])
    assert DerivedTags(READ, SLOTS).extend(batch) is batch
    only_c = DerivedTags([*READ, tag("heat", "c * 2", "c")], SLOTS)
    assert only_c.extend(batch) is batch


def test_texts_and_tickets_of_a_batch_go_with_it() -> None:
    called: list[int] = []
    batch = Batch.of([sample("c", 1), Sample(SLOTS["b"], 1.0, Quality.GOOD, 0, 0, text="coil 7")])
    out = DerivedTags([*READ, tag("heat", "c * 2", "c")], SLOTS).extend(replace(batch, tickets=(lambda: called.append(1),)))
    assert [each.text for each in out.samples()] == [None, None, "coil 7"]
    assert len(out.tickets) == 1


def test_a_circle_is_refused_by_its_names() -> None:
    with pytest.raises(DerivedInACircle) as refused:
        DerivedTags(
            [tag("x", "y", "y"), tag("y", "z + a", "z", "a"), tag("z", "x", "x"), tag("a")], {"x": 0, "y": 1, "z": 2, "a": 3}
        )
    circle = refused.value.circle
    assert circle[0] == circle[-1]
    assert {*circle} == {"x", "y", "z"}
    follows = {"x": "y", "y": "z", "z": "x"}
    assert all(follows[one] == other for one, other in pairwise(circle))


def test_what_is_no_expression_is_refused_with_the_name_of_its_tag() -> None:
    with pytest.raises(ValueError, match="broken"):
        DerivedTags([tag("broken", "a +", "a"), tag("a")], {"broken": 0, "a": 1})


def test_a_thousand_tags_are_worked_out_together() -> None:
    tags = [tag(f"r{n}") for n in range(1_000)] + [tag(f"d{n}", f"r{n} * 2", f"r{n}") for n in range(1_000)]
    slots = {each.name: slot for slot, each in enumerate(tags)}
    batch = Batch.of([Sample(n, float(n), Quality.GOOD, 0, 0) for n in range(1_000)])
    out = DerivedTags(tags, slots).extend(batch)
    assert len(out) == 2_000
    assert np.array_equal(out.value[1::2], out.value[::2] * 2)

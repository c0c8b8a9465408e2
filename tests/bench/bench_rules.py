"""What whole scans of many rules cost, beside a plain loop over objects. By hand: `./dev bench rules`.

In all of them a scan comes once a second, values lie around 50, and one in a thousand crosses its limit for a while, so that
delays run and alarms come and go. Time is that of the process; the figure is the median of the scans.

The heap is settled as that of an agent is (`edge/runtime/heap.py`), for ours and for what is run beside it.
"""

from __future__ import annotations

import gc
import resource
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import cycle, islice
from statistics import median
from time import process_time

import numpy as np

from edge.model.moment import SECOND, Moment
from edge.model.sample import Batch
from edge.model.tag import Tag
from edge.runtime.heap import settle_heap
from rules.columns import Floats
from rules.definition import Kind, Rule
from rules.engine import Engine
from rules.layout import build_layout
from tests.bench.bench_kinds import DELAY, NO_WORDS, OTHERS, rule_of
from tests.bench.figure import Figure, table
from tests.bench.plain_rules import PlainRule, scan

START: Moment = 1_777_881_600_000_000
SCANS = 12
#: So long that the windows of the kinds over time have filled.
MIXED_SCANS = 60
FLOODS = 5
#: Above what is quiet, below what is over its limit.
_HOT = 75.0
NO_STATES: dict[float, dict[str, str]] = {}
PLAIN = "a plain loop over objects"


def tags_of(count: int) -> list[Tag]:
    """A hundred tags a device; names of devices and keys are shared, as those of a type in a plant folder are."""
    keys = [f"v{number}" for number in range(100)]
    tags: list[Tag] = []
    for number in range(-(-count // 100)):
        device = f"D{number}"
        tags += [Tag(f"{device}.{key}", device, key, "°C", NO_WORDS, stale_after=None, states=NO_STATES) for key in keys]
    return tags[:count]


def values_of(count: int) -> Iterator[Floats]:
    """One scan after the other: all values change, and one in a thousand is over its limit for four scans."""
    random = np.random.default_rng(1)
    quiet = [random.uniform(30.0, 70.0, count) for _ in range(4)]
    hot = np.arange(0, count, 1_000)
    for number, chosen in enumerate(cycle(quiet)):
        values = chosen.copy()
        if number % 8 >= 4:
            values[hot] += 50.0
        yield values


@contextmanager
def settled_heap() -> Iterator[None]:
    """As in an agent whose plant stands; afterwards what stood may go."""
    thresholds = gc.get_threshold()
    settle_heap()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*thresholds)


def batch_of(values: Floats, now: Moment) -> Batch:
    size = len(values)
    times = np.full(size, now, dtype=np.int64)
    return Batch(
        np.arange(size, dtype=np.int32), values, np.zeros(size, np.uint8), times, times.copy(), np.zeros(size, np.uint8)
    )


def scans(
    tags: Sequence[Tag],
    rules: Sequence[Rule],
    what: str,
    goal: float,
    beside_what: str = PLAIN,
    count: int = SCANS,
    ratio_goal: float | None = None,
) -> Figure:
    """Each scan of ours right before one of the plain loop's, so that a busy machine slows down both. goal: in milliseconds."""
    slots = {tag.name: slot for slot, tag in enumerate(tags)}
    words = [slots[rule.tag] for rule in rules if rule.kind is Kind.EVENT]
    engine, now, ours, theirs, events = Engine(build_layout(1, tags, rules), START), START, [], [], 0
    objects = [PlainRule(80.0, 2.0, DELAY, DELAY) for _ in rules]
    qualities = [0] * len(rules)
    with settled_heap():
        for values in islice(values_of(len(tags)), count):
            now += SECOND
            # A device's word for an event is 0 but while one happens.
            values[words] = values[words] > _HOT
            batch, listed, times = batch_of(values, now), np.resize(values, len(rules)).tolist(), [now] * len(rules)
            started = process_time()
            events += len(engine.step(now, batch, ()).events)
            ours.append(1_000 * (process_time() - started))
            started = process_time()
            scan(objects, listed, qualities, times)
            theirs.append(1_000 * (process_time() - started))
    # The first scan says what every tag shows, so nothing of it is calm; and windows must have filled.
    ours, theirs = ours[count // 10 :], theirs[count // 10 :]
    what = f"{what} ({events:,} events)"
    return Figure(what, median(ours), "ms", median(theirs), beside_what, min(ours), goal, ratio_goal)


def one_rule_a_tag(count: int) -> Figure:
    tags = tags_of(count)
    return scans(tags, [rule_of(tag, "high") for tag in tags], f"{count:,} limits, one a tag: a scan", 20, ratio_goal=0.1)


def five_rules_a_tag(count: int) -> Figure:
    """Rule after rule, not tag after tag: every value is gathered."""
    tags = tags_of(count // 5)
    rules = [rule_of(tag, f"high{n}", limit=80.0 + n) for n in range(5) for tag in tags]
    return scans(tags, rules, f"{count:,} limits, five a tag: a scan", 30)


_LIMITS = (Kind.LOW, Kind.HIGH, Kind.LOW_LOW, Kind.HIGH_HIGH)


def mixed(count: int) -> Figure:
    """70 % limits, 15 % discrete, 5 % stale, 10 % all other kinds in equal shares, some 40 of each."""
    tags = tags_of(count)
    others = cycle(OTHERS)
    rules = []
    for number, tag in enumerate(tags):
        share = number % 20
        if share < 14:
            rules.append(rule_of(tag, "limit", _LIMITS[share % 4], 80.0 if share % 2 else 5.0))
        elif share < 17:
            rules.append(rule_of(tag, "state", Kind.DISCRETE, -1.0))
        elif share < 18:
            rules.append(replace(rule_of(tag, "silent", Kind.STALE, None), stale_after=30 * SECOND))
        else:
            rules.append(next(others)(tag, tags[number - 5]))
    return scans(tags, rules, f"{count:,} mixed rules: a scan", 5, f"{PLAIN}, limits only", MIXED_SCANS)


def one_of_many(count: int) -> Figure:
    """A sample of a single tag, in microseconds; beside it: one object of the plain loop."""
    tags = tags_of(count)
    engine, now = Engine(build_layout(1, tags, [rule_of(tag, "high") for tag in tags]), START), START
    spent, none = [], np.zeros(1, np.uint8)
    for number in range(300):
        now += SECOND
        times = np.full(1, now, dtype=np.int64)
        slot = np.array([number * 97 % count], dtype=np.int32)
        batch = Batch(slot, np.array([50.0 + number % 7]), none, times, times.copy(), none.copy())
        started = process_time()
        engine.step(now, batch, ())
        spent.append(1e6 * (process_time() - started))
    return Figure(f"one changed tag among {count:,} rules", median(spent[20:]), "µs", least=min(spent), goal=100)


def flood(count: int) -> Figure:
    tags = tags_of(count)
    rules = [rule_of(tag, "high", delay=0) for tag in tags]
    spent = []
    for _ in range(FLOODS):
        engine = Engine(build_layout(1, tags, rules), START)
        engine.step(START + SECOND, batch_of(np.full(count, 50.0), START + SECOND), ())
        batch = batch_of(np.full(count, 95.0), START + 2 * SECOND)
        with settled_heap():
            started = process_time()
            events = len(engine.step(START + 2 * SECOND, batch, ()).events)
            spent.append(1_000 * (process_time() - started))
    return Figure(f"{events:,} alarms in one step, to events and records", median(spent), "ms", least=min(spent), goal=200)


def memory(count: int) -> Figure:
    """Everything that a rule needs, its tag too: the growth of the process."""
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    tags = tags_of(count)
    engine = Engine(build_layout(1, tags, [rule_of(tag, "high") for tag in tags]), START)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    each = 1_024 * (after - before) / count
    return Figure(f"memory of {len(engine.layout.rules):,} rules and their tags", each, "bytes each", goal=1_024)


def run() -> list[Figure]:
    # Memory first: what the others leave behind would hide it.
    figures = [memory(1_000_000)]
    figures += [one_rule_a_tag(1_000_000), five_rules_a_tag(1_000_000), mixed(10_000)]
    return [*figures, one_of_many(100_000), flood(10_000)]


if __name__ == "__main__":
    print(table("Rules", run()))

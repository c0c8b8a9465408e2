"""Of a tag with `on_change` the history keeps what tells something new, however the samples come in batches."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge.history.on_change import OnChange
from edge.model.moment import MINUTE, SECOND
from edge.model.sample import Batch, Mark, Quality, Sample

BANDS = (0.5, 2.0, math.nan, math.nan)
SHARES = (math.nan, math.nan, math.nan, 0.5)


@st.composite
def lots(draw: st.DrawFn) -> list[Sample]:
    samples, time = [], 0
    for _ in range(draw(st.integers(0, 60))):
        time += draw(st.sampled_from((0, SECOND, 20 * SECOND, MINUTE)))
        late = draw(st.sampled_from((0, 0, 0, 5 * SECOND)))
        value = draw(st.one_of(st.integers(-8, 8).map(lambda n: n / 4), st.just(math.nan)))
        quality = draw(st.sampled_from((Quality.GOOD, Quality.GOOD, Quality.BAD)))
        mark = draw(st.sampled_from((Mark.NONE, Mark.NONE, Mark.INITIAL)))
        samples.append(Sample(draw(st.integers(0, 3)), value, quality, time - late, time, mark))
    return samples


def kept_one_by_one(samples: Sequence[Sample]) -> list[bool]:
    """The sentence of the module, sample by sample."""
    last: dict[int, Sample] = {}
    kept = []
    for sample in samples:
        before = last.get(sample.slot)
        band, share = BANDS[sample.slot], SHARES[sample.slot]
        has_none = math.isnan(band) and math.isnan(share)
        if before is not None and not math.isnan(share):
            band = share * abs(before.value)
        late = before is not None and sample.source_time < before.source_time
        if before is None or late or has_none:
            keep = True
        else:
            both_unknown = math.isnan(sample.value) and math.isnan(before.value)
            is_equal = sample.value == before.value
            moved = not both_unknown and not is_equal and not abs(sample.value - before.value) < band
            other = (sample.quality, sample.mark) != (before.quality, before.mark)
            keep = moved or other or sample.source_time - before.source_time >= MINUTE
        if keep and not late:
            last[sample.slot] = sample
        kept.append(keep)
    return kept


@given(lots(), st.lists(st.integers(0, 60), max_size=4))
def test_what_is_kept_is_what_the_sentence_says_however_it_is_cut(samples: list[Sample], cuts: list[int]) -> None:
    on_change = OnChange(np.array(BANDS), np.array(SHARES))
    edges = sorted({0, len(samples), *(cut for cut in cuts if cut <= len(samples))})
    kept: list[bool] = []
    for start, stop in itertools.pairwise(edges):
        kept += on_change.kept(Batch.of(samples[start:stop])).tolist()
    assert kept == kept_one_by_one(samples)


def test_noise_within_the_band_is_left_out_and_a_minute_is_never_silent() -> None:
    on_change = OnChange(np.array([1.0]), np.array([math.nan]))
    noise = [Sample(0, 50 + 0.4 * (n % 2), Quality.GOOD, n * SECOND, n * SECOND) for n in range(180)]
    assert np.flatnonzero(on_change.kept(Batch.of(noise))).tolist() == [0, 60, 120]
    jump = [Sample(0, 51.0, Quality.GOOD, 181 * SECOND, 181 * SECOND)]
    assert on_change.kept(Batch.of(jump)).tolist() == [True], "a step of the band itself counts"


def test_a_slow_drift_is_kept_step_by_step() -> None:
    on_change = OnChange(np.array([1.0]), np.array([math.nan]))
    drift = [Sample(0, n * 0.25, Quality.GOOD, n * SECOND, n * SECOND) for n in range(13)]
    assert np.flatnonzero(on_change.kept(Batch.of(drift))).tolist() == [0, 4, 8, 12]


def test_a_share_is_of_the_last_value_kept() -> None:
    on_change = OnChange(np.array([math.nan]), np.array([0.01]))
    values = [100.0, 100.9, 101.0, 101.9, 102.02, 0.0, 0.0, 1e-9]
    climb = [Sample(0, value, Quality.GOOD, n * SECOND, n * SECOND) for n, value in enumerate(values)]
    assert np.flatnonzero(on_change.kept(Batch.of(climb))).tolist() == [0, 2, 4, 5, 7]

"""n of m: how many of the last `of` samples fulfil a comparison; the generalised delay timer (J. Process Control 23, 2013).

A rule on it is `high n_on` with the deadband `n_on + n_off - of - 1`: it is entered when at least `n_on` of the last `of` are
true, and left when at least `n_off` of them are false. Where nothing else is stated, n_off is `of - n_on + 1`, which is no
deadband: left as soon as fewer than `n_on` are true. With n_on = n_off = of it is an on-delay and an off-delay that count
samples.

A bad sample and a gap end the run: those before are not among the last `of`. Samples that are missing may be either. So until
`of` have come the value is known only where they make no difference: when already `n_on` are true, or `n_off` false. Before it
is not evaluable, and an alarm neither comes nor goes for what nobody has seen. Every good sample counts, also two of one
instant.

Facts: true, false: samples, at most `of` together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rules.signals.base import Heard, Said
from rules.signals.raw import Raw, RawColumns
from rules.signals.recollection import Unreadable, flag, integer
from rules.signals.sample_driven import SampleDriven, say_all

OF_MAX = 64


@dataclass(frozen=True, slots=True)
class NOfM:
    """of: 1 to 64. n_on: 1 to `of`. n_off: 0 for of - n_on + 1, or that to `of`. ValueError where one is outside."""

    tag: str
    raw: Raw
    n_on: int
    of: int
    n_off: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.of <= OF_MAX:
            raise ValueError(f"{self.tag}: n of m looks at the last 1 to {OF_MAX} samples, not {self.of}")
        if not 1 <= self.n_on <= self.of:
            raise ValueError(f"{self.tag}: n of m can wait for 1 to {self.of} true of {self.of}, not for {self.n_on}")
        if self.n_off and not self.least_off <= self.n_off <= self.of:
            raise ValueError(
                f"{self.tag}: {self.n_on} of {self.of} can end with {self.least_off} to {self.of} false, not with {self.n_off}"
            )

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.tag,)

    @property
    def least_off(self) -> int:
        """So many false ones exclude that it is entered again at once."""
        return self.of - self.n_on + 1

    @property
    def deadband(self) -> float:
        """Of the rule `high n_on`."""
        return float((self.n_off or self.least_off) - self.least_off)


class NOfMBank(SampleDriven):
    """bits: by place, the newest sample as the lowest, 1 for true. seen: how many of them there are, at most `of`."""

    def __init__(self, signals: Sequence[NOfM]) -> None:
        super().__init__(len(signals))
        self._raw = RawColumns([signal.raw for signal in signals])
        self._of = np.array([signal.of for signal in signals], dtype=np.int64)
        self._n_on = np.array([signal.n_on for signal in signals], dtype=np.int64)
        self._n_off = np.array([signal.n_off or signal.least_off for signal in signals], dtype=np.int64)
        self._mask = np.array([(1 << signal.of) - 1 for signal in signals], dtype=np.uint64)
        self._bits = np.zeros(len(signals), dtype=np.uint64)
        self._seen = np.zeros(len(signals), dtype=np.int64)

    def hear(self, heard: Heard) -> Said:
        places, good = heard.places, heard.good
        _, now = self._raw.take(places, heard.value, good)
        before = np.where(heard.gap | ~good, 0, self._bits[places])
        seen = np.where(heard.gap | ~good, 0, self._seen[places])
        bits = np.where(good, ((before << np.uint64(1)) | now) & self._mask[places], 0).astype(np.uint64)
        seen = np.where(good, np.minimum(seen + 1, self._of[places]), 0)
        self._bits[places], self._seen[places] = bits, seen
        true = np.bitwise_count(bits).astype(np.int64)
        known = (seen == self._of[places]) | (true >= self._n_on[places]) | (seen - true >= self._n_off[places])
        return say_all(true.astype(np.float64), good & known)

    def memory(self, place: int) -> Mapping[str, Any] | None:
        holds, seen = bool(self._raw.holds[place]), int(self._seen[place])
        if not seen and not holds:
            return None
        return {"holds": holds, "bits": int(self._bits[place]), "seen": seen}

    def recall(self, place: int, memory: Mapping[str, Any]) -> None:
        try:
            holds, seen = flag(memory, "holds"), integer(memory, "seen", int(self._of[place]))
            bits = integer(memory, "bits", (1 << seen) - 1)
        except Unreadable:
            return
        self._raw.holds[place], self._bits[place], self._seen[place] = holds, bits, seen

    def facts(self, place: int) -> Mapping[str, float | str | None]:
        true = int(self._bits[place]).bit_count()
        return {"true": true, "false": int(self._seen[place]) - true}

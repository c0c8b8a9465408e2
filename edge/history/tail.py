"""The tail: samples that are in no segment yet, in memory."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from edge.history.on_change import OnChange
from edge.model.sample import Batch


class Tail:
    """`append` is for the thread of the event loop and waits for nobody; the rest is called under the history's lock. So
    nothing on the way of an alarm waits for a disk or a question.

    rows_max: what it holds at most; what comes beyond that is dropped."""

    def __init__(self, rows_max: int) -> None:
        self._rows_max = rows_max
        self._incoming: deque[Batch] = deque()
        self._parts: list[Batch] = []
        # Each counter is written by one side alone: by `append`, or under the lock.
        self._appended = 0
        self._settled = 0
        self._overflowed = 0
        self._given_up = 0
        self.kept_total = 0
        self.left_out_total = 0
        self.rows = 0

    @property
    def dropped_total(self) -> int:
        return self._overflowed + self._given_up

    @property
    def rows_waiting(self) -> int:
        """All that is not in a segment."""
        return self.rows + self._appended - self._settled

    def append(self, batch: Batch) -> None:
        if self.rows_waiting + len(batch) > self._rows_max:
            self._overflowed += len(batch)
            return
        self._appended += len(batch)
        self._incoming.append(batch)

    def settle(self, on_change: OnChange) -> None:
        """Decide what is kept of that which has come."""
        came = []
        while self._incoming:
            came.append(self._incoming.popleft())
        if not came:
            return
        batch = Batch.join(came)
        kept = _only(batch, on_change.kept(batch))
        self.rows += len(kept)
        self._settled += len(batch)
        self.kept_total += len(kept)
        self.left_out_total += len(batch) - len(kept)
        if len(kept):
            self._parts.append(kept)

    def parts(self) -> tuple[Batch, ...]:
        """What was settled, in order."""
        return tuple(self._parts)

    def release(self, parts: int) -> None:
        """The first parts are in a segment now."""
        self.rows -= sum(len(part) for part in self._parts[:parts])
        del self._parts[:parts]

    def give_up_eldest(self, rows_max: int) -> None:
        """Drop the eldest rows until at most so many are left."""
        while (over := self.rows - rows_max) > 0:
            eldest = self._parts[0]
            gone = min(over, len(eldest))
            self._parts[:1] = [eldest.cut(gone, len(eldest))] if gone < len(eldest) else []
            self.rows -= gone
            self._given_up += gone


def _only(batch: Batch, mask: NDArray[np.bool_]) -> Batch:
    if mask.all():
        return batch
    texts = {}
    if batch.text:
        place = np.cumsum(mask) - 1
        texts = {int(place[row]): text for row, text in batch.text.items() if mask[row]}
    return Batch(
        slot=batch.slot[mask],
        value=batch.value[mask],
        quality=batch.quality[mask],
        source_time=batch.source_time[mask],
        received_time=batch.received_time[mask],
        mark=batch.mark[mask],
        text=texts,
    )

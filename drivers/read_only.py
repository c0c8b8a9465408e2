"""For drivers that write nothing: a replay has nobody to write to."""

from __future__ import annotations

from drivers.base import WriteAnswer, WriteEnd


class ReadOnly:
    """The writing half of `Driver`, as a no."""

    async def write(self, tag: str, value: float | str) -> WriteAnswer:
        return WriteAnswer(WriteEnd.REFUSED, "this driver writes nothing")

    async def read_back(self, tag: str) -> float | str | None:
        return None

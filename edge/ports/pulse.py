"""Where the pulses of other gateways come in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from edge.model.pulse import Unfit

#: Given the text of a pulse, why it is not believed; None: it is, and the sender may be told so.
Judge = Callable[[str], Unfit | None]


class PulseLink(Protocol):
    """A place at which other gateways say that they live."""

    async def listen(self, judge: Judge, opened: Callable[[], None]) -> None:
        """For ever, until it is cancelled. opened: called once pulses can come. Raises ConnectionLost when the place cannot be
        opened: its port is taken, or its address is not ours."""

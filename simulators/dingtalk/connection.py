"""One stream connection, as the shell that owns its socket sees it.

OPEN -> DRAINING -> CLOSED
         disconnect frame sent: nothing more is delivered, the end comes 10 s later
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum


class State(StrEnum):
    OPEN = "open"
    DRAINING = "draining"
    CLOSED = "closed"


@dataclass(slots=True, eq=False)
class Connection:
    """topics: what it subscribed to. zombie: open, and nothing comes out of it any more. on_frame: set by the shell;
    called after a frame was put in, and after the cloud closed the connection. It may call `take` and `receive` at once.
    """

    connection_id: str
    topics: frozenset[str]
    opened_us: int
    on_receive: Callable[[Connection, str, int], None]
    on_close: Callable[[Connection, int], None]
    ping_due_us: int | None = None
    closes_us: int | None = None
    state: State = State.OPEN
    zombie: bool = False
    on_frame: Callable[[], None] | None = None
    _frames: deque[str] = field(default_factory=deque)

    @property
    def is_closed(self) -> bool:
        return self.state is State.CLOSED

    @property
    def waiting(self) -> int:
        """How many frames nobody has taken yet."""
        return len(self._frames)

    def take(self) -> list[str]:
        """The frames waiting for the app, in order; they are gone from here then."""
        frames = list(self._frames)
        self._frames.clear()
        return frames

    def receive(self, text: str, now_us: int) -> None:
        """A text frame from the app. Never raises for a bad one: the ledger tells."""
        if not self.is_closed:
            self.on_receive(self, text, now_us)

    def close(self, now_us: int) -> None:
        """The app closed the connection, or its socket broke. Closing twice is nothing."""
        self.on_close(self, now_us)

    def put(self, frame: str) -> None:
        self._frames.append(frame)
        self.signal()

    def signal(self) -> None:
        if self.on_frame is not None:
            self.on_frame()

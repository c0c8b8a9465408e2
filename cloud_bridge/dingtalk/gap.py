"""A gap of the way back: presses in it are lost on DingTalk's side, and the phone shows so. The inbox hears of it (HeardAgain),
and the response draws all open cards again."""

from __future__ import annotations

import structlog

from cloud_bridge.base import Take
from edge.model.command import HeardAgain, InboxRow
from edge.model.errors import StoreError
from edge.model.moment import SECOND, Moment, Span
from edge.ports import Clock

log = structlog.get_logger()

#: Shorter gaps are those of a reconnection: too short for somebody to have pressed and looked away.
GAP_MIN: Span = 10 * SECOND


class Gap:
    """since: from when on presses are lost for which no card was drawn again; None: from no time on."""

    def __init__(self, clock: Clock, since: Moment | None) -> None:
        self._clock = clock
        self._since = since

    def begin(self, since: Moment) -> None:
        """One that is not told yet goes on."""
        self._since = since if self._since is None else self._since

    async def tell(self, take: Take) -> bool:
        """Once a gap. False when the disk refuses: to be tried again."""
        since, now = self._since, self._clock.now()
        if since is None:
            return True
        self._since = None
        if now - since < GAP_MIN:
            return True
        try:
            await take(InboxRow("dingtalk", f"heard-again-{now}", "system", HeardAgain("dingtalk", since), now))
        except StoreError as error:
            log.error("a gap is not on record yet", channel="dingtalk", reason=str(error))
            self._since = since
        return self._since is None

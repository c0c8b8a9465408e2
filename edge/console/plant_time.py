"""The plant's clock: moments as the people of the plant read them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class PlantTime:
    """zone: of the plant. now: what its clock shows, as an ISO text."""

    zone: str
    now: str

    @property
    def date(self) -> str:
        return f"{self._local(self.now):%Y-%m-%d}"

    def shown(self, iso: str | None) -> str:
        """`08:05:30` for today, `05-04 08:05:30` for another day, empty for None; local time of the plant."""
        if iso is None:
            return ""
        at = self._local(iso)
        return f"{at:%H:%M:%S}" if at.date() == self._local(self.now).date() else f"{at:%m-%d %H:%M:%S}"

    def minute(self, iso: str) -> str:
        """`2026-05-04 08:05`, whatever day it is."""
        return f"{self._local(iso):%Y-%m-%d %H:%M}"

    def on_axis(self, iso: str) -> int:
        """Milliseconds for a time axis drawn in UTC, so that it shows the plant's local time wherever the browser is."""
        local = self._local(iso)
        offset = local.utcoffset()
        assert offset is not None
        return round((local.timestamp() + offset.total_seconds()) * 1_000)

    def moment(self, local: str) -> str:
        """What somebody chose on the plant's clock, `2026-05-04T08:05`, as an ISO text with its offset."""
        return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(self.zone)).isoformat()

    def seconds_since(self, iso: str) -> float:
        """Negative for what is still to come."""
        return (datetime.fromisoformat(self.now) - datetime.fromisoformat(iso)).total_seconds()

    def _local(self, iso: str) -> datetime:
        return datetime.fromisoformat(iso).astimezone(ZoneInfo(self.zone))


def milliseconds(iso: str) -> int:
    """Since 1970, as browsers count."""
    return round(datetime.fromisoformat(iso).timestamp() * 1_000)

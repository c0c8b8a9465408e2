"""Hang-tags: a person says that nobody may work this device from here, because somebody's hands are in it. Pure.

    ── a person hangs it, with order, telephone and reason ──▶ hanging ── its hanger, or who is in charge with a reason ──▶ gone

While any hangs, nothing is written to the device. Several may hang, each for its own person; the last that goes frees the
device, and none goes by itself. **It is not the physical lock**: it stops what Andon writes, and nothing else. Who works at a
machine locks out its energy at the isolator.

Not here: what becomes of writes meanwhile (writing.py asks `locked_by`), and what people hear of a tag (lines.py on cards,
old_hang_tags.py of one that hangs for long).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from edge.model.command import Hang, HangTagCommand, InboxRow, Rejection, RemoveHangTag, body_kind
from edge.model.event import Event, Stream
from edge.model.moment import HOUR, Moment, Span

#: The records of hang-tags are called so, after the name of their device.
HANG_TAGS = "hang_tags"
OF_A_DEVICE_MAX = 50
TEXT_MAX = 200
#: One that hangs for longer is to be looked at: is anybody still working there?
OLD_AFTER: Span = 12 * HOUR


@dataclass(frozen=True, slots=True)
class HangTag:
    """name: `PUMP_1~3`, never used again. by: a person's id. order: number of the work order or permit. told_old: people were
    asked whether it still has to hang."""

    name: str
    device: str
    by: str
    since: Moment
    order: str
    phone: str
    reason: str
    told_old: bool = False

    def is_old(self, now: Moment) -> bool:
        return now - self.since > OLD_AFTER


class HangTags:
    """All that hang. devices: those of the plant. A tag of a device that is gone stays until somebody takes it off."""

    def __init__(self, devices: Mapping[str, object]) -> None:
        self._devices = devices
        self._hanging: dict[str, tuple[HangTag, ...]] = {}
        self._counts: dict[str, int] = {}
        self._changed: set[str] = set()

    def hanging(self, device: str) -> tuple[HangTag, ...]:
        """The eldest first."""
        return self._hanging.get(device, ())

    def all(self) -> tuple[HangTag, ...]:
        return tuple(tag for device in sorted(self._hanging) for tag in self._hanging[device])

    def locked_by(self, device: str) -> str | None:
        """Whose tag locks it against writes: the eldest one's."""
        tags = self.hanging(device)
        return tags[0].by if tags else None

    @property
    def next_due(self) -> Moment | None:
        """When the next one has hung for long."""
        return min((tag.since + OLD_AFTER + 1 for tag in self.all() if not tag.told_old), default=None)

    def take_old(self, now: Moment) -> tuple[HangTag, ...]:
        """Those that have hung for long and were not taken before: each once, over any restart."""
        old = tuple(tag for tag in self.all() if not tag.told_old and tag.is_old(now))
        for device in {tag.device for tag in old}:
            told = (replace(tag, told_old=True) if tag in old else tag for tag in self.hanging(device))
            self._put(device, tuple(told))
        return old

    def load(self, device: str, record: Mapping[str, Any]) -> None:
        self._counts[device] = record["count"]
        if record["tags"]:
            self._hanging[device] = tuple(HangTag(**tag) for tag in record["tags"])

    def take_changes(self) -> dict[str, Mapping[str, Any]]:
        """By record key."""
        changed, self._changed = sorted(self._changed), set()
        return {f"{device}#{HANG_TAGS}": self._record(device) for device in changed}

    def answer(self, row: InboxRow, command: HangTagCommand, now: Moment) -> Event:
        """The event that ends the command."""
        if isinstance(command, Hang):
            return self._hang(row, command, now)
        return self._remove(row, command, now)

    def _hang(self, row: InboxRow, command: Hang, now: Moment) -> Event:
        refused = self._refuse(command)
        if refused is not None:
            return _rejected(row, command.device, refused, now)
        count = self._counts.get(command.device, 0) + 1
        name = f"{command.device}~{count}"
        tag = HangTag(name, command.device, row.actor, now, command.order, command.phone, command.reason)
        self._counts[command.device] = count
        self._put(command.device, (*self.hanging(command.device), tag))
        data = {"tag": name, "order": tag.order, "phone": tag.phone, "reason": tag.reason}
        return _answer(row, "hang_tag_hung", command.device, data, now)

    def _refuse(self, command: Hang) -> Rejection | None:
        reasons = (
            (command.device not in self._devices, Rejection.UNKNOWN_DEVICE),
            (not command.order.strip(), Rejection.PERMIT_MISSING),
            (not command.reason.strip(), Rejection.REASON_MISSING),
            (max(map(len, (command.order, command.phone, command.reason))) > TEXT_MAX, Rejection.COMMENT_TOO_LONG),
            (len(self.hanging(command.device)) >= OF_A_DEVICE_MAX, Rejection.TOO_MANY_HANG_TAGS),
        )
        return next((rejection for applies, rejection in reasons if applies), None)

    def _remove(self, row: InboxRow, command: RemoveHangTag, now: Moment) -> Event:
        device = command.tag.rpartition("~")[0]
        tag = next((each for each in self.hanging(device) if each.name == command.tag), None)
        if tag is None:
            return _rejected(row, device, Rejection.UNKNOWN_HANG_TAG, now)
        if row.actor != tag.by and not command.in_charge:
            return _rejected(row, device, Rejection.NOT_YOUR_HANG_TAG, now)
        if row.actor != tag.by and not command.reason.strip():
            return _rejected(row, device, Rejection.REASON_MISSING, now)
        self._put(device, tuple(each for each in self.hanging(device) if each is not tag))
        data = {"tag": tag.name, "hung_by": tag.by, "reason": command.reason}
        return _answer(row, "hang_tag_removed", device, data, now)

    def _put(self, device: str, tags: tuple[HangTag, ...]) -> None:
        self._changed.add(device)
        if tags:
            self._hanging[device] = tags
        else:
            del self._hanging[device]

    def _record(self, device: str) -> dict[str, Any]:
        return {"count": self._counts[device], "tags": [asdict(tag) for tag in self.hanging(device)]}


def _rejected(row: InboxRow, subject: str, reason: Rejection, now: Moment) -> Event:
    return _answer(row, "rejected", subject, {"command": body_kind(row.body), "reason": str(reason)}, now)


def _answer(row: InboxRow, kind: str, subject: str, data: Mapping[str, Any], now: Moment) -> Event:
    named = {"by": row.actor, "via": row.source, **data}
    return Event(Stream.PLANT, kind, subject, now, named, (row.source, row.message_id))

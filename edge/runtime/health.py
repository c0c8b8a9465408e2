"""How the gateway itself is, as samples of the device `system`, so that a rule can do something about it on the spot.

That a critical alert reaches nobody must be heard in the plant, and not by way of the cloud. The figures are asked for in a
rhythm and enter like those of any device. One that nobody can tell just now is bad, never an old one.

    uplink               1 while every channel delivers; 0 when one has accepted nothing for 10 s of trying
    uplink_CHANNEL       the same of one channel: its alarm is told by another one
    undelivered_critical raises of priority critical that wait for longer than `undelivered_after`, and those that the cloud
                         refused to everybody, for as long as the alarm stands and nobody has acknowledged it
    outbox_waiting       messages that wait, or are under way
    disk_free            of the disk of the data folder, in percent
    journal_refused      1 while the store takes no rows
    clock_steps          how often the wall clock jumped since the start
    writes_failed        writes of the last hour that the device refused, or after which it shows another value
    writes_unknown       writes of the last hour of which nobody knows whether they were done
    foreign_presses      presses of the last hour on cards that this gateway never made: another one uses its application
    quota_left           of the clouds' monthly quotas, in percent of the one of which least is left
    quota_lasts          1 while, at the pace of the last seven days, all of them last to the month's end
    balance              1 while SMS and calls can be had: the cloud has not said that the balance is empty, and the plant's own
                         cap of the day is not reached

The writes are counted over an hour, not until somebody acknowledges them: that is what the alarm of a rule on them is for. They
are counted from the records of points, so a restart forgets none; of each point the last ten that have ended count.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields

from cloud_bridge.quota.statement import QuotaHealth
from edge.config.system import SystemConnection, uplink_of
from edge.model.errors import StoreError
from edge.model.moment import HOUR, Moment, Span
from edge.model.sample import Batch, Quality, Sample
from edge.model.tag import SESSION, Device, tag_name
from edge.ports import Clock
from edge.response.point import WriteTrouble
from edge.store.overview import Waiting

#: Writes that went wrong count for so long.
WRITES_COUNT_FOR: Span = 1 * HOUR


@dataclass(frozen=True, slots=True)
class Health:
    """By the keys of the tags; None: nobody can tell now. uplinks: by channel."""

    uplink: float | None
    undelivered_critical: float | None
    outbox_waiting: float | None
    disk_free: float | None
    journal_refused: float
    clock_steps: float
    writes_failed: float
    writes_unknown: float
    foreign_presses: float
    quota_left: float | None
    quota_lasts: float | None
    balance: float | None
    uplinks: Mapping[str, float]

    def by_tag(self) -> dict[str, float | None]:
        figures = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "uplinks"}
        return {**figures, **{uplink_of(channel): figure for channel, figure in self.uplinks.items()}}


@dataclass(frozen=True, slots=True)
class Vitals:
    """Where the figures come from. waiting: of the outbox, counting as late what was wanted before a moment; raises StoreError.
    failing: by channel, whether it has failed for a while. disk_free: in percent; None where there is no disk. trouble:
    with writes that have ended since a moment. is_unanswered: whether an occurrence of an alarm stands and nobody has
    acknowledged it. foreign_presses: on cards that are not ours, since a moment. quotas: None where no cloud counts."""

    waiting: Callable[[Moment], Awaitable[Waiting]]
    failing: Callable[[], Mapping[str, bool]]
    disk_free: Callable[[], Awaitable[float | None]]
    journal_refused: Callable[[], bool]
    clock_steps: Callable[[], int]
    trouble: Callable[[Moment], WriteTrouble]
    is_unanswered: Callable[[str, int], bool]
    foreign_presses: Callable[[Moment], int]
    quotas: Callable[[], QuotaHealth | None]


async def tell_health(
    device: Device, vitals: Vitals, slots: Mapping[str, int], clock: Clock, offer: Callable[[Batch], Awaitable[None]]
) -> None:
    """For ever."""
    connection = device.connection
    assert isinstance(connection, SystemConnection)
    now = clock.now()
    await offer(Batch.of([Sample(slots[tag_name(device.name, SESSION)], 1.0, Quality.GOOD, now, now)]))
    while True:
        now = clock.now()
        health = await look(vitals, now - connection.undelivered_after, now - WRITES_COUNT_FOR)
        await offer(samples_of(health, device.name, slots, now))
        await clock.sleep_until(now + connection.every)


def samples_of(health: Health, device: str, slots: Mapping[str, int], now: Moment) -> Batch:
    """All figures at once, in the order of `Health`."""
    return Batch.of(
        Sample(
            slots[tag_name(device, key)],
            math.nan if value is None else float(value),
            Quality.BAD if value is None else Quality.GOOD,
            now,
            now,
        )
        for key, value in health.by_tag().items()
    )


async def figures(vitals: Vitals, now: Moment) -> Mapping[str, float]:
    """For who watches from elsewhere; what nobody can tell now is left out."""
    health = await look(vitals, now - SystemConnection().undelivered_after, now - WRITES_COUNT_FOR)
    return {name: float(value) for name, value in health.by_tag().items() if value is not None}


async def look(vitals: Vitals, late_before: Moment, ended_since: Moment) -> Health:
    """How it is now. late_before: what was wanted before it and still waits is not delivered. ended_since: writes count that
    have ended since."""
    waiting: Waiting | None = None
    with suppress(StoreError):  # the pipeline says so; here the counts turn bad
        waiting = await vitals.waiting(late_before)
    failing, trouble = vitals.failing(), vitals.trouble(ended_since)
    quotas = vitals.quotas()
    undelivered = None
    if waiting is not None:
        undelivered = waiting.critical_late + sum(vitals.is_unanswered(*refused) for refused in waiting.critical_refused)
    return Health(
        uplink=float(not any(failing.values())) if failing else None,
        undelivered_critical=undelivered,
        outbox_waiting=None if waiting is None else waiting.total,
        disk_free=await vitals.disk_free(),
        journal_refused=float(vitals.journal_refused()),
        clock_steps=vitals.clock_steps(),
        writes_failed=trouble.failed,
        writes_unknown=trouble.unknown,
        foreign_presses=vitals.foreign_presses(ended_since),
        quota_left=None if quotas is None else quotas.left,
        quota_lasts=None if quotas is None else float(quotas.lasts),
        balance=None if quotas is None else float(quotas.balance),
        uplinks={channel: float(not fails) for channel, fails in failing.items()},
    )

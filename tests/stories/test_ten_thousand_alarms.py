"""Ten thousand alarms in one second, through engine, store, response and delivery to the stand-in in memory: what is critical
is told at once, no robot is too fast, all else is in digests, and the list has every one."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace

import pytest

from drivers.manual.config import ManualConnection
from edge.config.plant import Plant
from edge.model.alarm import Priority
from edge.model.event import JournalRow
from edge.model.intent import Purpose
from edge.model.moment import MINUTE, SECOND, Moment, Span, from_iso
from edge.model.sample import Batch, Quality, Sample
from edge.ports import Clock
from edge.response.policy import Route
from edge.runtime.clock import SteadyClock
from edge.runtime.virtual import VirtualClock, run_virtually
from edge.scenario.stage import Stage
from tests.api_gateway import load_mill
from tests.large_plant import LIMIT, large_plant

START = from_iso("2026-05-04T08:00:00+08:00")
#: More than one robot may tell of in a minute.
CRITICAL = 30
OTHERS = frozenset({Priority.HIGH, Priority.MEDIUM, Priority.LOW})
ROUTES = (
    Route(
        "urgent",
        ("team:maintenance", "group:crm_maintenance", "group:board"),
        priorities=frozenset({Priority.CRITICAL}),
    ),
    Route("everything else", ("person:shift_fitter_b", "group:board"), priorities=OTHERS),
)


def upset_plant(alarms: int) -> Plant:
    """As many rules, on devices that no driver reads; a few of them critical. The board has a robot and nothing else."""
    made = large_plant(load_mill(), devices=alarms // 100, tags_each=100)
    every = len(made.rules) // CRITICAL
    rules = tuple(
        replace(rule, priority=Priority.CRITICAL) if number % every == 0 and number // every < CRITICAL else rule
        for number, rule in enumerate(made.rules)
    )
    devices = {
        name: replace(device, driver="of_no_driver", connection=ManualConnection()) for name, device in made.devices.items()
    }
    directory = made.policy.directory
    board = replace(directory.groups["crm_maintenance"], id="board", addresses={"dingtalk": {"group": "board"}}, mention=())
    dingtalk = made.channels["dingtalk"]
    like = dingtalk.groups["crm_maintenance"]
    robot = like.webhook.model_copy(update={"token": "${env:BOARD_TOKEN}"})
    groups = dingtalk.groups | {"board": like.model_copy(update={"conversation_id": None, "webhook": robot})}
    policy = replace(
        made.policy,
        rules={rule.id: rule for rule in rules},
        routes=ROUTES,
        devices=devices,
        directory=replace(directory, groups=directory.groups | {"board": board}),
    )
    channels = dict(made.channels) | {"dingtalk": dingtalk.model_copy(update={"groups": groups})}
    return replace(made, rules=rules, devices=devices, policy=policy, channels=channels)


@dataclass
class Upset:
    """What became of it. requested: when the cloud was first asked to tell of an alarm, by alarm. messages: when the robot of
    the board sent one; no other sends any. waiting: what was not told in the end."""

    plant: Plant
    journal: Sequence[JournalRow]
    standing: set[str]
    requested: dict[str, Moment]
    messages: list[Moment]
    waiting: int

    def subjects(self, kind: str) -> Counter[str]:
        return Counter(row.event.subject for row in self.journal if row.event.kind == kind)

    def latency(self) -> dict[str, Span]:
        """From the raise of each critical alarm until the cloud was asked."""
        raised = {row.event.subject: row.event.time for row in self.journal if row.event.kind == "raised"}
        critical = [rule.id for rule in self.plant.rules if rule.priority is Priority.CRITICAL]
        return {alarm: self.requested[alarm] - raised[alarm] for alarm in critical}


async def upset(plant: Plant, clock: Clock, *, watched_for: Span) -> Upset:
    """Everything goes over its limit within one second, a tenth of it at a time."""
    stage = Stage(plant, clock)
    await stage.open()
    tags = [rule.tag for rule in plant.rules]
    begin = clock.now()
    for part in range(10):
        now = clock.now()
        samples = [Sample(stage.gateway.slots[tag], LIMIT + 20, Quality.GOOD, now, now) for tag in tags[part::10]]
        await stage.gateway.pipeline.offer(Batch.of(samples))
        await clock.sleep_until(begin + (part + 1) * SECOND // 10)
    await clock.sleep_until(begin + watched_for)
    became = Upset(
        plant=plant,
        journal=[row async for row in _journal(stage)],
        standing={view.rule.id for view in stage.gateway.standing()},
        requested=_requested(stage),
        messages=[entry.time_us for entry in stage.cloud.cloud.ledger if entry.name == "robot/send"],
        waiting=sum(queue.waiting for queue in stage.store.queues()),
    )
    await stage.close()
    return became


async def _journal(stage: Stage) -> AsyncIterator[JournalRow]:
    after = 0
    while rows := await stage.gateway.journal(after, 10_000):
        for row in rows:
            yield row
        after = rows[-1].sequence


def _requested(stage: Stage) -> dict[str, Moment]:
    first: dict[str, Moment] = {}
    for attempt in reversed(stage.store.deliveries(1_000)):
        if attempt.purpose == Purpose.RAISED:
            first.setdefault(attempt.alarm, attempt.started_at)
    return first


def check(became: Upset, *, within: Span = 5 * SECOND) -> None:
    """within: how soon the cloud is asked to tell of what is critical."""
    alarms = {rule.id for rule in became.plant.rules}
    critical = {rule.id for rule in became.plant.rules if rule.priority is Priority.CRITICAL}
    assert max(became.latency().values()) < within
    assert len(became.messages) > 18, "more than the robot may send in a minute"
    assert all(later - earlier >= MINUTE for earlier, later in zip(became.messages, became.messages[18:], strict=False))
    assert became.subjects("folded") == Counter(alarms - critical), "all else is in a digest, once"
    assert became.requested.keys() == critical
    assert became.subjects("raised") == Counter(alarms)
    assert became.standing == alarms, "nothing is missing in the list"
    assert became.waiting == 0
    assert not became.subjects("refused") and not became.subjects("expired")


def test_a_thousand_alarms_in_a_second_wake_people_for_what_is_critical_and_keep_the_rest_together() -> None:
    async def main(clock: VirtualClock) -> Upset:
        return await upset(upset_plant(1_000), clock, watched_for=3 * MINUTE)

    check(run_virtually(main, START))


@pytest.mark.soak
def test_ten_thousand_alarms_in_a_second() -> None:
    async def main(clock: VirtualClock) -> Upset:
        return await upset(upset_plant(10_000), clock, watched_for=3 * MINUTE)

    check(run_virtually(main, START))


@pytest.mark.soak
def test_ten_thousand_alarms_in_a_second_of_real_time() -> None:
    """The figure depends on the machine: all of it, devices, gateway and cloud, is one thread here. It is printed; what is
    promised is that nothing is lost and no robot blocked."""
    became = asyncio.run(upset(upset_plant(10_000), SteadyClock(), watched_for=2 * MINUTE))
    latency = sorted(became.latency().values())
    print(f"critical alarms requested after {latency[0] / SECOND:.2f} to {latency[-1] / SECOND:.2f} s")
    print(f"{len(became.messages)} messages of the robot, {became.subjects('folded').total()} alarms in digests")
    check(became, within=MINUTE)

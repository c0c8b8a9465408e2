"""Receipts of tellings are read together: each by itself would be a commit that the next alarm has to wait for."""

from __future__ import annotations

from edge.crash import hooked
from edge.model.event import JournalRow
from edge.model.moment import MILLISECOND, SECOND, from_iso
from edge.ports import ResponseCommit
from edge.runtime.pipeline import RECEIPTS_WITHIN
from edge.runtime.virtual import VirtualClock, run_virtually
from edge.scenario.stage import Stage
from edge.store.database import open_database
from edge.store.store import SqliteStore
from simulators.dingtalk.faults import Fault, FaultKind
from simulators.dingtalk.routes import CallName
from tests.simulation.play import load_plant

START = from_iso("2026-05-04T08:00:00+08:00")


class CountingStore(SqliteStore):
    """consumed: by each commit of the response that read receipts, how many."""

    consumed: list[int]

    def commit_response(self, commit: ResponseCommit) -> list[JournalRow]:
        if commit.consumed:
            self.consumed.append(len(commit.consumed))
        return super().commit_response(commit)


def test_what_several_phones_have_got_is_one_commit_and_none_is_lost() -> None:
    settled_at: list[int] = []

    async def main(clock: VirtualClock) -> None:
        plant = load_plant()
        store = CountingStore(open_database(None), site=plant.site, agent=plant.agent, now=clock.now())
        store.consumed = []
        stage = Stage(plant, clock, store=store)
        await stage.open()
        await clock.sleep_until(clock.now() + 10 * SECOND)
        store.consumed.clear()
        late = Fault(FaultKind.DELAY, CallName.CARD_CREATE_AND_DELIVER, 1, delay_us=RECEIPTS_WITHIN // 2)
        stage.cloud.cloud.ask_fault(late, clock.now())
        with hooked(lambda point: settled_at.append(clock.now()) if point == "after_settle_commit" else None):
            stage.devices.set("OVEN.1.zone_temp", 700)
            await clock.sleep_until(clock.now() + 10 * SECOND)
        assert len(settled_at) == 3, "the oven's alarm is told to two persons and a group"
        assert 0 < max(settled_at) - min(settled_at) < RECEIPTS_WITHIN
        assert store.consumed == [3]
        await stage.close()

    run_virtually(main, START)
    assert RECEIPTS_WITHIN <= 100 * MILLISECOND

"""The agent killed with `kill -9`, at random moments and at its crash points, around a raised alarm and around a press;
then started again. Nothing is lost, nothing is told twice without a mark, and the stand-in saw what outbox and journal say."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from edge.client.client import ApiRefusal, ApiUnreachable
from edge.config.plant import Plant
from edge.crash import CRASH_POINTS
from edge.demo.processes import NotReady
from tests.plant_part import MILL, part_of
from tests.stories.socket_stage import SocketStage
from tests.stories.stage import Shown

#: The machine with the alarm, what its cards tell beside it, and one that speaks MQTT: each start reads the whole folder.
DEVICES = ("CRM.AGC.HYDRAULICS", "CRM.LINE", "CRM.FUME_FAN")
ALARM, TAG = "CRM.AGC.HYDRAULICS/pressure_low", "CRM.AGC.HYDRAULICS.pressure"
#: In MPa; the alarm needs 3 s.
LOW, NORMAL = 20.0, 27.2
FITTER, LEAD, GROUP = "fitter-a", "lead-a", "cidCrmMaintenance"
#: By recipient, where the cards go.
SPACES = {
    "person:shift_fitter_a": f"dtv1.card//IM_ROBOT.{FITTER}",
    "person:shift_lead_a": f"dtv1.card//IM_ROBOT.{LEAD}",
    "group:crm_maintenance": f"dtv1.card//IM_GROUP.{GROUP}",
}
RATE = 3.0
MARKS = ("可能重复", "May be a repeat")
#: A start, its connections and what was left over, on a loaded machine; plant seconds.
SOON_S = 60 * RATE


@pytest.fixture(scope="module")
def mill(tmp_path_factory: pytest.TempPathFactory) -> Plant:
    return part_of(MILL, tmp_path_factory.mktemp("part"), DEVICES)


class Life:
    """Rounds of one alarm on one stage; each ends with everything told and checked."""

    def __init__(self, stage: SocketStage, seed: int) -> None:
        self.stage = stage
        self.lot = random.Random(seed)
        self.kills = 0
        self._rounds = 0
        self._presses: list[str] = []

    async def round(self, *, kill_raise: bool = False, kill_press: bool = False, crash_at: str | None = None) -> None:
        """One alarm from its raise over a press to its return."""
        self._rounds += 1
        if crash_at is not None:
            await self._arm(crash_at)
        await self.stage.set(TAG, LOW)
        if kill_raise:
            await self._kill_within(2.5)
        card = await self._await_card()
        if kill_press:
            await self._press(card)
            await self._kill_within(0.3)
        if crash_at is not None:
            await self._press(card)
            await self._revive()
        await self._acknowledge(card)
        await self.stage.set(TAG, NORMAL)
        await self._settled()
        await self._check()

    # --- kills ----------------------------------------------------------------------------------------------------

    async def _kill_within(self, wall_s: float) -> None:
        await self.stage.pass_time(self.lot.uniform(0, wall_s) * RATE)
        await self.stage.kill_agent()
        self.kills += 1
        await self.stage.start_agent()

    async def _arm(self, point: str) -> None:
        """Start the agent again, so that it dies at the point, at its first to third passage."""
        await self.stage.kill_agent()
        self.kills += 2
        with suppress(NotReady):  # it may die before it serves
            await self.stage.start_agent({"ANDON_CRASH": f"{point}:{self.lot.randint(1, 3)}"})

    async def _revive(self) -> None:
        """Start it again, dead or not: a point that it never passes is no excuse to go on as before."""
        await self.stage.kill_agent()
        await self.stage.start_agent()

    # --- people ---------------------------------------------------------------------------------------------------

    async def _await_card(self) -> str:
        prefix = _card_prefix(ALARM, self._rounds)

        async def look() -> str | None:
            if self.stage.agent_has_ended:
                await self.stage.start_agent()
            cards = [shown.card for shown in await self.stage.phone(FITTER) if shown.card and shown.chat == "robot"]
            return next((card for card in cards if card.startswith(prefix)), None)

        return await self.stage.eventually(f"the card of occurrence {self._rounds}", look, SOON_S)

    async def _press(self, card: str) -> None:
        with suppress(httpx.HTTPStatusError):  # the card has changed meanwhile, and the button is gone
            self._presses.append(await self.stage.press(FITTER, card, "acknowledge"))

    async def _acknowledge(self, card: str) -> None:
        """Press until the card shows it, as people do."""

        async def look() -> bool | None:
            shown = next(shown for shown in await self.stage.phone(FITTER) if shown.card == card)
            if shown.state == "acknowledged":
                return True
            if "acknowledge" in shown.buttons:
                await self._press(card)
                await self.stage.pass_time(2 * RATE)
            return None

        await self.stage.eventually("the card shows that it is acknowledged", look, SOON_S)

    # --- what must hold -------------------------------------------------------------------------------------------

    async def _settled(self) -> None:
        async def look() -> bool | None:
            with suppress(ApiUnreachable, ApiRefusal):
                counts = (await self.stage.client.deliveries(1))["counts"]
                states = {each["alarm"]: each["state"] for each in await self.stage.client.alarms(every=True)}
                is_quiet = not counts.get("waiting") and not counts.get("claimed")
                return True if is_quiet and states[ALARM] == "normal" else None
            return None

        await self.stage.eventually("all is told and normal", look, SOON_S)
        # What the last receipts lead to is written within a turn; nothing may follow it.
        await self.stage.pass_time(1)
        await self.stage.eventually("nothing follows", look, SOON_S)

    async def _check(self) -> None:
        journal = await self._journal()
        mine = [row for row in journal if row["stream"] == "alarm" and row["subject"] == ALARM]
        kinds = Counter(row["kind"] for row in mine if row["data"].get("occurrence") == self._rounds)
        assert (kinds["raised"], kinds["acknowledged"], kinds["returned"]) == (1, 1, 1), kinds
        await self._nothing_lost(mine)
        self._nothing_twice(await self.stage.phone(FITTER) + await self.stage.phone(LEAD))
        await self._ledger_agrees(journal)
        for press in self._presses:
            if (await self.stage.find_press(press))["status"] == "answered":
                assert kinds["acknowledged"] == 1, f"press {press} was answered"

    async def _journal(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        while page := await self.stage.client.journal(rows[-1]["sequence"] if rows else 0, 500):
            rows += page
        assert [row["sequence"] for row in rows] == list(range(1, len(rows) + 1))
        return rows

    async def _nothing_lost(self, rows: list[dict[str, Any]]) -> None:
        created = await self._cards_created()
        for row in rows:
            if row["kind"] == "raised":
                for recipient, space in SPACES.items():
                    times = created[_card_prefix(ALARM, row["data"]["occurrence"]), space]
                    assert times == 1, f"occurrence {row['data']['occurrence']} for {recipient}: {times} cards"
        returns = sum(row["kind"] == "returned" for row in rows)
        for person in (FITTER, LEAD):
            for chat in ("robot", GROUP):
                notices = {shown.text for shown in await self.stage.phone(person) if _is_return(shown) and shown.chat == chat}
                unmarked = {_without_marks(text) for text in notices}
                assert len(unmarked) == returns, f"{person} in {chat}: {len(unmarked)} of {returns} returns"

    async def _cards_created(self) -> Counter[tuple[str, str]]:
        """By (prefix of the card's id, space): how many cards the stand-in made."""
        entries = await self.stage.ledger(effect="card created and delivered")
        return Counter((entry["subject"].rpartition("-")[0] + "-", entry["summary"]["openSpaceId"]) for entry in entries)

    def _nothing_twice(self, phones: list[Shown]) -> None:
        seen = Counter((shown.chat, shown.text) for shown in phones if shown.form == "message" and not _is_marked(shown.text))
        for (chat, text), times in seen.items():
            # Both phones show the group's chat: once each.
            assert times == (2 if chat != "robot" else 1), f"{times} times unmarked in {chat}: {text}"
        marked = {shown.text for shown in phones if shown.form == "message" and _is_marked(shown.text)}
        assert len(marked) <= 2 * len(SPACES) * self.kills, "more marked repeats than kills can explain"

    async def _ledger_agrees(self, journal: list[dict[str, Any]]) -> None:
        page = (await self.stage.client.deliveries(500))["deliveries"]
        attempts = [each for each in page if each["attempt"]]
        cards = set(await self._cards_created())
        raised = [each for each in attempts if each["purpose"] == "raised"]
        made = {(_card_prefix(each["alarm"], each["occurrence"]), SPACES[each["recipient"]]) for each in raised}
        assert made <= cards, f"in the outbox and on no phone: {made - cards}"
        if len(page) < 500:
            assert cards == made, f"on a phone and not in the outbox: {cards - made}"
        receipts = Counter(row["subject"] for row in journal if row["stream"] == "delivery" and row["kind"] == "delivered")
        told = {each["intent"] for each in attempts if each["state"] == "delivered"}
        assert all(receipts[intent] == 1 for intent in told), "each delivered intent has its one row in the journal"


def _card_prefix(alarm: str, occurrence: int) -> str:
    """How the ids of an occurrence's cards begin; what follows tells recipients apart."""
    return f"{alarm.replace('/', '-')}-{occurrence}-"


def _is_return(shown: Shown) -> bool:
    is_mine = any(words in shown.text for words in ("系统压力低", "pressure low"))
    return shown.form == "message" and is_mine and ("已恢复" in shown.text or "OK]" in shown.text)


def _is_marked(text: str) -> bool:
    return any(mark in text for mark in MARKS)


def _without_marks(text: str) -> str:
    lines = [line for line in text.split("\n") if not _is_marked(line)]
    return "\n".join(line for line in lines if line and "late" not in line and "迟到" not in line)


@contextmanager
def lives(mill: Plant, folder: Path) -> Iterator[tuple[asyncio.Runner, SocketStage]]:
    with asyncio.Runner() as runner:
        stage = SocketStage(mill, folder, rate=RATE)
        try:
            runner.run(stage.open())
            yield runner, stage
        finally:
            runner.run(stage.close())


def test_kills_around_a_raise_and_around_a_press_lose_nothing(mill: Plant, tmp_path: Path) -> None:
    with lives(mill, tmp_path) as (runner, stage):
        life = Life(stage, seed=1)
        runner.run(life.round(kill_raise=True, kill_press=True))
        runner.run(life.round(crash_at="after_claim_commit"))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10))
def test_a_hundred_kills_at_random_moments_lose_nothing(mill: Plant, tmp_path: Path, seed: int) -> None:
    with lives(mill, tmp_path) as (runner, stage):
        life = Life(stage, seed)
        for _ in range(5):
            runner.run(life.round(kill_raise=True, kill_press=True))


@pytest.mark.soak
@pytest.mark.parametrize("commit", ["open", "inbox", "engine", "response", "claim", "settle", "touch"])
def test_a_crash_at_each_point_loses_nothing(mill: Plant, tmp_path: Path, commit: str) -> None:
    with lives(mill, tmp_path) as (runner, stage):
        life = Life(stage, seed=7)
        for point in (point for point in CRASH_POINTS if point.split("_")[1] == commit):
            runner.run(life.round(crash_at=point))
            runner.run(life.round(crash_at=point))

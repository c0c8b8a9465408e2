"""What comes back from phones, through the whole gateway on virtual time: also over cuts and crashes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from edge.crash import SimulatedCrash, hooked
from edge.model.stage import Stage as AlarmStage
from edge.runtime.virtual import VirtualClock, run_virtually
from edge.scenario.stage import Stage
from edge.starter.folder import Wish, starter_files, write_starter
from tests.stories.memory_stage import START
from tests.unit.config.folders import plant_of

HOT = "PUMP_1/bearing_hot"
FITTER, LEAD = "fitter-a", "lead-a"
TEMPLATE = "  card_template_id: andon-alarm-card.schema   # id of the card template\n"


class World:
    """The starter's plant, its phones and what its gateway has on record."""

    def __init__(self, stage: Stage, clock: VirtualClock) -> None:
        self.stage = stage
        self.clock = clock

    async def wait(self, seconds: float) -> None:
        await self.clock.sleep_until(self.clock.now() + int(seconds * 1_000_000))

    async def until(self, look: Callable[[], object], within_s: float = 30) -> None:
        deadline = self.clock.now() + int(within_s * 1_000_000)
        while not look():
            assert self.clock.now() < deadline, "the condition did not come to hold"
            await self.wait(0.1)

    async def hot(self) -> None:
        """The pump has run for a while, and its bearing runs hot."""
        await self.wait(20)
        self.stage.devices.set("PUMP_1.bearing_temp", 84)
        await self.until(lambda: self.texts(FITTER))

    def say(self, user_id: str, text: str) -> None:
        self.stage.cloud.cloud.say(user_id, "", text, self.clock.now())
        self.stage.cloud._acted.set()

    def texts(self, user_id: str, form: str = "") -> list[str]:
        """What the phone shows from the robot, eldest first."""
        chats = self.stage.cloud.cloud.phone(user_id).chats
        messages = sorted((m for chat in chats for m in chat.messages), key=lambda m: m.time_us)
        return [m.text if m.card is None else str(m.card.params) for m in messages if m.kind != "text" and form in m.kind]

    def card(self, user_id: str) -> str:
        told = [each for each in self.stage.cloud.told() if each.card is not None]
        return next(each.card for each in told if each.card and each.recipient == f"person:{user_id.replace('-', '_')}")

    def journal(self, *kinds: str) -> list[tuple[str, str]]:
        rows = self.stage.store.read_after(0, 10_000)
        return [(row.event.kind, row.event.subject) for row in rows if row.event.kind in kinds]

    @property
    def state(self) -> str:
        return str(self.stage.gateway.engine.view(HOT).state)


def tell(tmp_path: Path, story: Callable[[World], Awaitable[None]], *, with_cards: bool) -> None:
    files = starter_files(Wish("my_plant", "en"))
    if not with_cards:
        assert TEMPLATE in files["cloud.yaml"]
        files = {**files, "cloud.yaml": files["cloud.yaml"].replace(TEMPLATE, "")}
    write_starter(tmp_path / "plant", files)
    # A new plant is in shadow, and tells nobody.
    plant = replace(plant_of(tmp_path / "plant"), stage=AlarmStage.LIVE)

    async def main(clock: VirtualClock) -> None:
        stage = Stage(plant, clock)
        await stage.open()
        try:
            for tag, value in {"bearing_temp": 55.0, "pressure": 6.2, "current": 82.0, "running": 1.0, "mode": 2.0}.items():
                stage.devices.set(f"PUMP_1.{tag}", value)
            stage.devices.set("FAN_1.vibration", 2.1)
            await story(World(stage, clock))
        finally:
            await stage.close()

    run_virtually(main, START)


# --- alarms that are answered by text ---------------------------------------------------------------------------------


def test_without_a_card_template_an_alarm_has_a_number_and_is_acknowledged_by_it(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        await world.hot()
        (told,) = world.texts(FITTER)
        assert "bearing hot" in told
        assert "ack 1 " in told
        world.say(LEAD, "list")
        await world.until(lambda: len(world.texts(LEAD)) == 2)
        assert "1 · " in world.texts(LEAD)[1]
        assert "Unacknowledged" in world.texts(LEAD)[1]
        world.say(FITTER, "ack 1")
        await world.until(lambda: len(world.texts(FITTER)) == 2)
        assert "1: acknowledged" in world.texts(FITTER)[1]
        assert world.state == "acknowledged"
        world.say(LEAD, "确认 1")
        await world.until(lambda: len(world.texts(LEAD)) == 3)
        assert "already acknowledged by A班钳工 / Fitter A" in world.texts(LEAD)[2]

    tell(tmp_path, story, with_cards=False)


def test_a_number_means_the_same_alarm_after_a_restart_and_is_not_given_again_that_day(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        await world.hot()
        await world.stage.kill_gateway()
        await world.wait(5)
        assert await world.stage.start_gateway()
        await world.until(lambda: list(world.stage.cloud.cloud.gateway.connections))
        world.say(FITTER, "on my way 1")
        await world.until(lambda: world.state == "acknowledged")
        world.stage.devices.set("PUMP_1.bearing_temp", 55)
        await world.until(lambda: world.state == "normal")
        await world.wait(120)
        world.say(FITTER, "ack 1")
        await world.wait(5)
        assert "1: not done, already acknowledged" in world.texts(FITTER)[-1]
        world.stage.devices.set("PUMP_1.bearing_temp", 84)
        await world.until(lambda: "ack 2 " in world.texts(FITTER)[-1])

    tell(tmp_path, story, with_cards=False)


@pytest.mark.parametrize("point", ["after_inbox_commit", "after_engine_commit"])
def test_a_crash_between_commit_and_answer_loses_no_order_and_carries_none_out_twice(tmp_path: Path, point: str) -> None:
    async def story(world: World) -> None:
        await world.hot()
        await world.until(lambda: not world.stage.gateway.pipeline._work.is_set())
        passed: list[str] = []

        def crash(name: str) -> None:
            if name == point and not passed:
                passed.append(name)
                raise SimulatedCrash(name)

        with hooked(crash):
            world.say(FITTER, "ack 1")
            await world.until(world.stage.life.over.is_set)
        await world.stage.kill_gateway()
        assert await world.stage.start_gateway()
        await world.until(lambda: world.state == "acknowledged", within_s=90)
        await world.wait(200)
        assert world.journal("acknowledged", "rejected") == [("acknowledged", HOT)]
        said = [text for text in world.texts(FITTER) if "taken already" in text]
        # DingTalk had no acknowledgement of the message, so it came again; unless the commit's answer had left before the end.
        assert len(said) <= 1

    tell(tmp_path, story, with_cards=False)


@pytest.mark.parametrize("with_cards", [True, False])
def test_who_asks_about_a_machine_is_told_what_it_shows_and_what_stands(tmp_path: Path, with_cards: bool) -> None:
    def has_heard(world: World, count: int) -> bool:
        return len(world.texts(LEAD, "markdown")) == count

    async def story(world: World) -> None:
        await world.wait(130)
        await world.hot()
        before = len(world.texts(LEAD, "markdown"))
        for asked, text in enumerate(("list", "how is PUMP_1?", "bearing temp of pump_1"), before + 1):
            world.say(LEAD, text)
            await world.until(partial(has_heard, world, asked))
        listed, whole, one = world.texts(LEAD, "markdown")[before:]
        for answer in (listed, whole, one):
            assert "bearing hot" in answer
            assert "Unacknowledged" in answer
            assert ("1 · " in answer) is not with_cards
        assert "84 °C" in whole
        assert "6.2 bar" in whole
        assert "ago" in whole
        assert "6.2 bar" not in one
        assert world.state == "unacknowledged"

    tell(tmp_path, story, with_cards=with_cards)


# --- cards ------------------------------------------------------------------------------------------------------------


def test_after_a_gap_open_cards_are_drawn_again_and_reminders_have_gone_on(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        await world.hot()
        updates = len([e for e in world.stage.cloud.cloud.ledger if e.name == "PUT v1.0/card/instances"])
        world.stage.cloud.cut()
        await world.wait(400)
        world.stage.cloud.mend()
        await world.until(lambda: world.journal("heard_again"), within_s=90)
        await world.until(lambda: world.texts(FITTER, "markdown"), within_s=120)
        await world.wait(30)
        drawn = [e for e in world.stage.cloud.cloud.ledger if e.name == "PUT v1.0/card/instances"]
        assert len(drawn) >= updates + 2
        assert world.journal("heard_again") == [("heard_again", "dingtalk")]

    tell(tmp_path, story, with_cards=True)


def test_an_outage_of_the_gateway_is_a_gap(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        await world.hot()
        await world.wait(70)
        await world.stage.kill_gateway()
        await world.wait(60)
        assert await world.stage.start_gateway()
        await world.until(lambda: world.journal("heard_again"), within_s=30)

    tell(tmp_path, story, with_cards=True)


@pytest.mark.parametrize("point", ["before_inbox_commit", "after_inbox_commit", "after_engine_commit", "after_response_commit"])
def test_a_press_that_was_answered_is_on_record_whenever_the_gateway_dies(tmp_path: Path, point: str) -> None:
    async def story(world: World) -> None:
        await world.hot()
        await world.wait(5)
        card = world.card(FITTER)
        passed: list[str] = []

        def crash(name: str) -> None:
            if name == point and not passed:
                passed.append(name)
                raise SimulatedCrash(name)

        with hooked(crash):
            world.stage.cloud.press_as(FITTER, card, "acknowledge", None)
            await world.until(world.stage.life.over.is_set)
        await world.stage.kill_gateway()
        assert await world.stage.start_gateway()
        await world.wait(30)
        press = world.stage.cloud.cloud._handsets._presses.last(FITTER, card)
        was_answered = press is not None and press.status == "answered"
        carried_out = len(world.journal("acknowledged"))
        assert carried_out == (0 if point == "before_inbox_commit" else 1)
        assert carried_out or not was_answered

    tell(tmp_path, story, with_cards=True)


def test_a_press_on_a_card_of_another_gateway_raises_an_alarm_where_the_plant_wants_one(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        await world.hot()
        card = world.card(FITTER)
        with world.stage.store.database.transaction("prune") as connection:
            connection.exec_driver_sql("DELETE FROM outbox")
        world.stage.cloud.press_as(FITTER, card, "acknowledge", None)
        await world.until(lambda: world.journal("foreign_press"))
        assert world.state == "unacknowledged"
        assert "another gateway" in str(world.stage.cloud.cloud.phone(FITTER))

    tell(tmp_path, story, with_cards=True)


def test_who_presses_on_what_a_colleague_has_taken_reads_who_it_was(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        await world.hot()
        fitters, leads = world.card(FITTER), world.card(LEAD)
        world.stage.cloud.press_as(FITTER, fitters, "acknowledge", None)
        await world.until(lambda: world.state == "acknowledged")
        world.stage.cloud.press_as(LEAD, leads, "acknowledge", None, stale=True)
        await world.wait(2)
        assert "Fitter A has acknowledged this alarm already" in str(world.stage.cloud.cloud.phone(LEAD))
        assert "has acknowledged this alarm already" not in str(world.stage.cloud.cloud.phone(FITTER))

    tell(tmp_path, story, with_cards=True)


# --- people who leave -------------------------------------------------------------------------------------------------


def test_who_has_left_presses_nothing_and_is_told_nothing(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        await world.hot()
        card = world.card(FITTER)
        leaves = {"userId": [FITTER]}
        world.stage.cloud.cloud.events.tell("user_leave_org", leaves, world.clock.now())
        world.stage.cloud._acted.set()
        await world.until(lambda: world.journal("left"))
        world.stage.cloud.press_as(FITTER, card, "acknowledge", None, stale=True)
        await world.wait(3)
        assert world.state == "unacknowledged"
        assert "not permitted" in str(world.stage.cloud.cloud.phone(FITTER))
        world.say(FITTER, "how is PUMP_1?")
        await world.until(lambda: world.texts(FITTER, "markdown"))
        assert "not permitted" in world.texts(FITTER, "markdown")[-1]
        assert "84" not in world.texts(FITTER, "markdown")[-1]
        cards = len(world.texts(FITTER, "card"))
        world.stage.devices.set("PUMP_1.current", 99)
        await world.wait(80)
        assert len(world.texts(FITTER, "card")) == cards
        assert ("unrouted", "PUMP_1/current_high") in world.journal("unrouted")

    tell(tmp_path, story, with_cards=True)

"""Who may act, and what a second database of the same site may not be taken for."""

from __future__ import annotations

from dataclasses import replace

from edge.config.plant import Plant
from edge.model.person import Role
from edge.store.store import open_store
from tests.stories.memory_stage import START, MemoryStage, play_in_memory
from tests.stories.stage import StoryStage, until_shown, until_state

HOT = "CRM.ST3.MOTOR/de_temp_high"
TAG = "CRM.ST3.MOTOR.de_temp"
FITTER, LEAD = "fitter-a", "lead-a"
GROUP = "cidCrmMaintenance"


def with_role(plant: Plant, person: str, role: Role) -> Plant:
    directory = plant.policy.directory
    persons = {**directory.persons, person: replace(directory.persons[person], role=role)}
    return replace(plant, policy=replace(plant.policy, directory=replace(directory, persons=persons)))


def test_the_press_of_someone_who_may_only_look_changes_nothing_and_is_answered_in_words(mill: Plant) -> None:
    async def story(stage: StoryStage) -> None:
        await stage.set(TAG, 84)
        await until_state(stage, HOT, "unacknowledged", within_s=40)
        own = await until_shown(stage, FITTER, "the card", lambda shown: shown.form == "card" and shown.chat == "robot", 5)
        assert own.buttons == (), "nothing is offered to them"
        card = await until_shown(stage, FITTER, "the group's", lambda shown: shown.form == "card" and shown.chat == GROUP, 5)
        assert card.card is not None
        await stage.press(FITTER, card.card, "acknowledge")
        await until_shown(stage, FITTER, "the refusal", lambda shown: shown.card == card.card and "权限" in shown.text, 5)
        assert await stage.state_of(HOT) == "unacknowledged"
        english = await until_shown(stage, LEAD, "the card", lambda shown: shown.form == "card" and shown.chat == "robot", 5)
        assert english.card is not None
        await stage.press(LEAD, english.card, "acknowledge")
        await until_state(stage, HOT, "acknowledged", within_s=5)

    play_in_memory(with_role(mill, "shift_fitter_a", Role.VIEWER), story)


def test_an_alarm_of_a_new_database_is_not_taken_for_one_the_cloud_knows(mill: Plant) -> None:
    async def story(stage: StoryStage) -> None:
        assert isinstance(stage, MemoryStage)
        await stage.set(TAG, 84)
        await until_state(stage, HOT, "unacknowledged", within_s=40)
        first = await until_shown(stage, FITTER, "the card", lambda shown: shown.form == "card" and shown.chat == "robot", 5)
        # The disk was replaced: the next boot begins an empty database, in which this is occurrence 1 again.
        await stage.stage.kill_gateway()
        stage.stage.store.close()
        await stage.stage.start_gateway(open_store(None, site=mill.site, agent=mill.agent, now=START + 1))
        await until_state(stage, HOT, "unacknowledged", within_s=40)
        await until_shown(
            stage,
            FITTER,
            "a card of its own",
            lambda shown: shown.form == "card" and shown.chat == "robot" and shown.card != first.card,
            5,
        )

    play_in_memory(mill, story)


def test_an_old_card_cannot_shelve_what_came_after_it(mill: Plant) -> None:
    """A press on a card of occurrence 1, on a phone that was slow to show its end, hides nothing of occurrence 2."""
    warm, tag = "CRM.ST3.MOTOR/de_temp_warm", TAG

    async def story(stage: StoryStage) -> None:
        assert isinstance(stage, MemoryStage)
        await stage.set(tag, 75)
        await until_state(stage, warm, "unacknowledged", within_s=400)
        first = await until_shown(stage, FITTER, "the card", lambda shown: "shelve" in shown.buttons, 5)
        assert first.card is not None
        await stage.press(FITTER, first.card, "acknowledge")
        await until_state(stage, warm, "acknowledged", within_s=5)
        await stage.set(tag, 50)
        await until_state(stage, warm, "normal", within_s=20)
        await stage.set(tag, 75)
        await until_state(stage, warm, "unacknowledged", within_s=400)
        stage.stage.cloud.press_as(FITTER, first.card, "shelve", "maintenance", stale=True)
        await stage.pass_time(5)
        assert await stage.state_of(warm) == "unacknowledged"
        assert ("rejected", warm) in await stage.journal()

    play_in_memory(mill, story)

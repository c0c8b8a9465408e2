"""The main story: the same words on virtual time in memory and on real sockets."""

from __future__ import annotations

from tests.stories.conftest import Play
from tests.stories.stage import Shown, StoryStage, until_shown, until_state

HOT = "CRM.ST3.MOTOR/de_temp_high"
TAG = "CRM.ST3.MOTOR.de_temp"
FITTER, LEAD = "fitter-a", "lead-a"
GROUP = "cidCrmMaintenance"


def is_card(shown: Shown) -> bool:
    return shown.form == "card" and shown.chat == "robot" and "84" in shown.headline and "3" in shown.headline


def is_message(shown: Shown, *words: str) -> bool:
    is_about_it = "轴承温度高" in shown.text or "bearing hot" in shown.text
    return shown.form == "message" and shown.chat == "robot" and is_about_it and any(word in shown.headline for word in words)


def is_reminder(shown: Shown) -> bool:
    return is_message(shown, "提醒", "HIGH still")


def is_return(shown: Shown) -> bool:
    return is_message(shown, "已恢复", "HIGH OK")


def test_a_hot_bearing_is_told_reminded_taken_and_told_as_over(play: Play) -> None:
    async def story(stage: StoryStage) -> None:
        await stage.set(TAG, 84)
        await until_state(stage, HOT, "unacknowledged", within_s=40)
        card = await until_shown(stage, FITTER, "the card", is_card, within_s=5)
        english = await until_shown(stage, LEAD, "the card", is_card, within_s=5)
        in_group = await until_shown(stage, FITTER, "the group's card", lambda s: s.form == "card" and s.chat == GROUP, 5)
        assert "轴承温度高" in card.headline
        assert "bearing hot" in english.headline
        assert "轴承温度高" in in_group.text
        assert "bearing hot" in in_group.text
        assert "shelve" not in card.buttons, "the two highest priorities are not shelved from a phone"

        await until_shown(stage, FITTER, "the reminder", is_reminder, within_s=130)
        assert card.card is not None
        await stage.press(FITTER, card.card, "on_my_way")
        await until_state(stage, HOT, "acknowledged", within_s=5)
        for person in (FITTER, LEAD):
            await until_shown(stage, person, "it is taken", lambda s: is_card(s) and s.state == "acknowledged", within_s=10)

        await stage.set(TAG, 60)
        await until_state(stage, HOT, "normal", within_s=10)
        for person in (FITTER, LEAD):
            await until_shown(stage, person, "the returned notice", is_return, within_s=10)
        shown = [each for each in await stage.phone(FITTER) if each.chat == "robot" and "轴承温度高" in each.headline]
        assert [each.form for each in shown] == ["card", "message", "message"], "one card, one reminder, one notice"
        assert shown[0].state == "normal"

    play(story)


def test_what_is_over_when_the_cloud_comes_back_is_one_digest_and_what_still_stands_arrives_late(play: Play) -> None:
    async def story(stage: StoryStage) -> None:
        await stage.cut_cloud()
        await stage.set(TAG, 84)
        await until_state(stage, HOT, "unacknowledged", within_s=40)
        await stage.pass_time(60)
        await stage.set(TAG, 60)
        await until_state(stage, HOT, "returned_unacknowledged", within_s=10)
        assert not [each for each in await stage.phone(FITTER) if "轴承温度高" in each.text]
        await stage.mend_cloud()

        for person, words in ((FITTER, "轴承温度高"), (LEAD, "bearing hot")):

            def is_digest(shown: Shown, words: str = words) -> bool:
                return shown.chat == "robot" and shown.form == "message" and words in shown.text

            digest = await until_shown(stage, person, "the digest", is_digest, within_s=180)
            assert "1" in digest.headline
        shown = [each for each in await stage.phone(FITTER) if each.chat == "robot" and "轴承温度高" in each.text]
        assert [each.form for each in shown] == ["message"], "no card, no return and no reminder for what is over"

        await stage.cut_cloud()
        await stage.set(TAG, 84)
        await until_state(stage, HOT, "unacknowledged", within_s=40)
        await stage.pass_time(90)
        await stage.mend_cloud()
        card = await until_shown(stage, FITTER, "the card", is_card, within_s=180)
        assert "迟" in card.text

    play(story)

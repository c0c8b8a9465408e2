"""A routine incident in one chat, counted in the ledger of the cloud: card, press, value anew, over, and the word of it."""

from __future__ import annotations

from pathlib import Path

from edge.config.plant import Plant
from edge.model.moment import MINUTE, SECOND
from edge.runtime.virtual import VirtualClock, run_virtually
from edge.scenario.stage import Stage
from simulators.dingtalk.ledger import API_CALLS, PUSHES, Effect, Entry
from tests.stories.memory_stage import START
from tests.stories.test_the_gateway_watches_itself import folder_of
from tests.unit.config.folders import plant_of

RESPONSE = "routes:\n  all: {to: [person:fitter_a], priorities: [high]}\n"


def told_to_one(into: Path) -> Plant:
    gateway = folder_of(into, response=RESPONSE) / "gateway.yaml"
    gateway.write_text(gateway.read_text(encoding="utf-8").replace("stage: shadow", "stage: live"), encoding="utf-8")
    return plant_of(into)


#: `tests/unit/response/test_values_on_cards.py` has the rest of the hour.
MINUTES = 9


def test_a_routine_incident_costs_at_most_six_counted_calls(tmp_path: Path) -> None:
    plant = told_to_one(tmp_path / "plant")

    async def story(clock: VirtualClock) -> tuple[list[Entry], list[str]]:
        stage = Stage(plant, clock)
        await stage.open()
        await clock.sleep_until(START + 10 * SECOND)
        for minute in range(MINUTES):
            stage.devices.set("PUMP_1.bearing_temp", 90 + 0.1 * minute)
            if minute == 2:
                cloud = stage.cloud.cloud
                (card,) = (card for chat in cloud.phone("fitter-a").chats for card in chat.cards)
                stage.cloud.press_as("fitter-a", card.out_track_id, "on_my_way", None)
            await clock.sleep_until(clock.now() + MINUTE)
        stage.devices.set("PUMP_1.bearing_temp", 55)
        await clock.sleep_until(clock.now() + 2 * MINUTE)
        entries = [entry for entry in stage.cloud.cloud.ledger if entry.cost.keys() & {API_CALLS, PUSHES}]
        (card,) = (card for chat in stage.cloud.cloud.phone("fitter-a").chats for card in chat.cards)
        await stage.close()
        return entries, [card.params["state"], card.params["lines"]]

    entries, (state, lines) = run_virtually(story, START)
    assert [entry.effect for entry in entries] == [
        Effect.CARD_CREATED_AND_DELIVERED,
        Effect.CARD_UPDATED,
        Effect.CARD_UPDATED,
        Effect.CARD_UPDATED,
        Effect.MESSAGE_SHOWN,
    ]
    assert state == "normal" and "90" in lines
    assert "▁" in lines and "█" in lines, "the trend is drawn"

"""A story in memory, on virtual time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from edge.config.plant import Plant
from edge.model.event import Stream
from edge.model.moment import SECOND, from_iso
from edge.runtime.virtual import VirtualClock, run_virtually
from edge.scenario.stage import Stage
from tests.stories.stage import Shown, StoryStage

T = TypeVar("T")
START = from_iso("2026-05-04T08:00:00+08:00")


class MemoryStage:
    def __init__(self, stage: Stage, clock: VirtualClock) -> None:
        self.stage = stage
        self._clock = clock

    async def set(self, tag: str, value: float) -> None:
        self.stage.devices.set(tag, value)

    async def ramp(self, tag: str, to: float, over_s: float) -> None:
        self.stage.devices.ramp(tag, to, int(over_s * SECOND))

    async def fail(self, device: str) -> None:
        self.stage.devices.fail(device)

    async def mend(self, device: str) -> None:
        self.stage.devices.mend(device)

    async def phone(self, user_id: str) -> list[Shown]:
        shown = []
        for chat in self.stage.cloud.cloud.phone(user_id).chats:
            for message in chat.messages:
                card = message.card
                shown.append(
                    (
                        message.time_us,
                        message.message_id,
                        Shown(
                            chat="robot" if chat.kind != "group" else chat.conversation_id,
                            form="message" if card is None else "card",
                            headline=message.text.partition("\n")[0] if card is None else card.params["headline"],
                            text=message.text if card is None else "\n".join(card.params.values()),
                            state=None if card is None else card.params["state"],
                            card=None if card is None else card.out_track_id,
                            buttons=() if card is None else tuple(button.action for button in card.buttons),
                        ),
                    )
                )
        return [each for _, _, each in sorted(shown, key=lambda row: row[:2])]

    async def press(self, user_id: str, card: str, action: str, choice: str | None = None) -> None:
        self.stage.cloud.press_as(user_id, card, action, choice)

    async def state_of(self, alarm: str) -> str:
        return str(self.stage.gateway.engine.view(alarm).state)

    async def journal(self) -> list[tuple[str, str]]:
        rows = self.stage.store.read_after(0, 10_000)
        return [(row.event.kind, row.event.subject) for row in rows if row.event.stream is Stream.ALARM]

    async def cut_cloud(self) -> None:
        self.stage.cloud.cut()

    async def mend_cloud(self) -> None:
        self.stage.cloud.mend()

    async def pass_time(self, seconds: float) -> None:
        await self._clock.sleep_until(self._clock.now() + int(seconds * SECOND))

    async def eventually(self, what: str, look: Callable[[], Awaitable[T | None]], within_s: float) -> T:
        deadline = self._clock.now() + int(within_s * SECOND)
        while (found := await look()) is None:
            assert self._clock.now() < deadline, f"{what}: not within {within_s:g} s"
            await self.pass_time(0.1)
        return found


def play_in_memory(plant: Plant, story: Callable[[StoryStage], Awaitable[None]]) -> None:
    async def main(clock: VirtualClock) -> None:
        stage = Stage(plant, clock)
        await stage.open()
        try:
            await story(MemoryStage(stage, clock))
        finally:
            await stage.close()

    run_virtually(main, START)

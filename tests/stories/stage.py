"""What a story needs of the stage it is played on; played in memory on virtual time, and on real sockets in time-lapse."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shown:
    """Something on a person's phone. chat: `robot` for one-to-one, else the group's conversation id. card: its id."""

    chat: str
    form: str
    headline: str
    text: str
    state: str | None
    card: str | None
    buttons: tuple[str, ...]


class StoryStage(Protocol):
    """Tags are named as in the plant, persons by their user id at DingTalk; seconds are the plant's."""

    async def set(self, tag: str, value: float) -> None: ...

    async def ramp(self, tag: str, to: float, over_s: float) -> None: ...

    async def fail(self, device: str) -> None: ...

    async def mend(self, device: str) -> None: ...

    async def phone(self, user_id: str) -> list[Shown]:
        """In the order of appearance, eldest first."""

    async def press(self, user_id: str, card: str, action: str, choice: str | None = None) -> None: ...

    async def state_of(self, alarm: str) -> str: ...

    async def journal(self) -> list[tuple[str, str]]:
        """(kind, subject) of all alarm rows so far."""

    async def cut_cloud(self) -> None: ...

    async def mend_cloud(self) -> None: ...

    async def pass_time(self, seconds: float) -> None: ...

    async def eventually(self, what: str, look: Callable[[], Awaitable[T | None]], within_s: float) -> T:
        """The first result that is not None; fails with `what` when none came in time."""


async def until_state(stage: StoryStage, alarm: str, state: str, within_s: float) -> None:
    async def look() -> bool | None:
        return True if await stage.state_of(alarm) == state else None

    await stage.eventually(f"{alarm} is {state}", look, within_s)


async def until_shown(stage: StoryStage, user_id: str, what: str, wanted: Callable[[Shown], bool], within_s: float) -> Shown:
    async def look() -> Shown | None:
        return next((shown for shown in await stage.phone(user_id) if wanted(shown)), None)

    return await stage.eventually(f"{user_id}: {what}", look, within_s)

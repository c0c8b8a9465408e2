"""The story: a value leaves its limits, somebody is told, somebody comes, it returns. Each hop with the time it took.

The gateway is watched from outside, through its API, and the phones through the stand-in: what is told here is what anybody
could see. Times of the gateway are in plant time, which may run faster than the wall (time-lapse); `WallTime`
translates them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from edge.client.client import Client
from edge.demo.script import Script
from edge.texts import render

#: Longest wait for any single hop, on the wall.
HOP_WITHIN_S = 60.0
LOOK_EVERY_S = 0.05


class StoryBroken(Exception):
    """A hop did not come. The text names it."""


@dataclass(frozen=True, slots=True)
class Places:
    """control: of the simulated devices. standin: its control address. person, presser: whose phone the story looks at, by our
    id and by DingTalk's. rate: of the time-lapse."""

    control: str
    standin: str
    person: str
    presser: str
    rate: float


class WallTime:
    """Plant time to wall time, from one look at both: wall = wall0 + (plant - plant0) / rate."""

    def __init__(self, plant0: str, wall0: float, rate: float) -> None:
        self._plant0 = datetime.fromisoformat(plant0)
        self._wall0 = wall0
        self._rate = rate

    def of(self, iso: str) -> float:
        """Seconds since 1970 on the wall."""
        return self._wall0 + (datetime.fromisoformat(iso) - self._plant0).total_seconds() / self._rate


class Narrator:
    """Prints lines with the seconds since the story began."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._began = time.perf_counter()

    def tell(self, key: str, *, ms: float | None = None, **arguments: object) -> None:
        hop = "" if ms is None else f"  (+{max(ms, 0):.0f} ms)"
        text = render(f"demo.{key}", arguments, self._language)
        print(f"[{time.perf_counter() - self._began:6.1f} s] {text}{hop}", flush=True)


class Story:
    """Tell it once with `tell`; it may be told again and again."""

    def __init__(self, script: Script, client: Client, places: Places, narrator: Narrator) -> None:
        self._script = script
        self._client = client
        self._places = places
        self._say = narrator.tell
        self._http = httpx.AsyncClient(timeout=5.0, trust_env=False)
        self._row = 0

    async def close(self) -> None:
        await self._http.aclose()

    async def tell(self) -> None:
        wall = await self._wall_time()
        await self._skip_the_past()
        script, rate = self._script, self._places.rate
        unit, zero = script.unit, script.set_point

        # the value rises on the machine, and the gateway reads it
        await self._steer("ramp", to=script.near, over="20s")
        self._say(f"rising_{script.name}", to=f"{script.near:g} {unit}")
        await self._until("near", self._value_at_least(script.near - 0.05 * (script.beyond - script.normal) - zero))
        changed = await self._steer("set", value=script.beyond)
        self._say("beyond", value=f"{script.beyond:g} {unit}")
        beyond = self._alarm(lambda alarm: alarm["pending_since"] and alarm["value"] == script.beyond - zero)
        pending = await self._until("pending", beyond)
        read = {"value": f"{pending['value'] + zero:g} {unit}", "limit": f"{pending['limit'] + zero:g} {unit}"}
        self._say("read", ms=(wall.of(pending["pending_since"]) - changed) * 1000, protocol=script.protocol, **read)

        # the rule holds, then the alarm is raised and committed
        raised = await self._row_of("raised")
        delay_s = (datetime.fromisoformat(raised["time"]) - datetime.fromisoformat(raised["data"]["began"])).total_seconds()
        late_ms = (wall.of(raised["recorded_at"]) - wall.of(raised["time"])) * 1000
        self._say("raised", ms=late_ms, delay=f"{delay_s:g}", real=f"{delay_s / rate:.1f}")

        # cards arrive on phones
        committed = wall.of(raised["recorded_at"])
        card = await self._delivery_of("raised")
        self._say("card", ms=(wall.of(card["time"]) - committed) * 1000, text=(await self._card())["params"]["headline"])
        self._say("look")

        # nobody acts
        self._say("nobody")
        reminder = await self._delivery_of("reminder")
        waited = wall.of(reminder["time"]) - wall.of(card["time"])
        self._say("reminder", waited=f"{waited * rate / 60:.1f}", real=f"{waited:.1f}")

        # somebody presses "On my way"
        pressed = await self._press("on_my_way")
        acknowledged = await self._row_of("acknowledged")
        self._say("pressed", ms=(wall.of(acknowledged["recorded_at"]) - pressed) * 1000, by=acknowledged["data"]["by"])
        update = await self._delivery_of("state")
        self._say("card_updated", ms=(wall.of(update["time"]) - pressed) * 1000)

        # the value returns, and those who were told are told
        await self._steer("ramp", to=script.normal, over="20s")
        self._say(f"falling_{script.name}", to=f"{script.normal:g} {unit}")
        returned = await self._row_of("returned")
        data = returned["data"]
        self._say("returned", value=f"{data['value'] + zero:g} {unit}", peak=f"{data['peak'] + zero:g} {unit}")
        notice = await self._delivery_of("returned")
        self._say("told_returned", ms=(wall.of(notice["time"]) - wall.of(returned["recorded_at"])) * 1000)
        await self._steer("release")

    # --- what is looked at ----------------------------------------------------------------------------------------

    async def _wall_time(self) -> WallTime:
        before = time.time()  # noqa: TID251 - the demonstration compares clocks of several processes on one machine
        site = await self._client.site()
        after = time.time()  # noqa: TID251 - the same
        return WallTime(site["now"], (before + after) / 2, float(site["rate"]))

    async def _skip_the_past(self) -> None:
        """What happened before this telling is not part of it."""
        while rows := await self._client.journal(self._row, 500):
            self._row = rows[-1]["sequence"]

    async def _row_of(self, kind: str) -> Mapping[str, Any]:
        """The next row of that kind about the alarm of the story."""
        return await self._next_row(kind, lambda row: row["kind"] == kind and row["subject"] == self._script.alarm)

    async def _delivery_of(self, purpose: str) -> Mapping[str, Any]:
        """The next message or card of that purpose, about the alarm of the story, that DingTalk has taken for the presser."""

        def is_it(row: Mapping[str, Any]) -> bool:
            data = row["data"]
            to = (data.get("purpose"), data.get("alarm"), data.get("recipient"))
            return row["kind"] == "delivered" and to == (purpose, self._script.alarm, f"person:{self._places.person}")

        return await self._next_row(purpose, is_it)

    async def _next_row(self, hop: str, is_it: Callable[[Mapping[str, Any]], bool]) -> Mapping[str, Any]:
        async def look() -> Mapping[str, Any] | None:
            for row in await self._client.journal(self._row, 500):
                self._row = row["sequence"]
                if is_it(row):
                    return row
            return None

        return await self._until(hop, look)

    def _alarm(self, wanted: Callable[[Mapping[str, Any]], Any]) -> Callable[[], Awaitable[Mapping[str, Any] | None]]:
        async def look() -> Mapping[str, Any] | None:
            alarms = await self._client.alarms(every=True)
            return next((alarm for alarm in alarms if alarm["alarm"] == self._script.alarm and wanted(alarm)), None)

        return look

    def _value_at_least(self, value: float) -> Callable[[], Awaitable[Mapping[str, Any] | None]]:
        return self._alarm(lambda alarm: alarm["value"] is not None and alarm["value"] >= value)

    async def _until(self, hop: str, look: Callable[[], Awaitable[Mapping[str, Any] | None]]) -> Mapping[str, Any]:
        try:
            async with asyncio.timeout(HOP_WITHIN_S):
                while True:
                    if (found := await look()) is not None:
                        return found
                    await asyncio.sleep(LOOK_EVERY_S)  # noqa: TID251 - the demonstration runs on the wall clock
        except TimeoutError:
            raise StoryBroken(hop) from None

    # --- what is done ---------------------------------------------------------------------------------------------

    async def _steer(self, verb: str, **body: Any) -> float:
        """Steer the machine of the story; gives the wall time of the change, in seconds."""
        reply = await self._http.post(f"{self._places.control}/{verb}", json={"point": self._script.point, **body})
        return float(reply.raise_for_status().json()["changed_at"]) / 1e6

    async def _card(self) -> Mapping[str, Any]:
        """The presser's newest card of the story's alarm."""
        reply = await self._http.get(f"{self._places.standin}/standin/phone", params={"user_id": self._places.presser})
        chats = reply.raise_for_status().json()["chats"]
        cards = [message for chat in chats if chat["kind"] != "group" for message in chat["messages"] if message["card"]]
        ours = [
            message for message in cards if message["card"]["out_track_id"].startswith(self._script.alarm.replace("/", "-"))
        ]
        newest: Mapping[str, Any] = max(ours, key=lambda message: message["time_us"])["card"]
        return newest

    async def _press(self, action: str) -> float:
        card = await self._card()
        pressed = time.time()  # noqa: TID251 - the demonstration compares clocks of several processes on one machine
        body = {"user_id": self._places.presser, "out_track_id": card["out_track_id"], "action": action}
        (await self._http.post(f"{self._places.standin}/standin/press", json=body)).raise_for_status()
        return pressed

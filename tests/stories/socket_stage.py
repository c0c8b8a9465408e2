"""A story on real sockets, in time-lapse: devices, broker, stand-in and agent are processes of their own."""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import httpx

from cloud_bridge.dingtalk.config import DingTalkConfig
from edge.client.client import Client
from edge.config.plant import Plant
from edge.demo.processes import Part, end, free_port, start
from edge.scenario.plant_organisation import organisation_file
from tests.stories.stage import Shown, StoryStage

T = TypeVar("T")
RATE = 20.0
LOOK_EVERY_S = 0.05


class SocketStage:
    """`open` starts everything; the agent can be killed and started again on the same data."""

    def __init__(self, plant: Plant, folder: Path, *, rate: float = RATE) -> None:
        self._plant = plant
        self._folder = folder
        self._rate = rate
        self._parts: list[Part] = []
        self._agent: Part | None = None
        self._agent_command: list[str] = []
        self._environment: dict[str, str] = {}
        self._http = httpx.AsyncClient(timeout=5.0, trust_env=False)
        self.client = Client("http://127.0.0.1")
        self.standin = self.control = ""

    async def open(self) -> None:
        plant, folder = self._plant, self._folder
        config = plant.channels["dingtalk"]
        assert isinstance(config, DingTalkConfig)
        self._environment = {use.ref.kept_in[1]: f"test-{use.ref.kept_in[1].lower()}" for use in plant.secrets}
        (folder / "organisation.json").write_text(
            organisation_file(plant, self._environment, rate=self._rate)[0], encoding="utf-8"
        )
        # Far from each other: each is looked for from its own start, and none is bound until its process is up.
        base = 20_000 + os.getpid() % 20_000
        port = {
            name: free_port(base + 500 * number)
            for number, name in enumerate(("broker", "modbus", "standin", "phones", "api", "console"))
        }
        me = ["--parent", str(os.getpid())]
        broker = ["-m", "simulators.broker", "--port", str(port["broker"]), *me]
        standin = ["-m", "simulators.dingtalk", "--port", str(port["standin"]), "--control-port", str(port["phones"])]
        standin += ["--organisation", str(folder / "organisation.json"), *me]
        devices = ["-m", "simulators.devices", "--plan", str(plant.folder / "simulation.yaml")]
        devices += ["--modbus-port", str(port["modbus"]), "--mqtt", f"127.0.0.1:{port['broker']}"]
        devices += ["--rate", f"{self._rate:g}", *me]
        self._parts += await asyncio.gather(
            start("broker", broker, folder), start("standin", standin, folder), start("devices", devices, folder)
        )
        ready = {part.name: part.ready for part in self._parts}
        self.standin = f"http://127.0.0.1:{port['phones']}"
        self.control = f"http://127.0.0.1:{ready['devices']['control_port']}"
        self._agent_command = ["-m", "edge.cli", "run", str(plant.folder), "--data", str(folder / "data"), "--json"]
        self._agent_command += [*me, "--no-console", "--time-lapse", f"{self._rate:g}"]
        for old, new in (
            ("127.0.0.1:5020", f"127.0.0.1:{port['modbus']}"),
            ("127.0.0.1:1883", f"127.0.0.1:{port['broker']}"),
            (f"{plant.api.host}:{plant.api.port}", f"127.0.0.1:{port['api']}"),
            (config.api_base, f"http://127.0.0.1:{port['standin']}"),
            (config.oapi_base, f"http://127.0.0.1:{port['standin']}"),
        ):
            self._agent_command += ["--redirect", f"{old}={new}"]
        ready_agent = await self.start_agent()
        await self.client.close()
        self.client = Client(ready_agent["api"])
        await self.client.set_up(ready_agent["setup_code"], "engineer", secrets.token_urlsafe(12))

    async def start_agent(self, environment: dict[str, str] | None = None) -> dict[str, Any]:
        self._agent = await start("agent", self._agent_command, self._folder, {**self._environment, **(environment or {})})
        return dict(self._agent.ready)

    async def kill_agent(self) -> None:
        if self._agent is not None and not self.agent_has_ended:
            self._agent.process.kill()
            await self._agent.process.wait()
        self._agent = None

    @property
    def agent_has_ended(self) -> bool:
        """It was killed, has killed itself at a crash point, or was never ready."""
        return self._agent is None or self._agent.process.returncode is not None

    async def close(self) -> None:
        await self.client.close()
        await self._http.aclose()
        await end([*([self._agent] if self._agent else []), *self._parts])

    # --- the stage ------------------------------------------------------------------------------------------------

    async def set(self, tag: str, value: float) -> None:
        await self._steer("set", point=tag, value=value)

    async def ramp(self, tag: str, to: float, over_s: float) -> None:
        await self._steer("ramp", point=tag, to=to, over=f"{over_s:g}s")

    async def fail(self, device: str) -> None:
        await self._steer("fail", machine=device)

    async def mend(self, device: str) -> None:
        await self._steer("mend", machine=device)

    async def phone(self, user_id: str) -> list[Shown]:
        phone = await self._standin("GET", "phone", query={"user_id": user_id})
        shown = []
        for chat in phone["chats"]:
            for message in chat["messages"]:
                card = message["card"]
                content = message["content"]
                words = "\n".join(part for part in (content.get("title", ""), content.get("text", "")) if part)
                shown.append(
                    (
                        message["time_us"],
                        message["message_id"],
                        Shown(
                            chat="robot" if chat["kind"] != "group" else chat["conversation_id"],
                            form="message" if card is None else "card",
                            headline=words.partition("\n")[0] if card is None else card["params"]["headline"],
                            text=words if card is None else "\n".join(card["params"].values()),
                            state=None if card is None else card["params"]["state"],
                            card=None if card is None else card["out_track_id"],
                            buttons=() if card is None else tuple(button["action"] for button in card["buttons"]),
                        ),
                    )
                )
        return [each for _, _, each in sorted(shown, key=lambda row: row[:2])]

    async def press(self, user_id: str, card: str, action: str, choice: str | None = None) -> str:
        """The press's id, for `find_press`."""
        body = {"user_id": user_id, "out_track_id": card, "action": action}
        return str((await self._standin("POST", "press", body | ({} if choice is None else {"choice": choice})))["press_id"])

    async def find_press(self, press_id: str) -> dict[str, Any]:
        """What became of it: its `status`."""
        return dict(await self._standin("GET", "press", query={"press_id": press_id}))

    async def ledger(self, **query: str) -> list[dict[str, Any]]:
        """What the stand-in saw, eldest first. query: name, effect, subject."""
        return list((await self._standin("GET", "ledger", query=query))["entries"])

    async def state_of(self, alarm: str) -> str:
        alarms = await self.client.alarms(every=True)
        return next(str(each["state"]) for each in alarms if each["alarm"] == alarm)

    async def journal(self) -> list[tuple[str, str]]:
        rows: list[dict[str, Any]] = []
        while page := await self.client.journal(rows[-1]["sequence"] if rows else 0, 500):
            rows += page
        return [(row["kind"], row["subject"]) for row in rows if row["stream"] == "alarm"]

    async def cut_cloud(self) -> None:
        await self._standin("POST", "cut", {})

    async def mend_cloud(self) -> None:
        await self._standin("POST", "mend", {})

    async def pass_time(self, seconds: float) -> None:
        """The world's clock cannot be hurried: this is how long a story says that nothing may happen."""
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), seconds / self._rate)

    async def eventually(self, what: str, look: Callable[[], Awaitable[T | None]], within_s: float) -> T:
        # A loaded machine is slower than the plant's own clock: what has to come in time in memory only has to come here.
        deadline = time.perf_counter() + max(20.0, 3 * within_s / self._rate)
        while (found := await look()) is None:
            assert time.perf_counter() < deadline, f"{what}: not within {within_s:g} s"
            await self.pass_time(LOOK_EVERY_S * self._rate)
        return found

    # --- the wire -------------------------------------------------------------------------------------------------

    async def _steer(self, verb: str, **body: Any) -> None:
        (await self._http.post(f"{self.control}/{verb}", json=body)).raise_for_status()

    async def _standin(self, method: str, path: str, body: Any = None, query: dict[str, str] | None = None) -> Any:
        reply = await self._http.request(method, f"{self.standin}/standin/{path}", json=body, params=query)
        return reply.raise_for_status().json()


def play_on_sockets(plant: Plant, folder: Path, story: Callable[[StoryStage], Awaitable[None]]) -> None:
    async def main() -> None:
        stage = SocketStage(plant, folder)
        try:
            await stage.open()
            await story(stage)
        finally:
            await stage.close()

    asyncio.run(main())

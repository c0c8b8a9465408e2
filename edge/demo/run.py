"""Compose the demonstration: ports, processes, log-in, then the story until Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import tempfile
import time
import webbrowser
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx

from cloud_bridge.catalog import CHANNELS
from cloud_bridge.dingtalk.config import DingTalkConfig
from drivers.catalog import DRIVERS
from edge.client.client import ApiError, Client
from edge.config.load import load
from edge.config.plant import Plant
from edge.demo.processes import NotReady, Part, end, free_port, start
from edge.demo.script import Script
from edge.demo.story import Narrator, Places, Story, StoryBroken
from edge.scenario.plant_organisation import organisation_file
from edge.texts import render

#: Plant time runs this many times faster, where no other rate is asked for: a minute shows a delay of 30 s and a reminder
#: after 2 min.
RATE = 6.0
#: The account that the demonstration makes for whoever looks.
ACCOUNT = "engineer"
PAUSE_S = 30.0
FINE, BROKEN = 0, 1


async def run_demo(script: Script, language: str, for_s: float | None, *, browser: bool, rate: float = RATE) -> int:
    """0: at least one whole story was told (or Ctrl-C ended it); 1: something did not come up or did not happen. rate: of the
    time-lapse, 1 to 60."""
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    telling = asyncio.create_task(_demonstrate(script, language, for_s, browser, rate))
    stopped = asyncio.create_task(stopping.wait())
    await asyncio.wait({telling, stopped}, return_when=asyncio.FIRST_COMPLETED)
    if not telling.done():
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
        print(render("demo.stopped", {}, language), flush=True)
        return FINE
    stopped.cancel()
    return telling.result()


async def _demonstrate(script: Script, language: str, for_s: float | None, browser: bool, rate: float) -> int:
    began = time.perf_counter()
    loaded = load(script.folder, DRIVERS, CHANNELS, language=language)
    assert loaded.plant is not None, "the bundled plant is checked by ./dev check"
    plant = loaded.plant
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="andon-demo-")))
        parts: list[Part] = []
        stack.push_async_callback(end, parts)
        print(render("demo.starting", {"rate": f"{rate:g}"}, language), flush=True)
        try:
            addresses = await _start_all(plant, folder, language, parts, rate)
        except NotReady as failed:
            words = failed.log.read_text(encoding="utf-8", errors="replace")[-2000:]
            print(render("demo.not_ready", {"part": failed.name, "words": words}, language), flush=True)
            return BROKEN

        password = secrets.token_urlsafe(9)
        client = await stack.enter_async_context(Client(addresses["api"], language=language))
        await client.set_up(addresses["setup_code"], ACCOUNT, password)
        phones = f"{addresses['standin']}/phones?lang={language}"
        shown = {"console": addresses["console"], "account": ACCOUNT, "password": password, "phones": phones}
        print(render("demo.addresses", {**shown, "took": f"{time.perf_counter() - began:.1f}"}, language), flush=True)
        if browser:
            webbrowser.open(addresses["console"])
            webbrowser.open(phones)

        person = script.presser[language]
        presser = plant.policy.directory.persons[person].addresses["dingtalk"]["user_id"]
        places = Places(addresses["control"], addresses["standin"], person, presser, rate)
        narrator = Narrator(language)
        story = Story(script, client, places, narrator)
        stack.push_async_callback(story.close)
        try:
            while True:
                await story.tell()
                left = None if for_s is None else for_s - (time.perf_counter() - began)
                narrator.tell("over")
                if left is not None and left <= PAUSE_S:
                    await asyncio.sleep(max(left, 0.0))  # noqa: TID251 - the demonstration runs on the wall clock
                    return FINE
                narrator.tell("again", pause=f"{PAUSE_S:g}")
                await asyncio.sleep(PAUSE_S)  # noqa: TID251 - the same
        except (StoryBroken, ApiError, httpx.HTTPError) as broken:
            narrator.tell("broken", hop=str(broken) or type(broken).__name__)
            _show_logs(folder)
            return BROKEN


def _show_logs(folder: Path) -> None:
    """The last words of every process: the folder is gone when we are."""
    for log in sorted(folder.glob("*.log")):
        words = log.read_text(encoding="utf-8", errors="replace").strip()[-1500:]
        print(f"--- {log.stem} ---\n{words}", flush=True)


async def _start_all(plant: Plant, folder: Path, language: str, parts: list[Part], rate: float) -> Mapping[str, str]:
    """Start every process, the world first and side by side, and give all addresses."""
    config = plant.channels["dingtalk"]
    assert isinstance(config, DingTalkConfig)
    wanted = {"modbus": 5020, "broker": 1883, "standin": 8380, "phones": 8381}
    wanted |= {"api": plant.api.port, "console": plant.console.port}
    port: dict[str, int] = {}
    for name, number in wanted.items():
        port[name] = free_port(number, port.values())
        if port[name] != number:
            print(render("demo.port_taken", {"port": number, "instead": port[name]}, language), flush=True)

    environment = {use.ref.kept_in[1]: f"demo-{use.ref.kept_in[1].lower()}" for use in plant.secrets}
    organisation = folder / "organisation.json"
    organisation.write_text(organisation_file(plant, environment, rate=rate)[0], encoding="utf-8")

    me = str(os.getpid())
    epoch = str(int(time.time() * 1_000_000))  # noqa: TID251 - all processes of the demonstration begin their time-lapse here
    broker = ["-m", "simulators.broker", "--port", str(port["broker"]), "--parent", me]
    standin = ["-m", "simulators.dingtalk", "--port", str(port["standin"]), "--control-port", str(port["phones"])]
    standin += ["--organisation", str(organisation), "--lang", language, "--parent", me]
    devices = [
        "-m",
        "simulators.devices",
        "--plan",
        str(plant.folder / "simulation.yaml"),
        "--modbus-port",
        str(port["modbus"]),
    ]
    devices += ["--mqtt", f"127.0.0.1:{port['broker']}", "--rate", f"{rate:g}", "--epoch", epoch, "--parent", me]
    agent = ["-m", "edge.cli", "run", str(plant.folder), "--data", str(folder / "data"), "--epoch", epoch]
    agent += ["--time-lapse", f"{rate:g}", "--lang", language, "--json", "--parent", me]
    for old, new in (
        (f"127.0.0.1:{wanted['modbus']}", f"127.0.0.1:{port['modbus']}"),
        (f"127.0.0.1:{wanted['broker']}", f"127.0.0.1:{port['broker']}"),
        (f"{plant.api.host}:{plant.api.port}", f"{plant.api.host}:{port['api']}"),
        (f"{plant.console.host}:{plant.console.port}", f"{plant.console.host}:{port['console']}"),
        (config.api_base, f"http://127.0.0.1:{port['standin']}"),
        (config.oapi_base, f"http://127.0.0.1:{port['standin']}"),
    ):
        agent += ["--redirect", f"{old}={new}"]

    world = (("broker", broker), ("standin", standin), ("devices", devices))
    await _start_side_by_side([start(name, command, folder) for name, command in world], parts)
    # Last: what it would find missing it would raise alarms about.
    await _start_side_by_side([start("agent", agent, folder, environment)], parts)
    ready = {part.name: part.ready for part in parts}
    return {
        "api": str(ready["agent"]["api"]),
        "console": str(ready["agent"]["console"]),
        "setup_code": str(ready["agent"]["setup_code"]),
        "standin": f"http://127.0.0.1:{port['phones']}",
        "control": f"http://127.0.0.1:{ready['devices']['control_port']}",
    }


async def _start_side_by_side(coming: Sequence[Coroutine[Any, Any, Part]], parts: list[Part]) -> None:
    """Add each to `parts` as it comes up, so that whoever comes after a failure can end it."""
    starting = [asyncio.create_task(each) for each in coming]
    try:
        for task in asyncio.as_completed(starting):
            parts.append(await task)
    finally:
        for unfinished in starting:
            unfinished.cancel()
        await asyncio.gather(*starting, return_exceptions=True)

"""The entry: a plant folder becomes a running agent.

It reads as a table of contents, on purpose in one piece: what is done, in which order, and (on the line after) how it is
undone, so that a half start stops as cleanly as a whole one.
"""

from __future__ import annotations

import asyncio
import secrets
import shutil
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog
import uvicorn

from cloud_bridge.carriers import SocketCarriers
from cloud_bridge.catalog import CHANNELS
from cloud_bridge.dingtalk.transport import HttpTransport
from drivers.catalog import DRIVERS
from drivers.links import SocketLinks
from edge.api.app import create_app
from edge.config.plant import Plant
from edge.config.secret import reveal
from edge.history.folder_shelf import FolderShelf
from edge.history.history import SampleHistory
from edge.history.tidying import Limits
from edge.model.moment import Moment
from edge.model.stage import PLANT
from edge.runtime.children import stop_with, supervise
from edge.runtime.clock import SteadyClock
from edge.runtime.gateway import Gateway
from edge.runtime.heap import release_heap, settle_heap
from edge.runtime.offload import WriterThread
from edge.runtime.outside import Outside
from edge.store.accounts import has_accounts
from edge.store.host import claim_host, this_host
from edge.store.store import open_store

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line adds to the plant folder. rate, epoch: time-lapse, for demos. parent: stop when the process
    of this id, which started us, is gone; None: outlive it. take_over: this host talks to the cloud from now on, whichever did
    before."""

    data_folder: Path
    rate: float = 1.0
    epoch: Moment | None = None
    console: bool = True
    language: str = "en"
    parent: int | None = None
    take_over: bool = False


@dataclass(frozen=True, slots=True)
class Started:
    """What a person must know once it runs. setup_code: None when accounts exist already. stage: of the plant; in shadow nobody
    is told."""

    api: str
    console: str | None
    setup_code: str | None
    stage: str


async def run_agent(plant: Plant, options: Options, announce: Callable[[Started], None]) -> None:
    """Run until SIGINT or SIGTERM. Raises StoreError when the database cannot be used, OtherHostError when it belongs to
    another host, OSError when a port is taken."""
    async with AsyncExitStack() as stack:
        stopping = _stop_signal()

        # the store, and its one thread
        writer = WriterThread("store")
        stack.callback(writer.close)
        clock = SteadyClock(options.rate, options.epoch)
        store = await writer.run(lambda: open_store(options.data_folder, site=plant.site, agent=plant.agent, now=clock.now()))
        stack.push_async_callback(writer.run, store.close)
        if any(CHANNELS[name].is_exclusive(config) for name, config in plant.channels.items()):
            _claim_host(options)

        # the history: a thread that writes and one that answers, which stand back for everything above
        keeper = WriterThread("history", niceness=10)
        stack.callback(keeper.close)
        answerer = WriterThread("trends", niceness=5)
        stack.callback(answerer.close)
        shelf = FolderShelf(options.data_folder / "history", Limits(plant.history.keep, plant.history.quota))
        history = SampleHistory(shelf, clock, writing=keeper, reading=answerer, segment=plant.history.segment)
        stack.push_async_callback(history.close)

        # restore the engine, open drivers and channels, start the tasks
        outside = Outside(
            clock=clock,
            offload=writer,
            store=store,
            history=history,
            links=SocketLinks(clock),
            transport=HttpTransport(),
            carriers=SocketCarriers(),
            drivers=DRIVERS,
            channels=CHANNELS,
            secret=reveal,
            disk_free=partial(_disk_free, options.data_folder),
            drift=(lambda: 0) if options.rate != 1.0 else clock.drift,
        )
        gateway = Gateway(plant, outside, rate=options.rate)
        stack.push_async_callback(gateway.stop)
        setup_code = None if await writer.run(has_accounts, store) else secrets.token_urlsafe(9)
        # Both before the gateway starts: they take most of a second, in which no device would be read.
        app = create_app(gateway, setup_code=setup_code)
        settle_heap()
        stack.callback(release_heap)
        await gateway.start()

        # the faces: the API in this process, the console in its own
        listening = _listen(plant.api.host, plant.api.port)
        server = _Server(uvicorn.Config(app, log_config=None, lifespan="off"))
        serving = asyncio.create_task(server.serve(sockets=[listening]), name="api")
        stack.push_async_callback(_stop_serving, server, serving)
        await server.is_up.wait()
        api = f"http://{plant.api.host}:{plant.api.port}"
        stage = str(gateway.stages()[PLANT].stage)
        if options.console:
            arguments = ["--api", api, "--host", plant.console.host, "--port", str(plant.console.port)]
            arguments += ["--lang", options.language]
            console = asyncio.create_task(
                supervise(
                    "edge.console",
                    arguments,
                    clock,
                    lambda ready: announce(Started(api, f"http://{plant.console.host}:{ready['port']}", setup_code, stage)),
                ),
                name="console",
            )
            stack.push_async_callback(_cancel, console)
        else:
            announce(Started(api, None, setup_code, stage))

        # wait for a signal, or for something to break
        running = asyncio.create_task(gateway.run(), name="gateway")
        stack.push_async_callback(_cancel, running)
        stopped = asyncio.create_task(stopping.wait(), name="signal")
        stack.push_async_callback(_cancel, stopped)
        if options.parent is not None:
            orphaned = asyncio.create_task(stop_with(options.parent, stopping), name="parent")
            stack.push_async_callback(_cancel, orphaned)
        done, _ = await asyncio.wait({running, serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if stopped in done:
            await gateway.drain()
        for task in done - {stopped}:
            task.result()


class _Server(uvicorn.Server):
    """Uvicorn takes SIGINT and SIGTERM for itself while it serves; here the agent has them. is_up: set once it serves."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _claim_host(options: Options) -> None:
    before = claim_host(options.data_folder, this_host(options.data_folder), take_over=options.take_over)
    if before is not None:
        log.warning("this host has taken over the plant's cloud", before=f"{before.name}:{before.folder}")


def _disk_free(folder: Path) -> float:
    """In percent."""
    disk = shutil.disk_usage(folder)
    return 100 * disk.free / disk.total


def _listen(host: str, port: int) -> socket.socket:
    """A bound socket. Raises OSError that names the address."""
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise OSError(f"{host}:{port}: {error.strerror}; change `api:` in gateway.yaml") from error
    return listening


def _stop_signal() -> asyncio.Event:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    return stopping


async def _stop_serving(server: uvicorn.Server, serving: asyncio.Task[None]) -> None:
    server.should_exit = True
    await asyncio.wait({serving}, timeout=5)
    await _cancel(serving)


async def _cancel(task: asyncio.Task[None] | asyncio.Task[bool]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

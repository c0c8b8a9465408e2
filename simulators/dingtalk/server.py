"""The stand-in as a process: ports, signals, the ready line, and dying with its parent.

`run` is what `python -m simulators.dingtalk` and `andon simulate dingtalk` call.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import random
import signal
import socket
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any

import uvicorn

from simulators.dingtalk.app import build_app
from simulators.dingtalk.cloud import Cloud
from simulators.dingtalk.files import SAMPLE, bundled_template, read_organisation
from simulators.dingtalk.gate import Gate, bind
from simulators.dingtalk.organisation import Organisation, OrganisationError, load
from simulators.dingtalk.shell import Shell

PORTS_TRIED = 20
PARENT_LOOK_S = 1.0

MESSAGES: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "port_taken": "端口 {taken} 已被占用，改用 {port}。",
        "no_port": "从 {first} 到 {last} 的端口都被占用：请用 --port 指定其他端口，或 --port 0 自动选择。",
        "organisation": "组织文件需要修改：",
    },
    "en": {
        "port_taken": "Port {taken} is taken, using {port} instead.",
        "no_port": "All ports from {first} to {last} are taken: give another one with --port, or --port 0 for a free one.",
        "organisation": "The organisation file needs mending:",
    },
}

Say = Callable[[str], None]


def run(
    *,
    port: int = 0,
    organisation: Path | Mapping[str, Any] | None = None,
    language: str = "zh",
    host: str = "127.0.0.1",
    public_host: str = "",
    control_port: int | None = None,
    parent: int | None = None,
    announce: Say = print,
    complain: Say = print,
) -> int:
    """Serve until SIGTERM or SIGINT, or until the process `parent` has died; returns the exit code.

    port: where the gateway calls (0 = a free one; a taken one is replaced by the next free one, with a message).
    control_port: where phones and control API stay reachable while the way is cut (None = the one after `port`, or the
    next free one). organisation: a file, parsed data, or None for the sample. public_host: the name by which the gateway
    reaches this machine, when `host` is not one. announce: gets the ready line, one line of JSON with port, url,
    control_url and phones_url. Exit codes: 0 stopped, 2 the organisation is wrong or no port is free.
    """
    texts = MESSAGES[language]
    try:
        played = _organisation(organisation)
    except OrganisationError as error:
        complain("\n".join([texts["organisation"], *error.problems]))
        return 2
    try:
        outer = _bind_free(host, port, texts, complain)
        behind = control_port if control_port is not None else (outer.getsockname()[1] + 1 if port else 0)
        inner = _bind_free("127.0.0.1", behind, texts, complain if control_port else _silent)
    except NoPortError as error:
        complain(str(error))
        return 2
    serving = _serve(played, outer, inner, public_host=public_host or host, language=language, parent=parent, announce=announce)
    asyncio.run(serving)
    return 0


class NoPortError(Exception):
    """No port near the wanted one is free."""


class QuietServer(uvicorn.Server):
    """Leaves signals to us: uvicorn's own handling would end the process by the signal instead of by its exit code."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


async def _serve(
    organisation: Organisation,
    outer: socket.socket,
    inner: socket.socket,
    *,
    public_host: str,
    language: str,
    parent: int | None,
    announce: Say,
) -> None:
    port, control_port = outer.getsockname()[1], inner.getsockname()[1]
    url, control_url = f"http://{public_host}:{port}", f"http://127.0.0.1:{control_port}"
    cloud = Cloud(
        organisation,
        random.SystemRandom(),
        [bundled_template()],
        oapi_url=url,
        stream_url=f"ws://{public_host}:{port}/connect",
    )
    gate = Gate(outer, control_port)
    shell = Shell(cloud, gate)
    config = uvicorn.Config(
        build_app(shell, language=language),
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws="websockets-sansio",
        timeout_graceful_shutdown=1,
    )
    server = QuietServer(config)

    async with asyncio.TaskGroup() as tasks:
        _stop_on_signals(shell)
        watch = tasks.create_task(_watch_parent(parent, shell), name="parent watch")
        serving = tasks.create_task(server.serve(sockets=[inner]), name="server")
        tasks.create_task(shell.run(), name="shell")
        ready = {
            "ready": True,
            "port": port,
            "url": url,
            "control_url": control_url,
            "phones_url": f"{control_url}/phones",
        }
        announce(json.dumps(ready))
        await shell.stopping.wait()
        watch.cancel()
        server.should_exit = True
        await serving
        await gate.shut()


def _organisation(organisation: Path | Mapping[str, Any] | None) -> Organisation:
    if isinstance(organisation, Mapping):
        return load(organisation)
    return read_organisation(organisation or SAMPLE)


def _bind_free(host: str, port: int, texts: Mapping[str, str], complain: Say) -> socket.socket:
    """The wanted port, or the next free one with a message."""
    last = port + PORTS_TRIED if port else 0
    for candidate in range(port, min(last, 65_535) + 1):
        try:
            listener = bind(host, candidate)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise NoPortError(f"{host}:{candidate}: {error.strerror}") from error
            continue
        if candidate != port:
            complain(texts["port_taken"].format(taken=port, port=candidate))
        return listener
    raise NoPortError(texts["no_port"].format(first=port, last=last))


def _silent(_text: str) -> None:
    """Nobody asked for this very port, so nobody needs to know that another was taken."""


def _stop_on_signals(shell: Shell) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        # Not from a thread that is not the main one: there whoever started us stops us.
        with contextlib.suppress(ValueError, RuntimeError, NotImplementedError):
            loop.add_signal_handler(number, shell.stop)


async def _watch_parent(parent: int | None, shell: Shell) -> None:
    """Stop when the process `parent` has died. Bound to the process, as PR_SET_PDEATHSIG is not: that signal comes
    when the *thread* that started us ends."""
    if parent is None:
        return
    gone = asyncio.Event()
    try:
        descriptor = os.pidfd_open(parent)
    except (AttributeError, OSError):
        while os.getppid() == parent and not shell.stopping.is_set():
            await shell.pause(PARENT_LOOK_S)
        shell.stop()
        return
    loop = asyncio.get_running_loop()
    loop.add_reader(descriptor, gone.set)
    try:
        await gone.wait()
        shell.stop()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)

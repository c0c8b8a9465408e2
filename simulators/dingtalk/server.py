"""The stand-in as a process: its two ports, the ready line, and its end.

`run` is what `python -m simulators.dingtalk` and `andon simulate dingtalk` call.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import sys
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import uvicorn

from simulators.dingtalk.app import build_app
from simulators.dingtalk.cloud import Cloud
from simulators.dingtalk.files import SAMPLE, bundled_template, read_organisation
from simulators.dingtalk.gate import Gate
from simulators.dingtalk.organisation import Organisation
from simulators.dingtalk.organisation_file import OrganisationError, load
from simulators.dingtalk.poster import post_for
from simulators.dingtalk.shell import Shell
from simulators.dingtalk.state_file import StateFile, StateFileError
from simulators.process import announce, claim_port, stopped

ORGANISATION_WRONG: Mapping[str, str] = {
    "zh": "dingtalk: 组织文件需要修改：",
    "en": "dingtalk: the organisation needs mending:",
}


def run(
    *,
    port: int = 0,
    organisation: Path | Mapping[str, Any] | None = None,
    language: str = "zh",
    host: str = "127.0.0.1",
    public_host: str = "",
    control_port: int | None = None,
    state: Path | None = None,
    parent: int | None = None,
) -> int:
    """Serve until SIGTERM or SIGINT, or until the process `parent` is gone; returns the exit code.

    port: where the gateway calls (0 = a free one; a taken one is replaced by the next free one, which stderr says).
    control_port: where phones and control API stay reachable while the way is cut (None = the next free one after
    `port`). organisation: a file, parsed data, or None for the sample. public_host: the name by which the gateway reaches
    this machine, when `host` is not one. state: a file that keeps chats, cards and the rest over a restart; None = they are in
    memory. Announces one line of JSON on stdout with port, url, control_url, phones_url.
    Exit codes: 0 stopped as asked, 1 no port to be had, 2 the organisation or the state file is wrong.
    """
    try:
        played = _organisation(organisation)
    except OrganisationError as error:
        print("\n".join([ORGANISATION_WRONG[language], *error.problems]), file=sys.stderr)
        return 2
    try:
        outer = claim_port(host, port, "dingtalk")
        beside = control_port if control_port is not None else (outer.getsockname()[1] + 1 if port else 0)
        inner = claim_port("127.0.0.1", beside, "dingtalk phones and control")
    except OSError as problem:
        print(f"dingtalk: {host}:{port}: {problem.strerror}", file=sys.stderr)
        return 1
    port, name = outer.getsockname()[1], public_host or host
    cloud = Cloud(
        played,
        random.SystemRandom(),
        [bundled_template()],
        oapi_url=f"http://{name}:{port}",
        stream_url=f"ws://{name}:{port}/connect",
    )
    kept = StateFile(state) if state is not None else None
    try:
        if kept is not None:
            kept.restore(cloud)
    except StateFileError as error:
        print(f"dingtalk: {error}", file=sys.stderr)
        return 2
    asyncio.run(_serve(cloud, outer, inner, kept, public_host=name, language=language, parent=parent))
    return 0


class QuietServer(uvicorn.Server):
    """Leaves signals to us: uvicorn's own handling would end the process by the signal instead of by its exit code."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


async def _serve(
    cloud: Cloud,
    outer: socket.socket,
    inner: socket.socket,
    kept: StateFile | None,
    *,
    public_host: str,
    language: str,
    parent: int | None,
) -> None:
    port, control_port = outer.getsockname()[1], inner.getsockname()[1]
    url, control_url = f"http://{public_host}:{port}", f"http://127.0.0.1:{control_port}"
    gate = Gate(outer, control_port)
    shell = Shell(cloud, gate)
    config = uvicorn.Config(
        build_app(shell, language=language),
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws="websockets-sansio",
        # As long as web servers commonly keep an idle connection; uvicorn's own 5 s would meet callers that call every 5 s.
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
    )
    server = QuietServer(config)
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(server.serve(sockets=[inner]), name="server")
        tasks.create_task(shell.run(), name="shell")
        tasks.create_task(post_for(shell), name="poster")
        if kept is not None:
            tasks.create_task(kept.follow(shell), name="state file")
        announce(port=port, url=url, control_url=control_url, phones_url=f"{control_url}/phones")
        await stopped(parent)
        shell.stop()
        server.should_exit = True
        await serving
        await gate.shut()


def _organisation(organisation: Path | Mapping[str, Any] | None) -> Organisation:
    if isinstance(organisation, Mapping):
        return load(organisation)
    return read_organisation(organisation or SAMPLE)

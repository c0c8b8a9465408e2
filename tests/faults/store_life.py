"""One life of `store_workload`, forked, so that it can be killed at a crash point or at a call of the operating system."""

from __future__ import annotations

import ctypes
import multiprocessing
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

import alembic.command  # noqa: F401 - imported here once; otherwise every life that makes a database pays for it

from edge.crash import hooked, kill_at
from edge.model.errors import StoreError
from tests.faults.store_workload import run

_PR_SET_PTRACER, _ANYBODY = 0x59616D61, ctypes.c_ulong(-1)


@dataclass
class Life:
    """end: the exit code, or minus the signal. confirmed: what it said. refusal: the StoreError it ended with."""

    end: int = 0
    confirmed: list[str] = field(default_factory=list)
    refusal: str = ""


def live(folder: Path, rounds: int, *, crash: tuple[str, int] | None = None, inject: str | None = None) -> Life:
    """crash: a crash point and its passage. inject: a rule of strace, like `pwrite64:signal=KILL:when=7`, counted from the
    first instruction of the workload."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_live, args=(folder, rounds, crash, ours, theirs))
    process.start()
    theirs.close()
    assert process.pid is not None
    life = Life()
    with _traced(process.pid, inject) if inject else nullcontext():
        ours.send("go")
        try:
            while True:
                kind, line = ours.recv()
                if kind == "refused":
                    life.refusal = line
                else:
                    life.confirmed.append(line)
        except (EOFError, ConnectionResetError):
            process.join(60)
    assert process.exitcode is not None
    life.end = process.exitcode
    return life


def _live(folder: Path, rounds: int, crash: tuple[str, int] | None, ours: Connection, theirs: Connection) -> None:
    ours.close()
    ctypes.CDLL(None).prctl(_PR_SET_PTRACER, _ANYBODY)  # Ubuntu lets a process be traced by its parents only
    theirs.recv()
    try:
        with hooked(kill_at(*crash)) if crash else nullcontext():
            run(folder, rounds, lambda line: theirs.send(("confirmed", line)))
    except StoreError as error:
        theirs.send(("refused", str(error)))
        sys.exit(3)


@contextmanager
def _traced(pid: int, inject: str) -> Iterator[None]:
    call = inject.partition(":")[0]
    command = ["strace", "-p", str(pid), "-o", "/dev/null", "-e", f"trace={call}", f"--inject={inject}"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as strace:
        assert strace.stderr is not None
        attached = strace.stderr.readline()
        assert "attached" in attached, attached
        yield


def why_no_strace() -> str | None:
    """Why calls cannot be injected here; None when they can."""
    if shutil.which("strace") is None:
        return "strace is not installed: apt-get install strace"
    tried = subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, text=True, timeout=10, check=False)
    return f"strace may not trace here: {tried.stderr.strip()}" if tried.returncode else None

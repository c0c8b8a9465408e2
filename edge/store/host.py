"""On which host a data folder belongs to the plant's cloud: recorded beside the database, and compared at each start.

Two gateways with one application share the presses on cards at random, and both tell everybody. That happens when a disk, a
container or a folder is copied and both copies run. So the first start against a real cloud writes down where it is, and a
start anywhere else is refused until a person says that this one takes over (`andon run --take-over`).

A host is known by its machine id (or what `ANDON_HOST` says, for containers that are made anew) and the path of the folder: a
folder that was copied on one machine is elsewhere, too.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from edge.model.errors import StoreError

FILE = "host.json"
#: Names the host where it has no lasting id of its own.
ENVIRONMENT = "ANDON_HOST"
_MACHINE_IDS = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))


@dataclass(frozen=True, slots=True)
class Host:
    """machine: a digest, which tells machines apart and names none. name: for people. folder: as the host calls it."""

    machine: str
    name: str
    folder: str

    def is_same(self, other: Host) -> bool:
        """Its name may change."""
        return (self.machine, self.folder) == (other.machine, other.folder)


class OtherHostError(Exception):
    """The data folder belongs to another host, and nobody has said that this one takes over."""

    def __init__(self, recorded: Host, here: Host) -> None:
        super().__init__(f"the data folder belongs to {recorded.name}:{recorded.folder}, this is {here.name}:{here.folder}")
        self.recorded = recorded
        self.here = here


def this_host(folder: Path, environment: Mapping[str, str] = os.environ) -> Host:
    name = socket.gethostname()
    known_by = environment.get(ENVIRONMENT) or next(filter(None, map(_read_id, _MACHINE_IDS)), name)
    # A digest of its own purpose: the machine's id itself is not to be given away (machine-id(5)).
    machine = hashlib.sha256(f"andon host\n{known_by}".encode()).hexdigest()[:32]
    return Host(machine, environment.get(ENVIRONMENT) or name, str(folder.resolve()))


def claim_host(folder: Path, here: Host, *, take_over: bool = False) -> Host | None:
    """Make sure that this is the recorded host, or record it; None, or whom it was taken over from.

    Raises OtherHostError, with nothing changed; StoreError when the record cannot be read or written."""
    recorded = _read(folder / FILE)
    if recorded is not None and recorded.is_same(here):
        return None
    if recorded is not None and not take_over:
        raise OtherHostError(recorded, here)
    _write(folder / FILE, here)
    return recorded


def _read(file: Path) -> Host | None:
    try:
        return Host(**json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(f"{file}: it cannot be read: {error.strerror}") from error
    except (ValueError, TypeError) as error:
        raise StoreError(f"{file}: it is damaged: remove it, if this is the host that talks to the cloud") from error


def _write(file: Path, host: Host) -> None:
    """Aside, synced, then under its name: a crash leaves the old record or the new one."""
    aside = file.with_name(f"{file.name}.new")
    try:
        with aside.open("w", encoding="utf-8") as stream:
            json.dump(asdict(host), stream, ensure_ascii=False)
            stream.flush()
            os.fsync(stream.fileno())
        aside.rename(file)
    except OSError as error:
        raise StoreError(f"{file}: it cannot be written: {error.strerror}") from error


def _read_id(file: Path) -> str:
    """Empty where there is none: an image of a container may have the file without an id."""
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""

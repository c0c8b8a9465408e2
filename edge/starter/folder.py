"""`andon init`: a new plant folder that `andon check` and `andon test` are content with, explained line by line.

Its files are those of `plant/`; what they are worth is in their comments. Nothing that exists is ever written over.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from edge.config.text.values import Host
from edge.probe.target import Target, parse_target
from edge.starter.template import written

MODBUS_EXAMPLE = Target("192.168.1.10", 502)
MQTT_EXAMPLE = Target("192.168.1.20", 1883)
#: What may already be there: somebody made the repository first.
_NO_CONTENT = frozenset({".git"})
#: Names that a package cannot hold as they are.
_RENAMED = {"gitignore": ".gitignore", "README.zh.md": "README.md", "README.en.md": "README.md"}


class NotEmpty(Exception):
    """There is something in the folder already, or it is a file."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the new plant is to be. language: of comments, cards and README, zh or en."""

    site: str
    language: str
    modbus: Target = MODBUS_EXAMPLE
    mqtt: Target = MQTT_EXAMPLE


def site_of(folder_name: str) -> str:
    """The name of a folder as a site's: what a name cannot hold becomes `_`; `plant` when nothing is left of it."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", folder_name).strip("_-")
    return re.sub(r"^[^A-Za-z]+", "", name)[:64] or "plant"


def wish_of(folder_name: str, language: str, *, modbus: str = "", mqtt: str = "") -> Wish:
    """What the words of a command line ask for. modbus, mqtt: HOST, HOST:PORT or [IPv6]:PORT, or nothing for an example.
    ValueError for any other address."""
    return Wish(
        site_of(folder_name),
        language,
        modbus=_endpoint(modbus, MODBUS_EXAMPLE.port) if modbus else MODBUS_EXAMPLE,
        mqtt=_endpoint(mqtt, MQTT_EXAMPLE.port) if mqtt else MQTT_EXAMPLE,
    )


def _endpoint(text: str, default_port: int) -> Target:
    target = parse_target(text, default_port)
    try:
        TypeAdapter(Host).validate_python(target.host)
    except ValidationError:
        raise ValueError(f"{text}: HOST, HOST:PORT, [IPv6]:PORT") from None
    return target


def starter_files(wish: Wish) -> dict[str, str]:
    """The texts of a new plant by path, relative with `/`, sorted."""
    values = {
        "site": wish.site,
        "language": wish.language,
        "modbus_host": _scalar(wish.modbus.host),
        "modbus_port": str(wish.modbus.port),
        "mqtt_host": _scalar(wish.mqtt.host),
        "mqtt_port": str(wish.mqtt.port),
        "modbus": str(wish.modbus),
        "mqtt": str(wish.mqtt),
    }
    other = "README.en.md" if wish.language == "zh" else "README.zh.md"
    return {
        _RENAMED.get(path, path): written(template, values, wish.language)
        for path, template in sorted(_templates(files(__package__) / "plant").items())
        if path != other
    }


def write_starter(folder: Path, texts: Mapping[str, str]) -> None:
    """Write a new plant folder. NotEmpty, with nothing touched, if there is anything in it; OSError if it cannot be written."""
    if folder.exists() and (not folder.is_dir() or {entry.name for entry in folder.iterdir()} - _NO_CONTENT):
        raise NotEmpty(str(folder))
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)


def _templates(folder: Traversable, prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in folder.iterdir():
        if entry.is_dir():
            found |= _templates(entry, f"{prefix}{entry.name}/")
        else:
            found[prefix + entry.name] = entry.read_text(encoding="utf-8")
    return found


def _scalar(host: str) -> str:
    """A host as YAML takes it: `::1` needs quotes, names and numbers do not."""
    return f'"{host}"' if ":" in host else host

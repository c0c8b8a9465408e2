"""The device types that come with Andon: what there is, and what putting one into a plant folder changes.

A type is a library (`edge/config/library.py`), in `drivers/*/device_types/NAME/`. A plant gets a copy of its own, because what
wakes people must not change with the next version of Andon. Not here: writing files, printing (`edge/cli/types_verbs.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from edge.config.folder import PlantFiles
from edge.config.library import LIBRARIES_FILE, LIBRARY_FILE
from edge.config.text.finding import Findings, Place
from edge.config.text.source import Node, parse
from edge.config.text.yaml_edit import Edit, NotEditable, edited

FOLDER = "device_types"
#: Where they go in a plant folder.
LIBRARIES_FOLDER = "libraries"


class NotAddable(Exception):
    """Another library of this name is in the plant already, or `libraries.yaml` cannot be changed from here. place: of what is
    in the way."""

    def __init__(self, place: Place) -> None:
        super().__init__(str(place))
        self.place = place


@dataclass(frozen=True, slots=True)
class BundledType:
    """files: by path within the library, with `/`, sorted."""

    name: str
    driver: str
    files: Mapping[str, bytes]

    @property
    def about(self) -> Node:
        return self._parsed(LIBRARY_FILE)

    @property
    def version(self) -> str:
        return self.about.text("version") or ""

    @property
    def digest(self) -> str:
        return PlantFiles(self.files).digest("")

    @property
    def type_node(self) -> Node:
        """The device type, as it is written."""
        return self._parsed(self._devices).follow(("types", self.name))

    @property
    def rules(self) -> Mapping[str, Node]:
        return self._parsed(f"rules/{self.name}.yaml").follow(("rules",)).entries

    @property
    def source(self) -> list[str]:
        """What the file says above its first key: maker, model, where the registers are from, what is left out."""
        lines = self.files[self._devices].decode().splitlines()
        return [line.removeprefix("#").strip() for line in lines[: next(n for n, line in enumerate(lines) if line[:1] != "#")]]

    @property
    def _devices(self) -> str:
        return f"devices/{self.name}.yaml"

    def _parsed(self, file: str) -> Node:
        node = parse(self.files[file], file, Findings())
        assert node is not None, f"{self.name}: {file} comes with Andon and can be read"
        return node


def bundled_types(drivers: Mapping[str, object]) -> dict[str, BundledType]:
    """All there are, by name. drivers: the catalog's names."""
    found = [each for driver in drivers for each in _types_of(driver)]
    return {each.name: each for each in sorted(found, key=lambda each: each.name)}


def added(bundled: BundledType, libraries: bytes | None) -> dict[str, bytes]:
    """The files of a plant folder that putting a type into it writes, by path. libraries: its `libraries.yaml`, if there is
    one. Raises NotAddable."""
    path = f"{LIBRARIES_FOLDER}/{bundled.name}"
    use = {"path": path, "version": bundled.version, "hash": bundled.digest}
    copied = {f"{path}/{name}": data for name, data in bundled.files.items()}
    return {**copied, LIBRARIES_FILE: _with_use(bundled.name, use, libraries)}


def _with_use(name: str, use: Mapping[str, str], libraries: bytes | None) -> bytes:
    if not (libraries or b"").strip():
        inner = ", ".join(f'{key}: "{value}"' for key, value in use.items())
        return f"libraries:\n  {name}: {{{inner}}}\n".encode()
    assert libraries is not None
    root = parse(libraries, LIBRARIES_FILE, Findings())
    if root is None:
        raise NotAddable(Place(LIBRARIES_FILE, 1, 1))
    section = root.get("libraries")
    known = section.get(name) if section is not None else None
    if known is not None:
        if known.plain() == use:
            return libraries
        raise NotAddable(known.key)
    edit = Edit(("libraries", name), use) if section is not None else Edit(("libraries",), {name: use})
    try:
        return edited(libraries, LIBRARIES_FILE, [edit])
    except NotEditable as error:
        raise NotAddable(error.place) from None


def _types_of(driver: str) -> Iterator[BundledType]:
    folder = files("drivers") / driver / FOLDER
    if folder.is_dir():
        for each in folder.iterdir():
            if each.is_dir() and (each / LIBRARY_FILE).is_file():
                yield BundledType(each.name, driver, dict(sorted(_files(each))))


def _files(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _files(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".yaml"):
            yield prefix + entry.name, entry.read_bytes()

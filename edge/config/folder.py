"""The files of a plant folder: which belong to it, and their bytes. Nothing is read that is not known by its name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from errno import EINVAL
from pathlib import Path

from edge.config.misplaced import home_of, looks_like_yaml
from edge.config.text.finding import Findings, Place
from edge.config.text.source import BYTES_MAX

SINGLE_FILES = ("gateway.yaml", "people.yaml", "response.yaml", "cloud.yaml", "libraries.yaml", "writes.yaml")
FOLDERS = ("devices", "rules", "scenarios")
LIBRARY_FOLDERS = ("devices", "rules")
#: Not read by the gateway: by the simulators, and by the commands about reviews.
REVIEWED_FILE = "rules/reviewed.yaml"
OTHERS = ("simulation.yaml", REVIEWED_FILE)
FILES_MAX = 1000
BEGINNING = 64_000


@dataclass(frozen=True, slots=True)
class PlantFiles:
    """content: bytes by path relative to the plant folder, with `/`, sorted; None for a file that cannot be read. astray: files
    that nothing reads, and where they seem to belong; None where that cannot be told."""

    content: Mapping[str, bytes | None]
    astray: Mapping[str, str | None] = field(default_factory=dict)

    def under(self, folder: str) -> dict[str, bytes | None]:
        return {name: data for name, data in self.content.items() if name.startswith(f"{folder}/")}

    @property
    def revision(self) -> str:
        """A digest of names and contents: equal files, equal revision."""
        return self._digest("")

    def digest(self, prefix: str) -> str:
        """`sha256:...` of a library's files, the same wherever it lies. prefix: what its files' names begin with."""
        return f"sha256:{self._digest(prefix)}"

    def _digest(self, prefix: str) -> str:
        digest = hashlib.sha256()
        for name, data in sorted(self.content.items()):
            for part in (name.removeprefix(prefix).encode(), data or b""):
                digest.update(len(part).to_bytes(8, "big") + part)
        return digest.hexdigest()


def read_files(folder: Path, findings: Findings) -> PlantFiles:
    """All files of the plant."""
    content: dict[str, bytes | None] = {}
    astray: dict[str, str | None] = {}
    for path, name in _yaml_files(folder, findings):
        if len(content) >= FILES_MAX:
            findings.error(Place(name, 1, 1), "too_many_files", most=FILES_MAX)
            break
        if name in OTHERS:
            continue
        if name in SINGLE_FILES or (name.partition("/")[0] in FOLDERS and name.count("/") == 1 and name.endswith(".yaml")):
            content[name] = _bytes(path, name, findings)
        else:
            astray[name] = home_of(name, _beginning(path), SINGLE_FILES, FOLDERS)
    return PlantFiles(dict(sorted(content.items())), astray)


def reviewed_bytes(folder: Path) -> bytes | None:
    """The record of reviews; None when there is none, or it cannot be read."""
    try:
        with (folder / REVIEWED_FILE).open("rb") as file:
            return file.read(BYTES_MAX + 1)
    except OSError:
        return None


def read_library_files(folder: Path, path: str, place: Place, findings: Findings) -> PlantFiles | None:
    """The files of a library. path: from the plant folder, as written at `place`; None, with a finding, if it is none."""
    library = folder / path
    if not _is_folder(library):
        findings.error(place, "library_missing", path=path)
        return None
    prefix = path.rstrip("/")
    content: dict[str, bytes | None] = {}
    for file, name in _yaml_files(library, findings):
        shown = f"{prefix}/{name}"
        if name == "library.yaml" or (name.partition("/")[0] in LIBRARY_FOLDERS and name.endswith(".yaml")):
            content[shown] = _bytes(file, shown, findings)
        else:
            findings.note(Place(shown, 1, 1), "file_not_read_in_library", name=shown)
    if f"{prefix}/library.yaml" not in content:
        findings.error(place, "library_without_file", path=path)
        return None
    return PlantFiles(dict(sorted(content.items())[:FILES_MAX]))


def _yaml_files(folder: Path, findings: Findings) -> Iterator[tuple[Path, str]]:
    """What is, or was meant to be, a YAML file: at the top, in the folders there, and in the folders of those that belong to a
    plant; sorted. A library is read by itself."""
    for path in _listed(folder, str(folder), findings):
        if looks_like_yaml(path.name):
            yield path, path.name
        elif path.is_dir() and not path.name.startswith(".") and not (path / "library.yaml").is_file():
            for file in _listed(path, path.name, findings):
                if looks_like_yaml(file.name):
                    yield file, f"{path.name}/{file.name}"
                elif path.name in FOLDERS and file.is_dir():
                    deeper = _listed(file, f"{path.name}/{file.name}", findings)
                    yield from ((each, f"{path.name}/{file.name}/{each.name}") for each in deeper if looks_like_yaml(each.name))


def _listed(folder: Path, name: str, findings: Findings) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        findings.error(Place(name, 1, 1), "folder_unreadable", reason=error.strerror or type(error).__name__)
        return []


def _beginning(path: Path) -> bytes:
    """Enough of a file to see what it is; nothing of one that cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(BEGINNING)
    except OSError:
        return b""


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name that no file system takes
        return False


def _bytes(path: Path, name: str, findings: Findings) -> bytes | None:
    try:
        # A pipe would never end.
        if path.exists() and not path.is_file():
            raise OSError(EINVAL, "not a regular file")
        # One byte more than allowed tells a file that is too large without reading all of it.
        with path.open("rb") as file:
            return file.read(BYTES_MAX + 1)
    except OSError as error:
        findings.error(Place(name, 1, 1), "file_unreadable", reason=error.strerror or type(error).__name__)
        return None

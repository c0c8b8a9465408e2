"""`libraries.yaml`: versioned folders of device types and rules that a plant uses, and what it overrides in them. Pure.

A library is a folder like a part of a plant: `library.yaml` says its version, `devices/` holds types and no devices, `rules/`
rules. A plant names path, version and hash: a library that changed without a word is refused, because its limits decide who is
woken. What a site needs otherwise it overrides key by key, each with a reason. Not here: the files themselves (`folder.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import AfterValidator, Field

from edge.config.folder import PlantFiles
from edge.config.text.finding import Findings, did_you_mean
from edge.config.text.reader import Reader, keys_of
from edge.config.text.source import Node, parse
from edge.config.text.values import FileModel, LongText, TwoLanguages, name_form, refuse

LIBRARIES_FILE = "libraries.yaml"
LIBRARY_FILE = "library.yaml"

_VERSION = re.compile(r"[0-9]{1,6}\.[0-9]{1,6}\.[0-9]{1,6}")
_HASH = re.compile(r"sha256:[0-9a-f]{64}")


def _version_form(given: str) -> str:
    if not _VERSION.fullmatch(given):
        raise refuse("config.version_form")
    return given


def _path_form(given: str) -> str:
    if not given.strip() or not given.isprintable() or "\\" in given:
        raise refuse("config.library_path_form")
    return given


Version = Annotated[str, AfterValidator(_version_form)]


class UseFile(FileModel):
    """A library as a plant uses it. path: from the plant folder. hash: without it or with a wrong one, the right is said."""

    path: Annotated[str, Field(max_length=400), AfterValidator(_path_form)]
    version: Version
    hash: str | None = None


class OverrideFile(FileModel):
    """Why a site has its own value; the value itself may be anything and is read where it belongs."""

    reason: LongText


class LibraryFile(FileModel):
    """`library.yaml` of a library."""

    version: Version
    words: TwoLanguages | None = None


@dataclass(frozen=True, slots=True)
class Library:
    """roots: its documents by name from the plant folder, None for one that cannot be read."""

    name: str
    version: str
    roots: Mapping[str, Node | None]

    def under(self, folder: str) -> dict[str, Node | None]:
        return {name: root for name, root in self.roots.items() if name.split("/")[-2:-1] == [folder]}


@dataclass(frozen=True, slots=True)
class Override:
    """path: `types`, the type, and so on. node: the value, at its place in `libraries.yaml`. instead_of: what the library says;
    None when it says nothing there."""

    path: tuple[str, ...]
    node: Node
    reason: str
    instead_of: Node | None = None

    def __str__(self) -> str:
        return ".".join(self.path)


@dataclass(frozen=True, slots=True)
class Libraries:
    """What `libraries.yaml` comes to. overrides: those that hit something. complete: no library was left out."""

    used: tuple[Library, ...]
    overrides: tuple[Override, ...]
    complete: bool = True

    def under(self, folder: str) -> dict[str, Node | None]:
        """The documents of all libraries for one folder of a plant, overrides applied; None for what cannot be read."""
        unread = {} if self.complete else {LIBRARIES_FILE: None}
        return unread | {name: root for library in self.used for name, root in library.under(folder).items()}


def read_libraries(root: Node | None, fetch: Callable[[str, Node], PlantFiles | None], reader: Reader) -> Libraries:
    """All libraries of a plant. fetch: the files of a library by its path from the plant folder, names counted from there too;
    None when it is no folder, which it has said."""
    if root is None:
        return Libraries((), (), complete=False)
    known = reader.known(root, LIBRARIES_FILE, ("libraries", "overrides"))
    uses = known.get("libraries")
    used = []
    complete = root.is_mapping and len(known.entries) == len(root.entries)
    if uses is not None:
        complete = complete and uses.is_mapping
        for name, node in reader.named(uses, "libraries", name_form).items():
            library = _read_library(name, node, fetch, reader)
            if library is not None:
                used.append(library)
            else:
                complete = False
    asked = _read_overrides(known.get("overrides"), reader)
    libraries = _overridden(used, asked, reader.findings if complete else Findings())
    return replace(libraries, complete=complete)


def _read_library(name: str, node: Node, fetch: Callable[[str, Node], PlantFiles | None], reader: Reader) -> Library | None:
    findings = reader.findings
    use = reader.read(UseFile, node, name)
    files = fetch(use.path, node.entries["path"]) if use is not None else None
    if use is None or files is None:
        return None
    prefix = f"{use.path.rstrip('/')}/"
    if use.hash != files.digest(prefix):
        place = node.entries["hash"].place if use.hash is not None else node.key
        sentence = "library_hash_missing" if use.hash is None else "library_hash"
        findings.error(place, sentence, name=name, hash=files.digest(prefix), version=use.version)
    roots = {file: parse(data, file, findings) if data is not None else None for file, data in files.content.items()}
    about_root = roots.pop(f"{prefix}{LIBRARY_FILE}", None)
    about = reader.read(LibraryFile, about_root, LIBRARY_FILE) if about_root is not None else None
    if about is not None and about.version != use.version:
        findings.error(node.entries["version"].place, "library_version", name=name, has=about.version, version=use.version)
    for document in roots.values():
        section = document.get("devices") if document is not None else None
        if section is not None:
            findings.error(section.key, "library_with_devices")
    return Library(name, use.version, roots)


def _read_overrides(section: Node | None, reader: Reader) -> list[Override]:
    if section is None:
        return []
    asked = []
    for name, node in reader.mapping(section, "overrides").items():
        path = tuple(name.split("."))
        if len(path) < 3 or path[0] not in ("types", "rules") or not all(path):
            reader.findings.error(node.key, "override_form", name=name)
            continue
        known = reader.known(node, name, (*keys_of(OverrideFile), "value"))
        read = reader.read(OverrideFile, known.without(["value"]), name)
        value = known.get("value")
        if value is None and known.is_mapping:
            reader.findings.error(node.key, "key_missing", key="value", name=name)
        if read is not None and value is not None:
            asked.append(Override(path, replace(value, key=node.key), read.reason))
    return asked


def _overridden(used: Sequence[Library], asked: Sequence[Override], findings: Findings) -> Libraries:
    """The libraries with each override in its place."""
    roots = {name: root for library in used for name, root in library.roots.items()}
    applied = []
    for override in asked:
        folder = "devices" if override.path[0] == "types" else "rules"
        owner = next(
            (name for library in used for name, root in library.under(folder).items() if _has(root, override.path[:2])), None
        )
        root = roots[owner] if owner is not None else None
        if owner is None or root is None:
            section = [root.entries[override.path[0]] for root in roots.values() if root and override.path[0] in root.entries]
            there = [f"{override.path[0]}.{name}" for each in section for name in each.entries]
            hint = did_you_mean(".".join(override.path[:2]), there)
            findings.error(override.node.key, "override_nothing", name=str(override), hint=hint)
            continue
        parent = root.follow(override.path[:-1])
        if not _has(root, override.path[:-1]) or not parent.is_mapping:
            findings.error(
                override.node.key, "override_nothing", name=str(override), hint=did_you_mean(str(override), _paths(root))
            )
            continue
        applied.append(replace(override, instead_of=parent.get(override.path[-1])))
        roots[owner] = _put(root, override.path, override.node)
    libraries = [replace(each, roots={name: roots[name] for name in each.roots}) for each in used]
    return Libraries(tuple(libraries), tuple(applied))


def _has(root: Node | None, path: Sequence[str]) -> bool:
    for step in path:
        root = root.get(step) if root is not None else None
    return root is not None


def _put(node: Node, path: Sequence[str], value: Node) -> Node:
    """The same document with another value at a path whose last step may be new."""
    step, rest = path[0], path[1:]
    inner = _put(node.entries[step], rest, value) if rest else value
    return replace(node, value={**node.entries, step: inner})


def _paths(node: Node, path: str = "") -> list[str]:
    """Every path of a document, for hints."""
    here = [f"{path}{key}" for key in node.entries]
    return [*here, *(deeper for key, child in node.entries.items() for deeper in _paths(child, f"{path}{key}."))]

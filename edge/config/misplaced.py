"""Files that nothing reads, and what they were probably meant to be: misspelt, with another ending, in another place. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from pathlib import PurePosixPath

#: Our ending, the other one there is for YAML, and what Windows makes of them.
_ENDING = re.compile(r"\.ya?ml(\.txt)?$", re.IGNORECASE)
#: What a key at the left margin says of a file: where its kind belongs.
_HOME_OF_KEY = {
    "site": "gateway.yaml",
    "agent": "gateway.yaml",
    "persons": "people.yaml",
    "routes": "response.yaml",
    "writes": "writes.yaml",
    "dingtalk": "cloud.yaml",
    "libraries": "libraries.yaml",
    "types": "devices",
    "devices": "devices",
    "rules": "rules",
    "steps": "scenarios",
}
_KEY = re.compile(rb"^([a-z]+):", re.MULTILINE)
_NEAR = 0.7


def looks_like_yaml(name: str) -> bool:
    """Whether a file's name says that it is one of ours, or was one before an editor renamed it (`gateway.yaml.txt`)."""
    return _ENDING.search(name) is not None


def home_of(name: str, content: bytes, singles: Sequence[str], folders: Sequence[str]) -> str | None:
    """Where a file that nothing reads belongs, relative to the plant folder; None when that cannot be told.

    name: relative, with `/`. content: as much as was read. singles, folders: the files and folders that a plant has."""
    path = PurePosixPath(name)
    stem = _ENDING.sub("", path.name)
    stems = {single.removesuffix(".yaml"): single for single in singles}
    if (folder := _folder_meant(path.parts[0], folders)) is not None and len(path.parts) > 1:
        return f"{folder}/{stem}.yaml"
    if near := difflib.get_close_matches(stem.lower(), stems, n=1, cutoff=_NEAR):
        return stems[near[0]]
    if (folder := _folder_meant(stem, folders)) is not None:
        return f"{folder}/{stem}.yaml"
    homes = {home for key in _KEY.findall(content) if (home := _HOME_OF_KEY.get(key.decode()))}
    if len(homes) != 1:
        return None
    (home,) = homes
    return home if home in singles else f"{home}/{stem}.yaml"


def _folder_meant(name: str, folders: Sequence[str]) -> str | None:
    """`scenarios` of `scenario` or `Scenarios`."""
    near = difflib.get_close_matches(name.lower(), folders, n=1, cutoff=_NEAR)
    return near[0] if near else None

"""What secret references stand for: environment variables and small files. The one place where a secret's value is read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from edge.config.plant import Plant
from edge.config.text.finding import Finding, Phrase, Place
from edge.config.text.values import SecretRef
from edge.model.errors import ConfigError, Problem

SECRET_BYTES_MAX = 64_000


def reveal(reference: str, environ: Mapping[str, str] = os.environ) -> str:
    """The secret that `${env:NAME}` or `${file:path}` stands for, without the line end after it.

    Raises ConfigError, which names the reference and never a value, when it is not set, empty or cannot be read."""
    found = _look_up(SecretRef(reference), environ)
    if isinstance(found, Phrase):
        raise ConfigError([Finding(Place(reference, 1, 1), found).problem("en")])
    return found


def unset_secrets(plant: Plant, environ: Mapping[str, str], *, language: str, severity: str = "note") -> list[Problem]:
    """One problem for each reference that cannot be revealed, at the place where it is written."""
    return [
        Finding(use.where, found, severity).problem(language)
        for use in plant.secrets
        if isinstance(found := _look_up(use.ref, environ), Phrase)
    ]


def _look_up(reference: SecretRef, environ: Mapping[str, str]) -> str | Phrase:
    """The secret, or why there is none."""
    kind, name = reference.kept_in
    try:
        value = environ.get(name, "") if kind == "env" else _file_text(Path(name))
    except FileNotFoundError:
        return Phrase("config.secret_file_missing", {"name": name})
    except (OSError, ValueError):
        return Phrase("config.secret_file_unreadable", {"name": name, "most": SECRET_BYTES_MAX // 1000})
    if not value:
        return Phrase(f"config.secret_{kind}_empty", {"name": name})
    return value


def _file_text(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(SECRET_BYTES_MAX + 1)
    if len(data) > SECRET_BYTES_MAX:
        raise ValueError("too large for a secret")
    return data.decode("utf-8").rstrip("\r\n")

"""Where a file of the plant folder lies for somebody outside: a CI server shows the whole checkout, not the plant folder."""

from __future__ import annotations

import os.path
from pathlib import Path


def path_from(base: Path, folder: Path, file: str) -> Path:
    """A file that a problem names, as a path from `base` (absolute, the working folder of a CI job as a rule); an absolute path
    when it lies elsewhere. file: relative to the plant folder, which may be relative to `base`. Opens nothing."""
    path = Path(os.path.normpath(base / folder / file))
    return path.relative_to(base) if path.is_relative_to(base) else path

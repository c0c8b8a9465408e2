"""Where a value stands in a JSON document: `vib.rms`, `values[0].v`, `["motor.1"].temp`. Pure.

    path = (key | [number] | ["any key"]) followed by (.key | [number] | ["any key"])...

A key without quotes has no `.`, `[`, `]`, `"` or white space. The empty path is the document itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

STEPS_MAX = 32

_STEP = re.compile(r"""\.?(?P<key>[^.\[\]"\s]+)|\[(?P<index>\d{1,6})\]|\["(?P<quoted>[^"]+)"\]""")


@dataclass(frozen=True, slots=True)
class JsonPath:
    """The keys and list positions that lead to a value."""

    steps: tuple[str | int, ...] = ()

    def __str__(self) -> str:
        return "".join(_written(step) for step in self.steps).removeprefix(".")


#: What `find` returns when nothing stands at the path; None is a value in JSON.
MISSING = object()


def parse_path(text: str) -> JsonPath:
    """Raises ValueError with the first place that cannot be read."""
    steps: list[str | int] = []
    at = 0
    while at < len(text):
        found = _STEP.match(text, at)
        # A key must follow a dot, except at the very beginning, where no dot may stand.
        if found is None or (found["key"] is not None and (text[at] == ".") != (at > 0)):
            raise ValueError(f'cannot read "{text[at:][:20]}"')
        steps.append(int(found["index"]) if found["index"] is not None else found["key"] or found["quoted"])
        at = found.end()
    if len(steps) > STEPS_MAX:
        raise ValueError(f"more than {STEPS_MAX} steps")
    return JsonPath(tuple(steps))


def find(document: Any, path: JsonPath) -> Any:
    """The value at the path, or MISSING."""
    for step in path.steps:
        if isinstance(step, str) and isinstance(document, dict):
            document = document.get(step, MISSING)
        elif isinstance(step, int) and isinstance(document, list) and step < len(document):
            document = document[step]
        else:
            return MISSING
    return document


def _written(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if re.fullmatch(r"""[^.\[\]"\s]+""", step) else f'["{step}"]'

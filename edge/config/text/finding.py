"""Findings: what is wrong or remarkable, where, in no language yet; and how they become `Problem`s.

A finding keeps the key of its sentence and the arguments, so that one load can be shown in any language. Pure.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from string import Formatter
from typing import Any

from edge.model.errors import Problem
from edge.texts import catalogue, render

SHOWN_MAX = 60
LIST_SHOWN_MAX = 8
#: A folder of nonsense is told in so many lines; the last one says that there are more.
FINDINGS_MAX = 500
_RANK = {"error": 0, "warning": 1, "note": 2}


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something is written: file relative to the plant folder, line and column from 1, in characters (code points).
    end: line and column just behind it, where that is known; the same place is the same without."""

    file: str
    line: int
    column: int
    end: tuple[int, int] | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sentence of `edge/texts` with its arguments, of which some may be phrases themselves."""

    key: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def render(self, language: str) -> str:
        arguments = {
            name: value.render(language) if isinstance(value, Phrase) else value for name, value in self.arguments.items()
        }
        return render(self.key, arguments, language)


@dataclass(frozen=True, slots=True)
class Finding:
    """severity: `error` refuses the configuration, `warning` and `note` are only said; a strict plant has no warnings."""

    place: Place
    phrase: Phrase
    severity: str = "error"

    @property
    def code(self) -> str:
        return code_of(self.phrase.key)

    def problem(self, language: str) -> Problem:
        hint = self.phrase.arguments.get("hint")
        return Problem(
            self.place.file,
            self.place.line,
            self.place.column,
            self.phrase.render(language),
            self.code,
            self.severity,
            self.place.end,
            hint.render(language).lstrip(" ,;，；") if isinstance(hint, Phrase) else "",
        )


def code_of(key: str) -> str:
    """The code of the problem that a sentence says: `unknown_type` of `config.unknown_type`, `modbus.address_form` of
    `drivers.modbus.address_form`."""
    return ".".join(step for step in key.split(".") if step not in ("config", "drivers"))


def meaning_of(code: str, language: str) -> str:
    """What a code says in general: its sentence without the names and values of one case."""
    sentence = next(sentence for key, sentence in catalogue(language).items() if code_of(key) == code)
    parts = ((text, field) for text, field, _, _ in Formatter().parse(sentence))
    return "".join(text + ("" if field in (None, "hint") else "…") for text, field in parts)


class Findings:
    """Collects what is found, in any order. strict: from now on a warning is an error. missed: something refers to what may be
    in a file that was not read, which is said of the file."""

    def __init__(self) -> None:
        self.strict = False
        self.missed = False
        self._found: list[Finding] = []
        self._repeated: set[tuple[Place, str, str]] = set()

    def repeats(self, place: Place, key: str, name: str) -> bool:
        """Whether this was asked before; for those to whom finding the words of a problem costs more than the problem."""
        asked = (place, key, name)
        if asked in self._repeated:
            return True
        self._repeated.add(asked)
        return False

    def error(self, place: Place, key: str, /, **arguments: Any) -> None:
        self._found.append(Finding(place, Phrase(f"config.{key}", arguments)))

    def warn(self, place: Place, key: str, /, **arguments: Any) -> None:
        severity = "error" if self.strict else "warning"
        self._found.append(Finding(place, Phrase(f"config.{key}", arguments), severity))

    def note(self, place: Place, key: str, /, **arguments: Any) -> None:
        self._found.append(Finding(place, Phrase(f"config.{key}", arguments), "note"))

    def add(self, finding: Finding) -> None:
        self._found.append(finding)

    @property
    def found(self) -> Sequence[Finding]:
        """In the order of finding."""
        return tuple(self._found)

    @property
    def any_error(self) -> bool:
        return any(finding.severity == "error" for finding in self._found)

    def problems(self, language: str) -> list[Problem]:
        """Each problem once, by file and line. Errors come first when there are too many to show."""
        every = {each.problem(language) for each in self._found}
        if len(every) <= FINDINGS_MAX:
            return sorted(every)
        kept = sorted(sorted(every, key=lambda problem: (_RANK[problem.severity], problem))[:FINDINGS_MAX])
        last = Place(kept[-1].file, kept[-1].line, kept[-1].column)
        more = Phrase("config.more_problems", {"count": len(every) - FINDINGS_MAX})
        return [*kept, Finding(last, more, "error" if self.any_error else "note").problem(language)]


def did_you_mean(given: object, known: Iterable[str]) -> Phrase:
    """`, did you mean "scale"?`, or what there is to choose from when nothing is near."""
    names = list(known)
    if near := nearest(given, names):
        return Phrase("config.did_you_mean", {"near": near})
    if not names:
        return Phrase("config.none_known")
    listed = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return Phrase("config.known_are", {"known": listed})


#: What other products call our keys.
ALSO_CALLED = {
    "threshold": "limit",
    "setpoint": "limit",
    "hysteresis": "deadband",
    "tolerance": "deadband",
    "delay": "on_delay",
    "debounce": "on_delay",
    "severity": "priority",
    "action": "guidance",
    "response_time": "respond_within",
    "level": "priority",
    "ip": "host",
    "slave_id": "unit_id",
    "slave": "unit_id",
    "interval": "every",
    "period": "every",
    "factor": "scale",
    "byte_order": "word_order",
    "register": "address",
}


#: What PLCs (IEC 61131-3) and other languages call our types of values.
ALSO_TYPED = {
    "boolean": "bool",
    "bit": "bool",
    "sint": "int8",
    "usint": "uint8",
    "byte": "uint8",
    "int": "int16",
    "short": "int16",
    "uint": "uint16",
    "ushort": "uint16",
    "word": "uint16",
    "dint": "int32",
    "udint": "uint32",
    "dword": "uint32",
    "lint": "int64",
    "ulint": "uint64",
    "lword": "uint64",
    "real": "float32",
    "float": "float32",
    "single": "float32",
    "lreal": "float64",
    "double": "float64",
    "bcd": "bcd16",
    "text": "string",
}


def nearest(given: object, known: Iterable[str]) -> str | None:
    """The known name that a misspelt or foreign one most likely means; letter case does not count."""
    by_lower = {name.lower(): name for name in known}
    foreign = {other: ours for other, ours in (ALSO_CALLED | ALSO_TYPED).items() if ours in by_lower and other not in by_lower}
    by_lower |= foreign
    near = difflib.get_close_matches(str(given)[:100].lower(), by_lower, n=1)
    return by_lower[near[0]] if near else None


def shown(value: object) -> str | Phrase:
    """A value as messages quote it: short, on one line."""
    match value:
        case dict():
            return Phrase("config.a_mapping")
        case list() | tuple():
            items = [shown(item) for item in value[:LIST_SHOWN_MAX]]
            text = ", ".join(item for item in items if isinstance(item, str))
            is_short = len(value) <= LIST_SHOWN_MAX and len(text) <= SHOWN_MAX
            has_scalars = all(item is not None and not isinstance(item, dict | list | tuple) for item in value)
            return f"[{text}]" if is_short and has_scalars else Phrase("config.a_list")
        case None:
            return Phrase("config.nothing")
        case bool():
            return str(value).lower()
        case str():
            text = "".join(char if char.isprintable() else "·" for char in value)
            return f'"{text[:SHOWN_MAX]}..."' if len(text) > SHOWN_MAX else f'"{text}"'
        case _:
            return str(value)

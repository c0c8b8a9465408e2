"""A mapping of the organisation file being read: knows where it stands, and adds a line for whatever is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class OrganisationError(Exception):
    """The organisation file needs mending. problems: one line each, `key: what, and what to do`."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Section:
    """A mapping being read: knows where it stands and adds a line for whatever is wrong with it."""

    def __init__(self, data: Any, where: str, problems: list[str], known: tuple[str, ...]) -> None:
        self.where = where
        self.problems = problems
        if not isinstance(data, Mapping):
            self.say("", f"must be a mapping with {', '.join(known)}")
            data = {}
        self.data: Mapping[str, Any] = data
        for key in data:
            if key not in known:
                self.say(str(key), f"unknown key; known are {', '.join(known)}")

    def say(self, key: str, problem: str) -> None:
        path = ".".join(part for part in (self.where, key) if part)
        self.problems.append(f"{path or 'organisation'}: {problem}")

    def text(self, key: str, default: str | None = None) -> str:
        """A text; `default` None makes it mandatory. Numbers are taken as text: YAML reads `1001` as one."""
        value = self.data.get(key, default)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if value is None or not isinstance(value, str) or (default is None and not value):
            self.say(key, "must be a text" if value is not None else "is missing")
            return ""
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        value = self.data.get(key, default)
        if not isinstance(value, bool):
            self.say(key, f"must be true or false, is {value!r}")
            return default
        return value

    def whole(self, key: str, default: int) -> int:
        value = self.data.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            self.say(key, f"must be a whole number of 0 or more, is {value!r}")
            return default
        return value

    def wholes(self, key: str, default: tuple[int, ...]) -> tuple[int, ...]:
        value = self.data.get(key, list(default))
        if not isinstance(value, list | tuple) or any(isinstance(item, bool) or not isinstance(item, int) for item in value):
            self.say(key, "must be a list of whole numbers")
            return default
        return tuple(value)

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.data.get(key, [])
        if not isinstance(value, list) or any(isinstance(item, dict | list) for item in value):
            self.say(key, "must be a list of texts")
            return ()
        return tuple(str(item) for item in value)

    def mapping(self, key: str) -> Mapping[str, Any]:
        value = self.data.get(key, {})
        if not isinstance(value, Mapping):
            self.say(key, "must be a mapping")
            return {}
        return value

    def section(self, key: str, known: tuple[str, ...]) -> Section:
        return Section(self.data.get(key), ".".join(p for p in (self.where, key) if p), self.problems, known)

    def sections(self, key: str, known: tuple[str, ...]) -> list[Section]:
        value = self.data.get(key, [])
        if not isinstance(value, list):
            self.say(key, "must be a list")
            return []
        return [Section(item, f"{key}[{index}]", self.problems, known) for index, item in enumerate(value)]

"""Fields of a call, read strictly: a value of the wrong type or a missing one is refused in the words of the call.

What nobody asked for is ignored, as on the real server, which is how a misspelt name (`userids` for `userIds`) gets lost
without a word; `notes` tells of it, for the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from simulators.dingtalk.calls import parse_object
from simulators.dingtalk.wire import CallError, NewFamilyError, OldFamilyError

#: Makes the refusal of a field, from a sentence about it.
Refuse = Callable[[str], CallError]


class Fields:
    """One object of a call's body, or its query. where: its own name in the body, for a nested one."""

    def __init__(self, body: Mapping[str, Any], refuse: Refuse, where: str = "") -> None:
        self._body = body
        self._refuse = refuse
        self._where = where
        self._asked: set[str] = set()

    def text(self, name: str, default: str | None = None, *, longest: int | None = None) -> str:
        """default None: mandatory, and not empty. longest: in characters."""
        value = self._get(name)
        if value is None or (value == "" and default is None):
            if default is None:
                raise self._wrong(name, "is missing")
            return default
        if not isinstance(value, str):
            raise self._wrong(name, f"must be a String, is {value!r}")
        if longest is not None and len(value) > longest:
            raise self._wrong(name, f"is oversize: more than {longest} characters")
        return value

    def whole(self, name: str, default: int | None = None) -> int:
        """default None: mandatory. A number written as a text is refused."""
        value = self._get(name)
        if value is None:
            if default is None:
                raise self._wrong(name, "is missing")
            return default
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong(name, f"must be a whole number, is {value!r}")
        return value

    def number(self, name: str, default: int | None = None) -> int:
        """As `whole`, and a number written as a text too: a form has no other, and the old family takes both."""
        value = self._get(name)
        if isinstance(value, str) and value.lstrip("-").isdecimal():
            return int(value)
        return self.whole(name, default)

    def truth(self, name: str) -> bool:
        """As `flag`, False when absent, and "true" too."""
        return True if self._get(name) == "true" else self._get(name) != "false" and self.flag(name, default=False)

    def parsed(self, name: str) -> Mapping[str, Any]:
        """An object, or the text of one as a form carries it; mandatory."""
        value = self._get(name)
        found = parse_object(value) if isinstance(value, str) else value
        if not isinstance(found, Mapping):
            raise self._wrong(name, "must be an object")
        return found

    def flag(self, name: str, *, default: bool) -> bool:
        value = self._get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self._wrong(name, f"must be a Boolean, is {value!r}")
        return value

    def texts(self, name: str, *, mandatory: bool = False, most: int | None = None) -> tuple[str, ...]:
        """Each text once, in order. mandatory: at least one."""
        value = self._get(name)
        if value is None:
            value = []
        if not isinstance(value, list) or any(not isinstance(item, str) for item in value):
            raise self._wrong(name, "must be an array of String")
        if mandatory and not value:
            raise self._wrong(name, "is missing")
        if most is not None and len(value) > most:
            raise self._wrong(name, f"is oversize: more than {most}")
        return tuple(dict.fromkeys(value))

    def object(self, name: str) -> Mapping[str, Any]:
        """Empty when it is absent."""
        value = self._get(name)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            raise self._wrong(name, "must be an object")
        return value

    def needed_object(self, name: str) -> Mapping[str, Any]:
        if self._get(name) is None:
            raise self._wrong(name, "is missing")
        return self.object(name)

    def objects(self, name: str, *, mandatory: bool = False, most: int | None = None) -> tuple[Fields, ...]:
        """The objects of an array, each to be read the same way."""
        value = self._get(name)
        if value is None:
            value = []
        if not isinstance(value, list) or any(not isinstance(item, Mapping) for item in value):
            raise self._wrong(name, "must be an array of objects")
        if mandatory and not value:
            raise self._wrong(name, "is missing")
        if most is not None and len(value) > most:
            raise self._wrong(name, f"is oversize: more than {most}")
        return tuple(Fields(item, self._refuse, f"{self._path(name)}[{index}]") for index, item in enumerate(value))

    def has(self, name: str) -> bool:
        return self._get(name) is not None

    def plain(self) -> Mapping[str, Any]:
        """The object as it came."""
        return self._body

    def allow(self, *names: str) -> None:
        """Fields that the real call knows and that change nothing here."""
        self._asked.update(names)

    def notes(self) -> tuple[str, ...]:
        """A note for each field that the call does not know."""
        return tuple(f"{self._path(name)}: no field of this call, ignored" for name in self._body if name not in self._asked)

    def _get(self, name: str) -> Any:
        self._asked.add(name)
        return self._body.get(name)

    def _path(self, name: str) -> str:
        return f"{self._where}.{name}" if self._where else name

    def _wrong(self, name: str, what: str) -> CallError:
        return self._refuse(f"{self._path(name)} {what}")


def new_family(code: str, status: int = 400) -> Refuse:
    """Refusals of one call of the new family."""
    return lambda what: NewFamilyError(status, code, what)


def old_family(errcode: int = 40035) -> Refuse:
    return lambda what: OldFamilyError(errcode, f"不合法的参数 {what}")

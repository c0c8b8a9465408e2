"""The tree of errors, by what the caller does next.

    AndonError
      ConfigError          the person edits a file                  problems
      DriverError
        DeviceUnreachable  we try again with back-off               quality becomes bad
        DeviceRefused      address or function is wrong             says which tag
        BadResponse        the bytes make no sense                  counted by cause
      StoreError           the disk: stop, do not guess
      HistoryRefused       ask again later, or for less             reason
      NotPermitted         the person lacks the role                answered, audited

Outcomes that are expected (an intent refused, a command rejected) are values, not errors.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class AndonError(Exception):
    """A text a person can act on."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong in one place. code: which kind, the same in every language and version (`docs/problems.md`). severity:
    `error` refuses the configuration, `warning` and `note` are only said. end: line and column just behind it, where that is
    known. hint: the part of the text that says what may be meant, or nothing.

    `str(problem)` is `file:line:column: what, and what to do`.
    """

    file: str
    line: int
    column: int
    text: str
    code: str
    severity: str = "error"
    end: tuple[int, int] | None = field(default=None, compare=False)
    hint: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.text}"


class ConfigError(AndonError):
    """The configuration cannot be used; `problems` says all of it."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class DriverError(AndonError):
    """Something between us and a device."""


class DeviceUnreachable(DriverError):
    """No connection, or no answer in time."""


class DeviceRefused(DriverError):
    """The device answered that it will not (a Modbus exception); code is the device's own."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


class BadResponse(DriverError):
    """An answer that cannot be meant for our question."""


class StoreError(AndonError):
    """The database could not take or give rows."""


class HistoryRefusal(StrEnum):
    BUSY = "busy"
    """As many questions as it takes at once are waiting already."""
    TOO_SLOW = "too_slow"
    """The answer would have taken too long: ask for a shorter span."""


class HistoryRefused(AndonError):
    """The history did not answer a question."""

    def __init__(self, reason: HistoryRefusal) -> None:
        super().__init__(str(reason))
        self.reason = reason


class NotPermitted(AndonError):
    """The person may not do this."""

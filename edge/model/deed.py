"""Deeds: what shall be done at a device, as the response decided it and the outbox keeps it; and how an attempt ends.

A deed leaves at most once. What a crash cut short may have arrived, so it ends as unknown and is never sent again; only a
read-back, which changes nothing, may be asked for as often as one likes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from edge.model.moment import Moment, Span

#: What is written: a number in the tag's unit, or a text. A switch is 1 or 0.
Value = float | str

#: The channel of the outbox in which deeds wait.
DEVICES = "devices"


class DeedKind(StrEnum):
    WRITE = "write"
    READ_BACK = "read_back"
    """Look what became of a write that nobody knows the end of."""
    ACKNOWLEDGE = "acknowledge"
    """Pass an acknowledgement on to the device whose own alarm it is."""


class DeedEnd(StrEnum):
    """What became of a deed."""

    DONE = "done"
    """The device said yes and, where it is read back, shows the value."""
    DIFFERENT = "different"
    """It shows another value than the one written."""
    FAILED = "failed"
    """The device said no: nothing was changed."""
    UNKNOWN = "unknown"
    """It may have been carried out, or not."""
    EXPIRED = "expired"
    """Its time was over before anything left us."""


@dataclass(frozen=True, slots=True)
class Deed:
    """key: unique for ever. write: the name of the write it is of (`PLC1.LAMP~17`). tag: whose point is written, read or
    acknowledged. value: None of an acknowledgement. comment: of an acknowledgement. valid_until: nothing leaves us after it.
    read_back_within: how long the tag may take to show the value; None: it is not read back. tolerance: how far from the value
    a number may be and be the same."""

    key: str
    kind: DeedKind
    write: str
    tag: str
    value: Value | None
    created_at: Moment
    valid_until: Moment
    read_back_within: Span | None = None
    tolerance: float = 0.0
    comment: str = ""


@dataclass(frozen=True, slots=True)
class DeedClaim:
    """A deed that the writer may try now. attempt counts from 1; after_unknown: an earlier attempt may have arrived."""

    deed: Deed
    attempt: int
    after_unknown: bool = False


@dataclass(frozen=True, slots=True)
class DeedOutcome:
    """sent_at: when it left us; None: it has not, or nobody knows. shown: what the tag showed afterwards; None: nobody looked,
    or nobody could tell. detail: what the device said, for the record."""

    end: DeedEnd
    detail: str = ""
    sent_at: Moment | None = None
    shown: Value | None = None


def encode_deed(deed: Deed) -> dict[str, Any]:
    """A JSON object that `decode_deed` turns back into an equal deed."""
    return asdict(deed)


def decode_deed(data: Mapping[str, Any]) -> Deed:
    """Raises KeyError or TypeError for data of another shape, ValueError for a kind that nobody knows."""
    return Deed(**{**data, "kind": DeedKind(data["kind"])})


def is_same(wanted: Value, shown: Value, tolerance: float) -> bool:
    """Whether a tag shows what was written."""
    if isinstance(wanted, str) or isinstance(shown, str):
        return wanted == shown
    return abs(wanted - shown) <= tolerance

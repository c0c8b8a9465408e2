"""Status codes: which of the three families, and what the common ones mean. Pure.

A status code has 32 bits (Part 4, 7.39): the first two say good, uncertain or bad, sixteen say which, the others how the value
was taken. What each means to a plant engineer stands in `edge/texts/drivers.*.yaml` under `opcua.status`.
"""

from __future__ import annotations

from enum import IntEnum

from edge.config.text.finding import Phrase
from edge.model.sample import Quality

_WHICH = 0xFFFF0000
#: Bits 10 and 11 as 01 say that the lowest ten are about a value; bit 7 of them that others were dropped before it.
_IS_ABOUT_A_VALUE = 0x0C00
_ABOUT_A_VALUE = 0x0400
_OVERFLOW = 0x0080


class Status(IntEnum):
    """Those that have words of their own; the names are the standard's (Part 6, A.2)."""

    GOOD = 0x00000000
    GOOD_COMPLETES_ASYNCHRONOUSLY = 0x002E0000
    GOOD_CLAMPED = 0x00300000
    GOOD_LOCAL_OVERRIDE = 0x00960000
    UNCERTAIN_NO_COMMUNICATION_LAST_USABLE_VALUE = 0x408F0000
    UNCERTAIN_LAST_USABLE_VALUE = 0x40900000
    UNCERTAIN_SUBSTITUTE_VALUE = 0x40910000
    UNCERTAIN_INITIAL_VALUE = 0x40920000
    UNCERTAIN_SENSOR_NOT_ACCURATE = 0x40930000
    UNCERTAIN_ENGINEERING_UNITS_EXCEEDED = 0x40940000
    UNCERTAIN_SUB_NORMAL = 0x40950000
    BAD_UNEXPECTED_ERROR = 0x80010000
    BAD_INTERNAL_ERROR = 0x80020000
    BAD_COMMUNICATION_ERROR = 0x80050000
    BAD_TIMEOUT = 0x800A0000
    BAD_SERVICE_UNSUPPORTED = 0x800B0000
    BAD_SHUTDOWN = 0x800C0000
    BAD_TOO_MANY_OPERATIONS = 0x80100000
    BAD_USER_ACCESS_DENIED = 0x801F0000
    BAD_NO_COMMUNICATION = 0x80310000
    BAD_WAITING_FOR_INITIAL_DATA = 0x80320000
    BAD_NODE_ID_INVALID = 0x80330000
    BAD_NODE_ID_UNKNOWN = 0x80340000
    BAD_ATTRIBUTE_ID_INVALID = 0x80350000
    BAD_NOT_READABLE = 0x803A0000
    BAD_NOT_WRITABLE = 0x803B0000
    BAD_OUT_OF_RANGE = 0x803C0000
    BAD_NOT_SUPPORTED = 0x803D0000
    BAD_NOT_FOUND = 0x803E0000
    BAD_NOT_IMPLEMENTED = 0x80400000
    BAD_MONITORED_ITEM_FILTER_UNSUPPORTED = 0x80440000
    BAD_FILTER_NOT_ALLOWED = 0x80450000
    BAD_NO_MATCH = 0x806F0000
    BAD_WRITE_NOT_SUPPORTED = 0x80730000
    BAD_TYPE_MISMATCH = 0x80740000
    BAD_METHOD_INVALID = 0x80750000
    BAD_CONFIGURATION_ERROR = 0x80890000
    BAD_NOT_CONNECTED = 0x808A0000
    BAD_DEVICE_FAILURE = 0x808B0000
    BAD_SENSOR_FAILURE = 0x808C0000
    BAD_OUT_OF_SERVICE = 0x808D0000
    BAD_DEADBAND_FILTER_INVALID = 0x808E0000
    BAD_CONDITION_DISABLED = 0x80990000
    BAD_EVENT_ID_UNKNOWN = 0x809A0000
    BAD_CONDITION_BRANCH_ALREADY_ACKED = 0x80CF0000
    BAD_TOO_MANY_MONITORED_ITEMS = 0x80DB0000

    @property
    def word(self) -> str:
        """`bad_node_id_unknown`: what it is counted under, and its key among the texts."""
        return self.name.lower()


_OF_CODE = {int(status): status for status in Status}

#: By which the server says that the device answered, and that what it says is no measurement.
SENSOR_FAULTS = frozenset({Status.BAD_SENSOR_FAILURE, Status.BAD_DEVICE_FAILURE, Status.BAD_OUT_OF_RANGE})
#: After which nobody knows whether what was asked for has happened.
NOBODY_KNOWS = frozenset({Status.BAD_TIMEOUT, Status.BAD_COMMUNICATION_ERROR, Status.GOOD_COMPLETES_ASYNCHRONOUSLY})


def quality_of(code: int) -> Quality:
    """The family. What the standard has reserved is not trusted."""
    return (Quality.GOOD, Quality.UNCERTAIN, Quality.BAD, Quality.BAD)[(code >> 30) & 0b11]


def status_of(code: int) -> Status | None:
    """None: none of those with words of their own."""
    return _OF_CODE.get(code & _WHICH)


def word_of(code: int) -> str:
    """What it is counted under: of a closed set, and by its family where it has no word of its own."""
    status = status_of(code)
    return status.word if status is not None else f"other_{quality_of(code).name.lower()}"


def meaning_of(code: int) -> Phrase:
    """For people. The number stands beside it, because manuals are sorted by it."""
    status = status_of(code)
    key = status.word if status is not None else f"other_{quality_of(code).name.lower()}"
    return Phrase(f"drivers.opcua.status.{key}", {"code": f"0x{code & 0xFFFFFFFF:08X}"})


def lost_some(code: int) -> bool:
    """Whether values before this one were dropped, because the server's queue was full."""
    return code & _IS_ABOUT_A_VALUE == _ABOUT_A_VALUE and bool(code & _OVERFLOW)

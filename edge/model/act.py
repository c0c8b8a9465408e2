"""Acts: what an intent asks of the cloud beside telling its message, in words of the plant and of no cloud.

What opens something (an order, a group, a conference, a row) and what later changes or ends it share the intent's `card` and
`thread`: so nothing overtakes, and a channel finds by the card what it made before. Names are unique in the plant for ever,
as keys of intents are. Members are ids of persons in the directory. A channel says by `can` which acts it knows, and refuses
the others with a sentence; every channel can `Tell`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from edge.model.moment import Moment


class CallMedium(StrEnum):
    """How a person is rung. SMS and PHONE cost money for each person, and are never repeated by what transports them."""

    APP = "app"
    SMS = "sms"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Tell:
    """The message, and nothing beside it."""


@dataclass(frozen=True, slots=True)
class Call:
    """Ring the recipient, a person; the message says why."""

    medium: CallMedium


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """Put an order on the recipient's list of things to do. url: the page that a tap opens. due_at: None of an order that
    must be done at no certain moment."""

    order: str
    url: str
    due_at: Moment | None = None


@dataclass(frozen=True, slots=True)
class CloseOrder:
    """The order is done: take it off the list."""

    order: str


@dataclass(frozen=True, slots=True)
class OpenGroup:
    """Bring people together in a chat group; the recipient, a person, owns it. title: at most 30 characters are shown."""

    group: str
    title: str
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CloseGroup:
    """archive: keep it to read under a title that says that it is over, rather than dissolve it."""

    group: str
    archive: bool


@dataclass(frozen=True, slots=True)
class OpenConference:
    """Call people into a conference; the recipient, a person, is its host."""

    conference: str
    title: str
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CloseConference:
    conference: str


@dataclass(frozen=True, slots=True)
class WriteRow:
    """Write a row of a table, or write it anew. table: as the configuration of the channel names it. cells: what stands in
    each column."""

    table: str
    row: str
    cells: Mapping[str, str | float]


@dataclass(frozen=True, slots=True)
class AskApproval:
    """Ask for an approval in the recipient's name. process: as the configuration of the channel names it. fields: what stands
    in each field of its form."""

    process: str
    fields: Mapping[str, str]


Act = Tell | Call | OpenOrder | CloseOrder | OpenGroup | CloseGroup | OpenConference | CloseConference | WriteRow | AskApproval

#: What most intents ask for.
TELL = Tell()

#: Names under which acts are stored, for ever. Tell is stored as nothing: so are intents of before there were acts.
_STORED: Mapping[str, type[Act]] = {
    "call": Call,
    "open_order": OpenOrder,
    "close_order": CloseOrder,
    "open_group": OpenGroup,
    "close_group": CloseGroup,
    "open_conference": OpenConference,
    "close_conference": CloseConference,
    "write_row": WriteRow,
    "ask_approval": AskApproval,
}
_NAMES = {act: name for name, act in _STORED.items()}
_MEDIA = {str(medium): medium for medium in CallMedium}


def encode_act(act: Act) -> dict[str, Any] | None:
    """A JSON object that `decode_act` turns back into an equal act; None of Tell."""
    if isinstance(act, Tell):
        return None
    return {"kind": _NAMES[type(act)], **{each.name: _plain(getattr(act, each.name)) for each in fields(act)}}


def decode_act(data: Mapping[str, Any] | None) -> Act:
    """Raises KeyError or TypeError for an act that this version does not know."""
    if data is None:
        return TELL
    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in data.items() if name != "kind"
    }
    if "medium" in given:
        given["medium"] = _MEDIA[given["medium"]]
    return _STORED[data["kind"]](**given)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return dict(value) if isinstance(value, Mapping) else value

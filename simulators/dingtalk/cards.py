"""Cards: their data, for all and for single viewers, and how an update changes it (reference 6.1 to 6.3).

Only the state and its changes; the calls that carry them are in `card_calls`, who may press in `presses`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulators.dingtalk.template import Rendered, Template, render
from simulators.dingtalk.wire import NewFamilyError

CARDS_MAX = 20_000
KEY_BYTES_MAX = 100
VALUE_BYTES_MAX = 1_024

#: How many of a card's changes are remembered; `Card.updates` goes on counting.
HISTORY_MAX = 20


@dataclass(frozen=True, slots=True)
class Space:
    """Where a card can be: type IM_GROUP with a conversation id, or IM_ROBOT with a userId."""

    type: str
    id: str


@dataclass(frozen=True, slots=True)
class CardChange:
    """What everybody could read on the card's badge from that moment on. tone: of the badge."""

    time_us: int
    badge: str
    tone: str


@dataclass(slots=True)
class Card:
    """params: what everybody sees. private: userId -> what that viewer sees instead. carriers: space -> carrierId of the
    message that carries the card there. route_key: of a card whose presses are posted.
    revision: grows with every change, changed_us is when it last did. history: the
    changes of the public data, oldest first, from the creation on; updates: how many came after it."""

    out_track_id: str
    template: Template
    callback_type: str
    space_types: frozenset[str]
    last_message: Mapping[str, str]
    params: dict[str, str] = field(default_factory=dict)
    private: dict[str, dict[str, str]] = field(default_factory=dict)
    carriers: dict[Space, str] = field(default_factory=dict)
    revision: int = 1
    changed_us: int = 0
    updates: int = 0
    route_key: str = ""
    history: deque[CardChange] = field(default_factory=lambda: deque(maxlen=HISTORY_MAX))

    def params_for(self, user_id: str) -> dict[str, str]:
        return self.params | self.private.get(user_id, {})

    def rendered_for(self, user_id: str) -> Rendered:
        return render(self.template, self.params_for(user_id))

    def put(self, params: Mapping[str, str], now_us: int, *, by_key: bool) -> tuple[str, ...]:
        """Change the public data; the first time creates it, and the notes tell which variables of the template were not sent.
        Without `by_key` variables not sent are erased, which they tell too."""
        self.params, erased = _put(self.params, params, by_key=by_key)
        self._changed(now_us)
        rendered = render(self.template, self.params)
        missing = () if self.history else _missing(self.template, self.params)
        self.updates += bool(self.history)
        self.history.append(CardChange(now_us, *rendered.badge))
        return erased + missing + rendered.notes

    def put_private(self, user_id: str, params: Mapping[str, str], now_us: int, *, by_key: bool) -> tuple[str, ...]:
        """Change what one viewer sees instead of the public data."""
        self.private[user_id], erased = _put(self.private.get(user_id, {}), params, by_key=by_key)
        self._changed(now_us)
        return erased + render(self.template, self.private[user_id]).notes

    def _changed(self, now_us: int) -> None:
        self.revision += 1
        self.changed_us = now_us


def _put(present: Mapping[str, str], params: Mapping[str, str], *, by_key: bool) -> tuple[dict[str, str], tuple[str, ...]]:
    if by_key:
        return {**present, **params}, ()
    erased = sorted(name for name, text in present.items() if text and name not in params)
    notes = (f"erased by an update without updateCardDataByKey: {', '.join(erased)}",) if erased else ()
    return dict(params), notes


def _missing(template: Template, params: Mapping[str, str]) -> tuple[str, ...]:
    names = ", ".join(name for name in template.variables if name not in params)
    return (f"not sent, renders nothing: {names}",) if names else ()


class CardBook:
    """All cards by outTrackId; the oldest are forgotten beyond `CARDS_MAX`."""

    def __init__(self) -> None:
        self._cards: dict[str, Card] = {}

    def __iter__(self) -> Iterator[Card]:
        return iter(self._cards.values())

    def find(self, out_track_id: str) -> Card | None:
        return self._cards.get(out_track_id)

    def add(self, card: Card) -> None:
        self._cards[card.out_track_id] = card
        while len(self._cards) > CARDS_MAX:
            del self._cards[next(iter(self._cards))]


def read_params(raw: Mapping[str, Any]) -> tuple[dict[str, str], tuple[str, ...]]:
    """The variables of a `cardParamMap`. A value that is no text is kept empty and noted: it renders nothing and the
    call succeeds all the same. Raises NewFamilyError `param.invalid` for a key or value that is too long."""
    params: dict[str, str] = {}
    notes: list[str] = []
    for name, value in raw.items():
        if len(name.encode()) > KEY_BYTES_MAX:
            raise NewFamilyError(400, "param.invalid", f"cardParamMap key {name[:20]}... 超过 {KEY_BYTES_MAX} 字节")
        if not isinstance(value, str):
            notes.append(f"{name}: a {type(value).__name__} where only texts are allowed, renders nothing")
            value = ""  # noqa: PLW2901 - the mistyped value is what the card keeps: nothing
        if len(value.encode()) > VALUE_BYTES_MAX:
            raise NewFamilyError(400, "param.invalid", f"cardParamMap.{name} 超过 {VALUE_BYTES_MAX} 字节")
        params[name] = value
    return params, tuple(notes)

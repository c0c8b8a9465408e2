"""What a person's phone shows: chats with messages, and cards in their present state and how they came to it, as plain values.

A view is a snapshot for assertions, for JSON and for the phone page; looking at one marks nothing as read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from simulators.dingtalk.cards import CardBook, CardChange
from simulators.dingtalk.organisation import Person
from simulators.dingtalk.presses import PressBook, PressStatus
from simulators.dingtalk.template import CardButton
from simulators.dingtalk.timeline import Conversation, Kind, Message, Timeline

PREVIEW_MAX = 60

#: The languages of `lastMessageI18n`, by the phone's language.
LANGUAGE_KEYS: Mapping[str, str] = {"zh": "ZH_CN", "en": "EN_US"}


@dataclass(frozen=True, slots=True)
class PressView:
    """The person's last press on a card. settled_us: 0 = it still waits."""

    press_id: str
    action: str
    status: PressStatus
    why: str
    settled_us: int


@dataclass(frozen=True, slots=True)
class CardView:
    """params: this viewer's data. elements: what is drawn, in order (see `template.Rendered`). history: what everybody could
    see it become, oldest first; updates: how often it changed after its creation, more than history may remember."""

    out_track_id: str
    params: Mapping[str, str]
    elements: tuple[Mapping[str, Any], ...]
    buttons: tuple[CardButton, ...]
    notes: tuple[str, ...]
    revision: int
    updates: int
    history: tuple[CardChange, ...]
    press: PressView | None

    def button(self, action: str) -> CardButton | None:
        return next((button for button in self.buttons if button.action == action), None)


@dataclass(frozen=True, slots=True)
class MessageView:
    """card: for kind `card`; None there means that the card is forgotten. changed_us: when what it shows last changed."""

    message_id: str
    time_us: int
    sender_id: str
    sender: str
    mine: bool
    kind: Kind
    content: Mapping[str, Any]
    mentions: tuple[str, ...]
    changed_us: int
    card: CardView | None

    @property
    def text(self) -> str:
        """The words of a message that is no card: title and text."""
        title, text = self.content.get("title", ""), self.content.get("text", "")
        return "\n".join(part for part in (title, text) if part)


@dataclass(frozen=True, slots=True)
class ChatView:
    """last_time_us: of its newest message; 0 = it has none. preview: that message in one line."""

    conversation_id: str
    title: str
    kind: str
    unread: int
    mentioned: bool
    last_time_us: int
    preview: str
    messages: tuple[MessageView, ...]

    @property
    def cards(self) -> tuple[CardView, ...]:
        return tuple(message.card for message in self.messages if message.card is not None)


@dataclass(frozen=True, slots=True)
class PhoneView:
    """chats: latest first; chats without a message at the end."""

    user_id: str
    name: str
    language: str
    title: str
    unread: int
    chats: tuple[ChatView, ...]

    def chat(self, conversation_id: str) -> ChatView | None:
        return next((chat for chat in self.chats if chat.conversation_id == conversation_id), None)

    def card(self, out_track_id: str) -> CardView | None:
        cards = (card for chat in self.chats for card in chat.cards)
        return next((card for card in cards if card.out_track_id == out_track_id), None)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Glance:
    """A look at one open chat, for what changed in it at or after a moment."""

    conversation_id: str
    since_us: int


def view_phone(
    person: Person, timeline: Timeline, cards: CardBook, presses: PressBook, glance: Glance | None = None
) -> PhoneView:
    """glance: None = every message of every chat."""
    chats = [_chat(conversation, person, cards, presses, glance) for conversation in timeline.of_person(person.user_id)]
    chats.sort(key=lambda chat: chat.last_time_us, reverse=True)
    unread = sum(chat.unread for chat in chats)
    return PhoneView(person.user_id, person.name, person.language, person.title, unread, tuple(chats))


def _chat(conversation: Conversation, person: Person, cards: CardBook, presses: PressBook, glance: Glance | None) -> ChatView:
    seen = conversation.seen_by(person.user_id)
    if glance is None:
        looked_at: Iterable[Message] = seen
    elif glance.conversation_id == conversation.conversation_id:
        looked_at = (m for m in seen if _changed_us(m, person, cards, presses) >= glance.since_us)
    else:
        looked_at = ()
    read_to = conversation.read_to.get(person.user_id, 0)
    return ChatView(
        conversation.conversation_id,
        conversation.title,
        str(conversation.kind),
        conversation.unread(person.user_id),
        any(person.user_id in message.mentions for message in seen if message.sequence > read_to),
        seen[-1].time_us if seen else 0,
        _preview(seen[-1], person, cards) if seen else "",
        tuple(_message(message, person, cards, presses) for message in looked_at),
    )


def _message(message: Message, person: Person, cards: CardBook, presses: PressBook) -> MessageView:
    card = None
    if message.kind is Kind.CARD:
        card = _card(message.content["out_track_id"], person.user_id, cards, presses)
    return MessageView(
        message.message_id,
        message.time_us,
        message.sender_id,
        message.sender_name,
        message.sender_id == person.user_id,
        message.kind,
        message.content,
        message.mentions,
        _changed_us(message, person, cards, presses),
        card,
    )


def _changed_us(message: Message, person: Person, cards: CardBook, presses: PressBook) -> int:
    """The latest of what moves a message: it appeared, its card changed, this person pressed, the press was settled."""
    if message.kind is not Kind.CARD:
        return message.time_us
    out_track_id = message.content["out_track_id"]
    card, press = cards.find(out_track_id), presses.last(person.user_id, out_track_id)
    touched_us = max(press.pressed_us, press.settled_us) if press else 0
    return max(message.time_us, card.changed_us if card else 0, touched_us)


def _card(out_track_id: str, user_id: str, cards: CardBook, presses: PressBook) -> CardView | None:
    card = cards.find(out_track_id)
    if card is None:
        return None
    rendered = card.rendered_for(user_id)
    last = presses.last(user_id, out_track_id)
    press = PressView(last.press_id, last.action, last.status, last.why, last.settled_us) if last else None
    return CardView(
        out_track_id,
        card.params_for(user_id),
        rendered.elements,
        rendered.buttons,
        rendered.notes,
        card.revision,
        card.updates,
        tuple(card.history),
        press,
    )


def _preview(message: Message, person: Person, cards: CardBook) -> str:
    """One line for the list of chats: what the card's caller chose, else the beginning of what is shown."""
    content = message.content
    if message.kind is Kind.CARD:
        chosen = content["last_message"]
        text = chosen.get(LANGUAGE_KEYS[person.language]) or next(iter(chosen.values()), "")
        card = cards.find(content["out_track_id"])
        if not text and card is not None:
            text = _headline(card.rendered_for(person.user_id).elements)
    elif message.kind is Kind.FEED_CARD:
        text = content["links"][0]["title"]
    elif message.kind is Kind.MEDIA:
        text = f"[{content['type']}]"
    else:
        text = content.get("title") or content["text"]
    return " ".join(text.split())[:PREVIEW_MAX]


def _headline(elements: tuple[Mapping[str, Any], ...]) -> str:
    texts = {element["element"]: element["text"] for element in reversed(elements) if element.get("text")}
    return str(texts.get("title") or next(iter(texts.values()), ""))

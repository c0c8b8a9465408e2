"""Conversations: what was said in each group and in each person's chat with the robot, and who has read how far.

A message's content is stored normalised, whatever call it came by; a card in a conversation is a reference to the card,
so that everybody sees its present state.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from simulators.dingtalk.organisation import Group, Organisation

MESSAGES_MAX = 500


class Kind(StrEnum):
    """What a message shows, with the keys of its content."""

    TEXT = "text"
    """text"""
    MARKDOWN = "markdown"
    """title, text"""
    LINK = "link"
    """title, text, url, picture"""
    ACTION_CARD = "action_card"
    """title, text, buttons [{title, url}], horizontal"""
    FEED_CARD = "feed_card"
    """links [{title, url, picture}]"""
    MEDIA = "media"
    """type, fields"""
    CARD = "card"
    """out_track_id, last_message {language: text}"""


class ConversationKind(StrEnum):
    GROUP = "group"
    ROBOT = "robot"
    NOTICE = "notice"
    """The app's work notices to one person; nobody can write here."""


@dataclass(frozen=True, slots=True)
class Message:
    """sequence: order in the whole organisation. sender_id: a userId; empty for a robot. mentions: userIds highlighted.
    visible_to: None = all members."""

    sequence: int
    message_id: str
    time_us: int
    conversation_id: str
    sender_id: str
    sender_name: str
    kind: Kind
    content: Mapping[str, Any]
    mentions: tuple[str, ...] = ()
    visible_to: tuple[str, ...] | None = None

    def is_visible_to(self, user_id: str) -> bool:
        return self.visible_to is None or user_id in self.visible_to


@dataclass(slots=True)
class Conversation:
    """read_to: the sequence up to which each person has read. disbanded: nobody can write here any more."""

    conversation_id: str
    title: str
    kind: ConversationKind
    members: tuple[str, ...]
    messages: deque[Message] = field(default_factory=lambda: deque(maxlen=MESSAGES_MAX))
    read_to: dict[str, int] = field(default_factory=dict)
    disbanded: bool = False

    def seen_by(self, user_id: str) -> tuple[Message, ...]:
        return tuple(message for message in self.messages if message.is_visible_to(user_id))

    def unread(self, user_id: str) -> int:
        read_to = self.read_to.get(user_id, 0)
        return sum(m.sequence > read_to and m.sender_id != user_id for m in self.seen_by(user_id))


def robot_conversation_id(user_id: str) -> str:
    """The conversation of one person with the app's robot."""
    return f"cid-robot-{user_id}"


def notice_conversation_id(user_id: str) -> str:
    """The conversation with the app's work notices to one person."""
    return f"cid-notice-{user_id}"


class Timeline:
    """All conversations. `version` grows with every change a phone could show."""

    def __init__(self, organisation: Organisation) -> None:
        self.version = 0
        self.sequence = 0
        """Of the newest message."""
        self._conversations: dict[str, Conversation] = {}
        for group in organisation.groups:
            self.put_group(group)
        for person in organisation.persons:
            chat = robot_conversation_id(person.user_id)
            self.open(chat, organisation.app.name, ConversationKind.ROBOT, (person.user_id,))

    def __iter__(self) -> Iterator[Conversation]:
        return iter(self._conversations.values())

    def open(self, conversation_id: str, title: str, kind: ConversationKind, members: tuple[str, ...]) -> Conversation:
        """The conversation with this id, new unless there is one."""
        conversation = Conversation(conversation_id, title, kind, members)
        return self._conversations.setdefault(conversation_id, conversation)

    def put_group(self, group: Group) -> None:
        """The conversation of a group that is new, or was changed: who is no longer a member sees it no longer."""
        conversation = self.open(group.conversation_id, group.title, ConversationKind.GROUP, group.members)
        conversation.title, conversation.members, conversation.disbanded = group.title, group.members, group.disbanded
        self.changed()

    def conversation(self, conversation_id: str) -> Conversation | None:
        return self._conversations.get(conversation_id)

    def of_person(self, user_id: str) -> Iterator[Conversation]:
        return (c for c in self._conversations.values() if user_id in c.members)

    def open_notices(self, user_id: str, title: str) -> None:
        """The conversation of a person's work notices, which there is from the first of them on."""
        self.open(notice_conversation_id(user_id), title, ConversationKind.NOTICE, (user_id,))

    def show(
        self,
        now_us: int,
        conversation_id: str,
        kind: Kind,
        content: Mapping[str, Any],
        *,
        message_id: str,
        sender_name: str,
        sender_id: str = "",
        mentions: tuple[str, ...] = (),
        visible_to: tuple[str, ...] | None = None,
    ) -> Message:
        """Put a message at the end of a conversation that exists."""
        self.sequence += 1
        message = Message(
            self.sequence,
            message_id,
            now_us,
            conversation_id,
            sender_id,
            sender_name,
            kind,
            content,
            mentions,
            visible_to,
        )
        self._conversations[conversation_id].messages.append(message)
        self.changed()
        return message

    def recall(self, conversation_id: str, message_id: str) -> bool:
        """Take a message away from everybody; False when it is not there (any more)."""
        conversation = self._conversations.get(conversation_id)
        if conversation is None:
            return False
        kept = [message for message in conversation.messages if message.message_id != message_id]
        found = len(kept) < len(conversation.messages)
        conversation.messages = deque(kept, maxlen=MESSAGES_MAX)
        if found:
            self.changed()
        return found

    def amend(self, conversation_id: str, message_id: str, content: Mapping[str, Any]) -> None:
        """Change keys of a message's content, where it is."""
        conversation = self._conversations[conversation_id]
        changed = (
            replace(message, content={**message.content, **content}) if message.message_id == message_id else message
            for message in conversation.messages
        )
        conversation.messages = deque(changed, maxlen=MESSAGES_MAX)
        self.changed()

    def find(self, conversation_id: str, message_id: str) -> Message | None:
        conversation = self._conversations.get(conversation_id)
        messages = conversation.messages if conversation else ()
        return next((message for message in messages if message.message_id == message_id), None)

    def has_read(self, user_id: str, conversation_id: str, message_id: str) -> bool:
        """Whether the person has read as far as that message."""
        message = self.find(conversation_id, message_id)
        read_to = self._conversations[conversation_id].read_to.get(user_id, 0) if message else 0
        return message is not None and message.sequence <= read_to

    def mark_read(self, user_id: str, conversation_id: str) -> None:
        """The person has the conversation open; unknown ones are ignored."""
        conversation = self._conversations.get(conversation_id)
        if conversation is None or not conversation.unread(user_id):
            return
        conversation.read_to[user_id] = self.sequence
        self.changed()

    def changed(self) -> None:
        self.version += 1

"""The phones as HTML: the templates of `pages/` with what they need to draw a board, one phone, or what is new on it.

Everything that came in messages is untrusted text: templates escape it, `markdown` lets none of its markup through.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, Template
from markupsafe import Markup, escape

from simulators.dingtalk.cloud import Cloud
from simulators.dingtalk.files import HERE
from simulators.dingtalk.ledger import API_CALLS, PHONE_CALLS, PUSHES, SMS, Effect
from simulators.dingtalk.markdown import safe_url, to_html
from simulators.dingtalk.phone import ChatView, PhoneView
from simulators.dingtalk.phone_board import PANES, PHONES_MAX, Board
from simulators.dingtalk.presses import Hindrance
from simulators.dingtalk.timeline import MESSAGES_MAX
from simulators.dingtalk.wire import SECOND_US

PAGES = HERE / "pages"
LEDGER_SHOWN = 24
LEDGER_PAGE = 500
HUES = 6

#: Messages further apart than this have the time between them.
PAUSE_US = 300 * SECOND_US

_CHINESE = re.compile("[\u4e00-\u9fff]")

#: Effects the ledger marks, besides every entry with an error code.
FAILURES = frozenset({Effect.NO_ANSWER, Effect.LOST, Effect.FAILED_ANSWER, Effect.LATE_ANSWER_IGNORED, Effect.CUT})


class PhoneDrawing:
    """Draws what a cloud's phones show; looks, and changes nothing."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._texts: Mapping[str, Mapping[str, Any]] = json.loads((PAGES / "texts.json").read_text(encoding="utf-8"))
        organisation = cloud.organisation
        self._zone = ZoneInfo(organisation.time_zone) if organisation.time_zone else None
        self._mentionable = [
            organisation.app.name,
            *(name for p in organisation.persons for name in (p.user_id, p.name, p.mobile) if name),
        ]
        environment = Environment(loader=FileSystemLoader(PAGES), autoescape=True, trim_blocks=True, lstrip_blocks=True)
        environment.filters |= {
            "markdown": lambda text: Markup(to_html(text)),
            "mentions": self._mentions,
            "url": safe_url,
            "initials": _initials,
            "hue": lambda name: crc32(name.encode()) % HUES,
            "clock": self._clock,
            "seconds": lambda time_us: f"{self._local(time_us):%H:%M:%S}",
        }
        environment.globals |= {"pause_us": PAUSE_US, "messages_max": MESSAGES_MAX, "phones_max": PHONES_MAX}
        self._page = environment.get_template("phones.html")
        self._parts = environment.get_template("phone.html")
        self._desk = environment.get_template("desk.html")
        self._ledger = environment.get_template("ledger.html")

    def board(self, board: Board, now_us: int) -> str:
        """A whole page."""
        return self._page.render(
            **self._words(board, now_us),
            phones=[self._cloud.glance(user, board.chats.get(user, "")) for user in board.people],
            persons=[(person, self._unread(person.user_id)) for person in self._cloud.organisation.persons],
            utc_offset_s=int((self._local(now_us).utcoffset() or timedelta()).total_seconds()),
            **self._desk_facts(),
        )

    def phone(self, board: Board, user_id: str, now_us: int) -> str:
        """One phone of a board, with its owner's line above."""
        phone = self._cloud.glance(user_id, board.chats.get(user_id, ""))
        return str(self._macro(self._parts, "handset", board, now_us)(phone))

    def news(self, board: Board, since_us: int, now_us: int) -> dict[str, Any]:
        """What changed at or after a moment, for a page that shows the rest already. `arrived`: what a phone announces."""
        phones = (self._cloud.glance(user, board.chats.get(user, ""), since_us) for user in board.people)
        return {
            "as_of": now_us,
            "people": {person.user_id: self._unread(person.user_id) for person in self._cloud.organisation.persons},
            "phones": {phone.user_id: self._news_of(phone, board, since_us, now_us) for phone in phones},
            "state": self._macro(self._desk, "state", board, now_us)(),
            "ledger": self._macro(self._desk, "ledger_rows", board, now_us)(),
        }

    def ledger(self, board: Board, wanted: Mapping[str, str], now_us: int) -> str:
        """A page of the newest entries, and what was spent. wanted: `name` and `subject`, empty = all."""
        cloud = self._cloud
        found = cloud.ledger.entries(name=wanted.get("name", ""), subject=wanted.get("subject", ""))
        return self._ledger.render(
            **self._words(board, now_us),
            entries=found[-LEDGER_PAGE:][::-1],
            failures=FAILURES,
            names_of_calls=sorted({entry.name for entry in cloud.ledger}),
            wanted=wanted,
            spent=[
                (API_CALLS, cloud.api_calls.used, cloud.api_calls.limit),
                (PUSHES, cloud.pushes.used, cloud.pushes.limit),
                *((name, cloud.ledger.spent(name), None) for name in (SMS, PHONE_CALLS)),
            ],
        )

    def hindrance(self, board: Board, user_id: str, hindrance: Hindrance) -> str:
        """What the phone says to its owner who tried this."""
        return str(self._texts[board.language_of(user_id)]["hindrance"][hindrance.name.lower()])

    def _local(self, time_us: int) -> datetime:
        return datetime.fromtimestamp(time_us / SECOND_US, UTC).astimezone(self._zone)

    def _clock(self, time_us: int, now_us: int) -> str:
        moment = self._local(time_us)
        return f"{moment:%H:%M}" if moment.date() == self._local(now_us).date() else f"{moment:%m-%d %H:%M}"

    def _news_of(self, phone: PhoneView, board: Board, since_us: int, now_us: int) -> dict[str, Any]:
        opened = board.chats.get(phone.user_id, "")
        chat = phone.chat(opened)
        draw = self._macro(self._parts, "one_message", board, now_us)
        is_list = self._opened(phone, board) == ""
        return {
            "unread": phone.unread,
            "rings": self._macro(self._parts, "rings", board, now_us)(phone),
            "tabs": self._macro(self._parts, "tabs", board, now_us)(phone),
            "pane": self._macro(self._parts, "pane", board, now_us)(phone),
            "chats": None if not is_list else self._macro(self._parts, "chat_rows", board, now_us)(phone),
            "messages": [
                {"id": message.message_id, "html": draw(phone, message, None)} for message in (chat.messages if chat else ())
            ],
            "arrived": [
                {"chat": other.conversation_id, "title": other.title, "text": other.preview}
                for other in phone.chats
                if other.conversation_id != opened and other.unread and other.last_time_us >= since_us
            ],
        }

    def _macro(self, template: Template, name: str, board: Board, now_us: int) -> Any:
        return getattr(template.make_module(self._words(board, now_us) | self._desk_facts()), name)

    def _words(self, board: Board, now_us: int) -> dict[str, Any]:
        """What every template may use: `t` are the page's words, `words[user]` those of that person's phone."""
        return {
            "board": board,
            "t": self._texts[board.language],
            "words": {user: self._texts[board.language_of(user)] for user in board.people},
            "now_us": now_us,
            "robot": self._cloud.organisation.app.name,
            "members": self._members,
            "opened": lambda phone: self._opened(phone, board),
            "panes": self._cloud.panes,
        }

    def _opened(self, phone: PhoneView, board: Board) -> str:
        """What is open on a phone: a conversation that it has, a pane, or nothing."""
        asked = board.chats.get(phone.user_id, "")
        return asked if asked in PANES or phone.chat(asked) else ""

    def _desk_facts(self) -> dict[str, Any]:
        cloud = self._cloud
        connections = list(cloud.gateway.connections)
        newest = cloud.ledger.entries(after=cloud.ledger.last_sequence - LEDGER_SHOWN)
        return {
            "ledger": newest[::-1],
            "failures": FAILURES,
            "names": {person.user_id: person.name for person in cloud.organisation.persons},
            "connections": len(connections),
            "is_deaf": any(connection.zombie for connection in connections),
            "is_cut": cloud.faults.is_cut,
            "faults_waiting": sum(fault.times for fault in cloud.faults.waiting),
            "is_quota_spent": cloud.api_calls.exhausted or cloud.pushes.exhausted,
        }

    def _members(self, chat: ChatView) -> int:
        conversation = self._cloud.timeline.conversation(chat.conversation_id)
        return len(conversation.members) if conversation else 0

    def _unread(self, user_id: str) -> int:
        return sum(conversation.unread(user_id) for conversation in self._cloud.timeline.of_person(user_id))

    def _mentions(self, text: str | Markup) -> Markup:
        """Colour each `@name`, in plain text and in rendered markdown, and leave the inside of tags alone."""
        return _mentions(text, self._mentionable)


def _initials(name: str) -> str:
    """What stands in a person's avatar: of a Chinese name its end, which tells people apart."""
    name = name.strip()
    return name[-2:] if _CHINESE.search(name[-1:]) else name[:1].upper()


def _mentions(text: str | Markup, names: Iterable[str]) -> Markup:
    mention = re.compile("|".join(f"@{re.escape(name)}" for name in sorted(names, key=len, reverse=True)))
    parts = re.split(r"(<[^>]*>)", str(escape(text)))
    coloured = (part if part.startswith("<") else mention.sub(r"<mark>\g<0></mark>", part) for part in parts)
    return Markup("".join(coloured))

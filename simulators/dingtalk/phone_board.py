"""Which phones a page shows, and what is open on each: the page's address, read and written. Pure.

    /phones?people=a,b&lang=en&chat.a=CONVERSATION&shell.b=zh     several phones side by side
    /phones/a?lang=en&chat.a=CONVERSATION                         one phone that fills the window

Everything that a person chose is in the address, so that it can be kept, sent to somebody and opened again, and so that
every change of view is a plain link.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urlencode

from simulators.dingtalk.organisation import LANGUAGES, Organisation

#: How many phones one page shows at most; also how many it starts with when nobody is chosen.
PHONES_MAX = 8

CHAT, SHELL = "chat.", "shell."

#: What may be open on a phone in the place of a chat.
PANES = ("pane:ding", "pane:todo", "pane:meet")


@dataclass(frozen=True, slots=True)
class Board:
    """language: of the page, and of each phone's own words unless `shells` names another for that person. people: whose
    phones, in order. chosen: a person chose them; else the page may show only as many as fit. alone: one phone, full window.
    chats: user id -> the conversation open there, or one of `PANES`."""

    language: str
    people: tuple[str, ...]
    chosen: bool = False
    alone: bool = False
    chats: Mapping[str, str] = field(default_factory=dict)
    shells: Mapping[str, str] = field(default_factory=dict)

    def language_of(self, user_id: str) -> str:
        return self.shells.get(user_id, self.language)

    def with_chat(self, user_id: str, conversation_id: str) -> Board:
        """conversation_id: empty = the list of chats."""
        return replace(self, chats={**self.chats, user_id: conversation_id})

    def with_shell(self, user_id: str, language: str) -> Board:
        return replace(self, shells={**self.shells, user_id: language})

    def in_language(self, language: str) -> Board:
        return replace(self, language=language, shells={})

    def toggled(self, user_id: str) -> Board:
        """With that person's phone added at the end or taken away; the last one stays."""
        if user_id not in self.people:
            people = (*self.people, user_id)[-PHONES_MAX:]
        else:
            people = tuple(each for each in self.people if each != user_id) or self.people
        return replace(self, people=people, chosen=True)

    def of_one(self, user_id: str) -> Board:
        """That person's phone alone."""
        return replace(self, people=(user_id,), alone=True)

    @property
    def whole_address(self) -> str:
        """Of the page with several phones."""
        return replace(self, alone=False, chosen=False).address

    @property
    def query(self) -> dict[str, str]:
        """What the address says after its path."""
        query = {"people": ",".join(self.people)} if self.chosen and not self.alone else {}
        query["lang"] = self.language
        query |= {CHAT + user: self.chats[user] for user in self.people if self.chats.get(user)}
        query |= {
            SHELL + user: self.shells[user] for user in self.people if self.shells.get(user, self.language) != self.language
        }
        return query

    @property
    def address(self) -> str:
        path = f"/phones/{quote(self.people[0], safe='')}" if self.alone else "/phones"
        return f"{path}?{urlencode(self.query, safe=',')}"

    def act(self, name: str, user_id: str) -> str:
        """Where a form of that person's phone goes; it leads back to this board."""
        alone = {"alone": user_id} if self.alone else {}
        return f"/phones/{name}?{urlencode(alone | self.query | {'by': user_id}, safe=',')}"


def read_board(query: Mapping[str, str], organisation: Organisation, default_language: str) -> Board:
    """The board that a query asks for; what it names and nobody knows is left out. `alone` in it: the person whose phone
    fills the window; that phone speaks its owner's language unless the query says otherwise."""
    known = {person.user_id: person for person in organisation.persons}
    asked = [user for user in query.get("people", "").split(",") if user in known]
    alone = query.get("alone", "") if query.get("alone", "") in known else ""
    people = (alone,) if alone else tuple(dict.fromkeys(asked or known))[:PHONES_MAX]
    default = known[alone].language if alone else default_language
    language = query.get("lang", default)
    return Board(
        language if language in LANGUAGES else default,
        people,
        chosen=bool(asked) and not alone,
        alone=bool(alone),
        chats={key.removeprefix(CHAT): value for key, value in query.items() if key.startswith(CHAT)},
        shells={key.removeprefix(SHELL): value for key, value in query.items() if key.startswith(SHELL) and value in LANGUAGES},
    )

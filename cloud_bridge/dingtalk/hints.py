"""How a message is answered by text: the orders of its buttons, with its number, and where they are written. Pure.

What its reader may not do, and what its alarm does not take now, has no button and is not offered."""

from __future__ import annotations

from enum import StrEnum

from cloud_bridge.dingtalk.sentences import Verb
from edge.model.intent import Message
from edge.texts import LANGUAGES, render

#: What can be asked for by text; `Verb` is the word of the button's action.
_ORDERS = frozenset(Verb)


class Where(StrEnum):
    """Who reads an answer to it."""

    HERE = "here"
    """The app's robot says it: it hears what is written beneath."""
    ELSEWHERE = "elsewhere"
    """A webhook robot and a work notice hear nothing: people write to the app's robot."""


def is_answerable(message: Message) -> bool:
    """Whether people can answer it by text: it has a number, and something to be asked for."""
    return message.code != 0 and bool(message.buttons)


def hint(message: Message, where: Where) -> str:
    """A line, in both languages for who reads both; empty where there is nothing to answer."""
    languages = (message.language,) if message.language in LANGUAGES else LANGUAGES
    return " / ".join(_in_one(message, where, one) for one in languages) if is_answerable(message) else ""


def _in_one(message: Message, where: Where, language: str) -> str:
    orders = [
        render(f"dingtalk.chat.order.{button.action}", {"number": message.code}, language)
        for button in message.buttons
        if button.action in _ORDERS
    ]
    return render(f"dingtalk.chat.hint_{where}", {"orders": " · ".join(orders)}, language)

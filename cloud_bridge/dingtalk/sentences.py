"""What people write to the robot, as an order about the alarm that a number names. Pure.

    ack 17            确认 17            seen: Acknowledge
    on my way 17      我去 17            going there: OnMyWay
    done 17           完成 17            the work is done: Confirm
    shelve 17 30      搁置 17 30         hidden for 30 minutes, for the reason that may follow
    list              列表               what is open
    help              帮助               what can be written

Written as people write: in any case, with full-width signs, with or without spaces, the number before or behind the word, with
`#` or `号` beside it, and with the robot's name in front where a group has to call it. What is not understood is no order.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

#: Of a text, what is read; the longest order with its reason is shorter.
TEXT_MAX = 300
#: A number of an alarm; longer ones are telephone numbers.
_NUMBER = r"(?:#|no\.?|号)?\s*(?P<number>[0-9]{1,5})(?:\s*号)?"
_REST = r"(?:[\s,，:：]+|$)(?P<rest>.*)"


class Verb(StrEnum):
    ACKNOWLEDGE = "acknowledge"
    ON_MY_WAY = "on_my_way"
    CONFIRM = "confirm"
    SHELVE = "shelve"


class Question(StrEnum):
    LIST = "list"
    HELP = "help"


class Mistake(StrEnum):
    """Why it is no order."""

    NOT_UNDERSTOOD = "not_understood"
    NUMBER_MISSING = "number_missing"
    MINUTES_MISSING = "minutes_missing"


@dataclass(frozen=True, slots=True)
class Order:
    """minutes: of SHELVE. said: what stood behind it."""

    verb: Verb
    number: int
    minutes: int = 0
    said: str = ""


Sentence = Order | Question | Mistake

_VERBS: Mapping[Verb, str] = {
    Verb.ACKNOWLEDGE: r"ack(?:nowledged?)?|确认|收到|知道了",
    Verb.ON_MY_WAY: r"on\s*my\s*way|omw|going|我去处理|我去|马上到|处理中",
    Verb.CONFIRM: r"confirm(?:ed)?|done|完成|处理完成|处理完",
    Verb.SHELVE: r"shelve|搁置|屏蔽",
}
_QUESTIONS: Mapping[Question, str] = {
    Question.LIST: r"list|ls|open|alarms|列表|报警列表|未处理",
    Question.HELP: r"help|\?|hi|hello|帮助|你好",
}
#: A name in front, by which a group calls the robot: any word that begins with @.
_CALL = re.compile(r"^(?:@\S+\s+)+")


def _compiled(verb: str) -> tuple[re.Pattern[str], ...]:
    """The word before the number, and behind it; then the word alone."""
    return (
        re.compile(rf"(?:{verb})\s*{_NUMBER}{_REST}", re.IGNORECASE | re.DOTALL),
        re.compile(rf"{_NUMBER}\s*(?:{verb}){_REST}", re.IGNORECASE | re.DOTALL),
        re.compile(rf"(?:{verb})", re.IGNORECASE),
    )


_ORDERS = {verb: _compiled(words) for verb, words in _VERBS.items()}
_ASKED = {question: re.compile(rf"(?:{words})", re.IGNORECASE) for question, words in _QUESTIONS.items()}
_MINUTES = re.compile(
    r"(?P<minutes>[0-9]{1,4})\s*(?P<unit>h(?:ours?)?|小时|m(?:in(?:utes?)?)?|分钟?)?(?:[\s,，:：]+|$)(?P<rest>.*)",
    re.DOTALL | re.IGNORECASE,
)


def read_sentence(text: str) -> Sentence:
    """Never raises."""
    plain = _CALL.sub("", unicodedata.normalize("NFKC", text[:TEXT_MAX]).strip()).strip().rstrip(".!。！")
    for question, pattern in _ASKED.items():
        if pattern.fullmatch(plain):
            return question
    for verb, (before, behind, alone) in _ORDERS.items():
        if (found := before.fullmatch(plain) or behind.fullmatch(plain)) is not None:
            return _order(verb, int(found["number"]), found["rest"].strip())
        if alone.fullmatch(plain):
            return Mistake.NUMBER_MISSING
    return Mistake.NOT_UNDERSTOOD


def _order(verb: Verb, number: int, rest: str) -> Sentence:
    if number == 0:
        return Mistake.NUMBER_MISSING
    if verb is not Verb.SHELVE:
        return Order(verb, number, said=rest)
    found = _MINUTES.fullmatch(rest)
    if found is None or int(found["minutes"]) == 0:
        return Mistake.MINUTES_MISSING
    hours = (found["unit"] or "").lower().startswith(("h", "小"))
    return Order(verb, number, int(found["minutes"]) * (60 if hours else 1), found["rest"].strip())

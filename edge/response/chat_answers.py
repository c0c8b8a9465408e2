"""What the response says to who asks in a chat: what a number stands for, what is open, how a machine is. Pure.

Who may ask, and how it is said, is the channel's and the gateway's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice

from edge.model.intent import Message, Purpose
from edge.response.codes import Codes
from edge.response.device_answer import DEVICES_MAX, DeviceAnswer, Known, Standing
from edge.response.device_names import DeviceNames, Question
from edge.response.ledger import Ledger
from edge.response.message import compose_message
from edge.response.occurrence import Occurrence
from edge.response.policy import Policy
from edge.response.telling import Telling
from edge.response.wording import BOTH
from edge.texts import LANGUAGES


class ChatAnswers:
    def __init__(self, policy: Policy, agent: str, ledger: Ledger, codes: Codes) -> None:
        self._policy = policy
        self._agent = agent
        self._ledger = ledger
        self._codes = codes

    def coded(self, number: int) -> tuple[str, int] | None:
        """The alarm and the occurrence that people name so in a chat, also one that is over by now; None: there is none."""
        coded = self._codes.find(number)
        if coded is None:
            return None
        known = self._ledger.find(coded.alarm, coded.occurrence)
        return coded.alarm, coded.occurrence if known is None else known.facts.occurrence

    def listed(self, language: str, limit: int) -> list[tuple[int, str, str]]:
        """Numbers of what is open, each with its first line and its state in words; the lowest first. Where people press cards
        there are no numbers, and each has 0."""
        composed = ((number, self._message(occurrence, language)) for number, occurrence in self._open())
        return [(number, message.headline, message.state_text) for number, message in islice(composed, limit)]

    def about(self, text: str, language: str, known: Known) -> tuple[str, ...]:
        """What there is to say of the machines that somebody names; empty: the text names none. language: zh, en or both, which
        get one answer after the other."""
        questions = self._names.questions(text)
        languages = LANGUAGES if language == BOTH else (language,)
        return tuple(line for each in languages for line in self._about(questions, each, known))

    @cached_property
    def _names(self) -> DeviceNames:
        return DeviceNames(self._policy)

    def _about(self, questions: Sequence[Question], language: str, known: Known) -> Iterable[str]:
        answer = DeviceAnswer(self._policy, language, known)
        if len(questions) > DEVICES_MAX:
            return [answer.which(questions)]
        return [line for each in questions for line in answer.lines(each, self._standing(each.device.name, language))]

    def _standing(self, device: str, language: str) -> list[Standing]:
        found = [(number, each) for number, each in self._open() if each.alarm.rpartition("/")[0] == device]
        composed = ((number, self._message(each, language)) for number, each in found)
        return [Standing(number, message.headline, message.state_text) for number, message in composed]

    def _open(self) -> Iterator[tuple[int, Occurrence]]:
        if not self._policy.has_codes:
            return ((0, each) for each in self._ledger.unfinished())
        found = ((number, self._ledger.find(coded.alarm, coded.occurrence)) for number, coded in self._codes.open())
        return ((number, each) for number, each in found if each is not None)

    def _message(self, occurrence: Occurrence, language: str) -> Message:
        return compose_message(self._policy, self._agent, occurrence, Telling(Purpose.STATE), language)

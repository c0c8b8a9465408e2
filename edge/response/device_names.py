"""Which machine somebody means who writes of it: by its name, by what the shop calls it, and by its place and that. Pure.

    2号风机      how is fan 2?      temperature of fan 2      3号机架主电机 油压      FAN_2.vib

Written as people write: in any case, with full-width signs, with `_`, `.`, a blank or nothing between letters and number. So
names and sentences are compared word by word: letters, a number, and each Chinese sign are words of their own, and `2号风机`
is not within `12号风机`. Of names that begin alike the longest is meant. What else is in the sentence may name tags of the
machine: by their words, their key, or a part of these.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from edge.model.tag import SESSION, Device, Tag
from edge.response.policy import Policy

#: Of a sentence, what is read.
TEXT_MAX = 300
#: A name of one sign, or of figures alone, is in many sentences that do not mean it.
NAME_MIN = 2
#: A part of a tag's name counts from so many letters on; of Chinese words from two signs on.
PART_MIN = 3

_WORD = re.compile(r"[a-z]+|\d+|[^\W\d_]")
#: What asks, and names nothing.
_ASKING = re.compile(
    r"how|what|which|where|is|are|was|the|of|and|or|now|please|show|me|its|state|status|values?|about|for|at|in|on"
)
_ASKING_IN_CHINESE = re.compile(r"怎么样了?|如何|是多少|多少|什么|状态|情况|现在|当前|查一?下|看一?下|请问?|[的吗呢和与]")

#: A name or a sentence, in the smallest parts by which names are told apart.
Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A machine that is asked about. tags: those that are named; empty: none by itself, so all are meant."""

    device: Device
    tags: tuple[Tag, ...]


class DeviceNames:
    """What the machines of a plant are called, made once and asked often."""

    def __init__(self, policy: Policy) -> None:
        named: defaultdict[Words, dict[str, Device]] = defaultdict(dict)
        for device in sorted(policy.devices.values(), key=lambda each: each.name):
            for name in _names_of(policy, device):
                named[_words(name)][device.name] = device
        self._named = {words: tuple(devices.values()) for words, devices in named.items() if _can_be_meant(words)}
        #: By their first word, the longest first.
        self._beginning: defaultdict[str, list[Words]] = defaultdict(list)
        for words in sorted(self._named, key=lambda words: -len(words)):
            self._beginning[words[0]].append(words)

    def questions(self, text: str) -> tuple[Question, ...]:
        """The machines that a sentence names, in the order in which it does; those that go by the same words one after the
        other. Never raises."""
        words, rest, meant = _words(text[:TEXT_MAX]), list[str](), dict[str, Device]()
        at = 0
        while at < len(words):
            name = self._name_at(words, at)
            if name:
                meant |= {device.name: device for device in self._named[name]}
            rest += [""] if name else [words[at]]
            at += len(name) or 1
        asked = [word for word in _ASKING_IN_CHINESE.sub(" ", _joined(rest)).split() if not _ASKING.fullmatch(word)]
        return tuple(Question(device, _tags_named(device, asked)) for device in meant.values())

    def _name_at(self, words: Words, at: int) -> Words:
        """Empty: none begins there."""
        names = self._beginning.get(words[at], ())
        return next((name for name in names if words[at : at + len(name)] == name), ())


def _names_of(policy: Policy, device: Device) -> Iterator[str]:
    yield device.name
    places = policy.areas.get(device.area, {})
    for language, words in device.words.items():
        yield words
        if place := places.get(language):
            yield f"{place} {words}"


def _can_be_meant(name: Words) -> bool:
    return sum(map(len, name)) >= NAME_MIN and not all(word.isdigit() for word in name)


def _tags_named(device: Device, asked: list[str]) -> tuple[Tag, ...]:
    return tuple(tag for tag in device.tags if tag.key != SESSION and any(_names_tag(word, tag) for word in asked))


def _names_tag(word: str, tag: Tag) -> bool:
    """Whether the word is a name of the tag, or a part of one, or has one in it: Chinese has no blanks."""
    names = [_joined(_words(name)) for name in (tag.key, *tag.words.values())]
    is_part = len(word) >= (PART_MIN if word.isascii() else NAME_MIN)
    return any(
        word == name or (is_part and (word in name or (bool(name) and not name.isascii() and name in word))) for name in names
    )


def _words(text: str) -> Words:
    return tuple(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def _joined(words: Sequence[str]) -> str:
    """As one reads them: Chinese signs side by side, a blank between all else."""
    return "".join(f" {word} " if word.isascii() else word for word in words).strip()

"""The section `first_out` of `rules/*.yaml`: who else is in a first-out group, and the PLC's word for who came first. Pure.

A rule joins a group by its own `first_out`; a section may name members besides, many at once. Whom the word names is a member,
too. Each alarm is in one group.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from edge.config.chosen import Alarms, Chosen, Text
from edge.config.conditions.rule import Delay
from edge.config.devices import Devices
from edge.config.rules import BuiltRule, Rules
from edge.config.text.finding import Findings, did_you_mean
from edge.config.text.reader import Reader
from edge.config.text.source import Node
from edge.config.text.values import FileModel, refuse
from rules.definition import WORD_WITHIN, FirstOutWord
from rules.expression import Expression, Yields, compile_expression
from rules.signals.expression import ExpressionSignal

BITS_MAX = 32
#: Values above are no numbers of alarms, and a float no more tells them apart.
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,8})")


def _numbers_form(given: dict[str, str]) -> dict[str, str]:
    for key in given:
        if not _NUMBER.fullmatch(key):
            raise refuse("config.word_number", number=key)
    return given


def _bits_form(given: dict[str, str]) -> dict[str, str]:
    for key in given:
        if not _NUMBER.fullmatch(key) or not 0 <= int(key) < BITS_MAX:
            raise refuse("config.word_bit", number=key)
    return given


Numbered = Annotated[dict[str, Text], Field(min_length=1, max_length=500), AfterValidator(_numbers_form)]
Bits = Annotated[dict[str, Text], Field(min_length=1, max_length=BITS_MAX), AfterValidator(_bits_form)]


class FirstOutFile(FileModel):
    """members: who is in the group besides the rules that say so. word: a tag by its full name in which the PLC says who came
    first. values: which alarm each number of it stands for; bits: which alarm each bit, counted from 0. within: how far from
    the first alarm it may take its value."""

    members: Alarms = Field(default=[])
    word: Text | None = None
    values: Numbered = Field(default_factory=dict)
    bits: Bits = Field(default_factory=dict)
    within: Delay = WORD_WITHIN

    @model_validator(mode="after")
    def _word_says_something(self) -> FirstOutFile:
        if (self.word is not None) != bool(self.values or self.bits) or (self.values and self.bits):
            raise refuse("config.word_values")
        return self


def read_first_out(rules: Rules, devices: Devices, reader: Reader) -> tuple[Rules, tuple[FirstOutWord, ...]]:
    """The rules with the groups that the section puts them in, and its words."""
    chosen = Chosen(devices, rules, rules.first_out)
    groups = {each.rule.id: each.rule.first_out for each in rules.built if each.rule.first_out is not None}
    words = []
    for group, node in rules.first_out.items():
        file = reader.read(FirstOutFile, node, group)
        if file is None:
            continue
        for each in chosen.all_of(file.members, node.follow(("members",)), reader.findings):
            _join(each, group, groups, node.follow(("members",)), reader.findings)
        if file.word is not None:
            word = _word(group, file, node, chosen, groups, devices, reader.findings)
            if word is not None:
                words.append(word)
    built = tuple(_in_group(each, groups.get(each.rule.id)) for each in rules.built)
    return replace(rules, built=built), tuple(words)


def _in_group(built: BuiltRule, group: str | None) -> BuiltRule:
    return built if built.rule.first_out == group else replace(built, rule=replace(built.rule, first_out=group))


def _join(built: BuiltRule, group: str, groups: dict[str, str], node: Node, findings: Findings) -> None:
    other = groups.setdefault(built.rule.id, group)
    if other != group:
        findings.error(node.place, "first_out_of_two", name=built.rule.id, group=group, other=other)


def _word(
    group: str,
    file: FirstOutFile,
    node: Node,
    chosen: Chosen,
    groups: dict[str, str],
    devices: Devices,
    findings: Findings,
) -> FirstOutWord | None:
    key, given = ("bits", file.bits) if file.bits else ("values", file.values)
    members: dict[int, str] = {}
    for number, named in given.items():
        item = node.follow((key, number))
        found = chosen.named(named, item.place, findings)
        if len(found) > 1:
            some = ", ".join(each.rule.id for each in found[:3])
            findings.error(item.place, "word_of_several", name=named[:100], number=number, some=some)
        for each in found[:1]:
            members[int(number)] = each.rule.id
            _join(each, group, groups, item, findings)
    signal = _signal(file.word or "", node.follow(("word",)), devices, findings)
    return None if signal is None else FirstOutWord(group, signal, members, bool(file.bits), file.within)


def _signal(name: str, node: Node, devices: Devices, findings: Findings) -> ExpressionSignal | None:
    built = devices.built
    tags = {tag.name: tag for device in built.values() for tag in device.tags}
    tag = tags.get(name)
    if tag is None:
        if len(built) == len(devices.instances) and devices.names.complete:
            findings.error(node.place, "word_unknown_tag", name=name[:100], hint=did_you_mean(name, sorted(tags)))
        return None
    if tag.is_text:
        findings.error(node.place, "word_is_text", name=name)
        return None
    compiled = compile_expression("word", Yields.NUMBER)
    return ExpressionSignal(compiled, (name,)) if isinstance(compiled, Expression) else None

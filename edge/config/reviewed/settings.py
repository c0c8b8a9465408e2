"""How the alarms of a plant behave, as texts by key: what their rules say, and what acts on them from elsewhere. Pure.

Elsewhere: how the tags that a rule reads are scaled and when they are no measurement; the labels of its device; the sections
`suppressions` and `first_out`. A rule that nobody touched may be hidden by a new section, or alarm at another pressure.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields

from edge.config.chosen import Labels
from edge.config.conditions.rule import RuleFile
from edge.config.load import Described
from edge.config.rules import PROSE, BuiltRule
from edge.config.suppression import name_of
from edge.config.text.source import Node
from edge.config.text.typed import default_text, plain_text, typed_text
from edge.config.text.values import format_span
from edge.model.tag import AS_IT_COMES, Tag
from rules.definition import Cause, FirstOutWord, Kind, Suppressor

#: Keys of a rule that say why it is there, and not how it behaves.
NO_SETTINGS = {*PROSE, "consequence_class", "respond_within"}
#: Which suppressions hide it; always there, so that a record without it is known to be older than all that acts from elsewhere.
SUPPRESSIONS = "suppressions"
_ELSEWHERE = ("tags.", SUPPRESSIONS, "first_out.", "device_labels")
#: Alarms that are named one by one in a setting; of more, how many there are and a digest of them.
NAMED_MAX = 12


def settings_of(built: BuiltRule) -> dict[str, str]:
    """What the rule of one device says: every setting, defaults too."""
    if built.read is None:
        rule = built.rule
        return {"kind": rule.kind, "tag": built.tag.key, "on_delay": format_span(rule.on_delay), "priority": rule.priority}
    settings = {}
    for name, field in type(built.read).model_fields.items():
        key, value = field.alias or name, getattr(built.read, name)
        if key == "priority":
            value = built.rule.priority
        elif key == "stale_after" and value is None and built.rule.kind is Kind.STALE:
            settings[key] = format_span(built.tag.stale_after or 0)
        if key not in NO_SETTINGS and value not in (None, [], {}):
            settings[key] = typed_text(field, value)
    return settings


def default_of(read: RuleFile | None, key: str) -> str:
    """The text of a setting where nothing is written."""
    model = type(read).model_fields if read is not None else {}
    field = next((field for name, field in model.items() if key == (field.alias or name)), None)
    return default_text(field) if field is not None else ""


def is_elsewhere(key: str) -> bool:
    """Whether a setting stands elsewhere than in its rule."""
    return key.startswith(_ELSEWHERE)


class Settings:
    """All settings of the alarms of a plant."""

    def __init__(self, described: Described) -> None:
        self._tags = {tag.name: tag for device in described.devices.built.values() for tag in device.tags}
        self._labels = Labels(described.devices, described.rules)
        self._words = {word.group: word for word in described.first_out_words}
        self._hidden_by: dict[str, dict[str, None]] = defaultdict(dict)
        sections: dict[str, list[Suppressor]] = defaultdict(list)
        for each in described.suppressors:
            if each.cause in (Cause.GROUP, Cause.INHIBITED):
                sections[name_of(each)].append(each)
                for target in each.targets:
                    self._hidden_by[target][name_of(each)] = None
        alarms_of: dict[str, list[str]] = defaultdict(list)
        for built in described.rules.built:
            alarms_of[f"{built.rule.device_type}/{built.rule.key}"].append(built.rule.id)
        written = described.rules.suppressions
        self._sections = {name: _section_text(some, alarms_of, written[name].get("same")) for name, some in sections.items()}

    def of(self, built: BuiltRule) -> dict[str, str]:
        settings = settings_of(built)
        names = built.rule.signal.inputs if built.rule.signal is not None else (built.rule.tag,)
        for tag in (self._tags[name] for name in names if name in self._tags):
            key = tag.key if tag.device == built.rule.device else tag.name
            is_said = built.rule.kind is Kind.STALE
            settings |= {f"tags.{key}.{name}": text for name, text in _of_tag(tag, with_stale_after=not is_said).items()}
        if labels := self._labels.of_device(built.rule.device):
            settings["device_labels"] = plain_text(dict(sorted(labels.items())))
        group = built.rule.first_out
        if group is not None and (built.read is None or built.read.first_out is None):
            settings["first_out.group"] = group
        if group in self._words:
            settings["first_out.word"] = _word_text(self._words[group], built.rule.id)
        hidden_by = self._hidden_by.get(built.rule.id, {})
        settings[SUPPRESSIONS] = plain_text(list(hidden_by))
        return settings | {f"{SUPPRESSIONS}.{name}": self._sections[name] for name in hidden_by}

    def by_device(self, alarms: Iterable[BuiltRule]) -> dict[str, dict[str, str]]:
        """Of one rule. alarms: the rule of each device; none for a rule without devices."""
        return {each.rule.device: self.of(each) for each in alarms}


def _of_tag(tag: Tag, *, with_stale_after: bool) -> dict[str, str]:
    """What makes a value of a raw number, where it is not as it comes."""
    found = {}
    for each in fields(tag.measure):
        value = getattr(tag.measure, each.name)
        is_axis = each.name == "range" and tag.measure.raw_range is None
        if value != getattr(AS_IT_COMES, each.name) and not is_axis:
            found[each.name] = plain_text(value)
    if with_stale_after and tag.stale_after is not None:
        found["stale_after"] = format_span(tag.stale_after)
    return found


def _word_text(word: FirstOutWord, alarm: str) -> str:
    numbers = [number for number, member in word.members.items() if member == alarm]
    return plain_text(
        {
            "tag": word.signal.inputs[0],
            "bits" if word.bits else "values": numbers,
            "within": format_span(word.within),
        }
    )


def _section_text(section: Sequence[Suppressor], alarms_of: Mapping[str, Sequence[str]], same: Node | None) -> str:
    """The same for all alarms that a section hides, and whatever way it chooses them. A rule whose alarms all hide is named
    once: further devices of a type are no change."""
    sources = {source for each in section for source in each.sources}
    named: set[str] = set(sources)
    for rule, alarms in alarms_of.items():
        if sources.issuperset(alarms):
            named = named.difference(alarms) | {rule}
    listed = sorted(named)
    if len(listed) > NAMED_MAX:
        digest = hashlib.sha256("\n".join(listed).encode()).hexdigest()[:12]
        listed = [*listed[:NAMED_MAX], f"{len(listed)} in all, {digest}"]
    common = {"same": same.plain()} if same is not None else {}
    return plain_text({"while": listed, **common, "hold": format_span(section[0].hold)})

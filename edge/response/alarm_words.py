"""What an alarm is called in the shop, and how its values read: place, device, what is wrong, number with unit."""

from __future__ import annotations

import math
from dataclasses import replace

from edge.model.facts import NO_FACTS, DeviceFacts
from edge.model.moment import Moment
from edge.model.sample import Mark, Quality, Sample
from edge.model.tag import Tag, Words
from edge.model.trail import Trail
from edge.response.data_classes import is_red, way_of
from edge.response.headline import shorten
from edge.response.policy import Policy
from edge.response.quantity import number_text
from edge.response.signal_words import Facts, SignalWords
from edge.response.tag_words import trend_text, value_text
from edge.response.wording import Wording
from rules.definition import COMPARISON_OF, Comparison, Kind, Rule

#: How a limit reads. How samples arrive is no limit.
_LIMIT_BY = {
    Comparison.HIGH: "line.limit_high",
    Comparison.LOW: "line.limit_low",
    Comparison.EQUAL: "line.limit_equal",
    Comparison.NOT_EQUAL: "line.limit_not_equal",
}

#: Of an expression over many tags, as many characters as a card has room for.
SAID_MAX = 160


class AlarmWords:
    """The words of one alarm in one language. An alarm whose rule has left the configuration goes by its technical names:
    its return must still reach those who got the raise. watched: kind and tag of the rule that raised it, empty for the rule as
    it is; one that was changed since is spoken of as it was, as far as that is known."""

    def __init__(self, policy: Policy, wording: Wording, alarm: str, watched: tuple[str, ...] = ()) -> None:
        self._policy = policy
        self._wording = wording
        self._device_id, _, self._rule_key = alarm.rpartition("/")
        self.rule: Rule | None = _as_it_was(policy.rules.get(alarm), watched)
        self._tag: Tag | None = policy.tag(self.rule.tag) if self.rule is not None else None
        self.is_red = is_red(policy, alarm, watched)

    @property
    def kind(self) -> Kind | None:
        return self.rule.kind if self.rule else None

    @property
    def place(self) -> str:
        return self._words(self._policy.areas.get(self.rule.area, {}), self.rule.area) if self.rule else ""

    @property
    def device(self) -> str:
        device = self._policy.devices.get(self._device_id)
        return self._words(device.words if device else {}, self._device_id)

    @property
    def has_namesakes(self) -> bool:
        """Other devices go by the same words."""
        return self.device in self._policy.shared_names

    @property
    def full_device(self) -> str:
        """Place and device, the place once: some shops name a device by its place."""
        return self.device if self.device.startswith(self.place) else f"{self.place} {self.device}"

    @property
    def what(self) -> str:
        if self.is_red and self.rule is not None:
            # The rule's own words may hold its limit.
            tag = self._words(self._tag.words if self._tag is not None else {}, self._rule_key)
            return self._wording.say(f"red.{way_of(self.rule)}", tag=tag)
        return self._words(self.rule.words if self.rule else {}, self._rule_key)

    @property
    def facts(self) -> DeviceFacts:
        device = self._policy.devices.get(self._device_id)
        return device.facts if device else NO_FACTS

    @property
    def guidance(self) -> str:
        if self.is_red:
            return self._wording.say("red.guidance")
        return self._words(self.rule.guidance, "") if self.rule else ""

    @property
    def is_number(self) -> bool:
        """What is compared is a number that has a peak."""
        return not self.is_red and self.rule is not None and self.rule.comparison in (Comparison.HIGH, Comparison.LOW)

    def value(self, value: float | None) -> str:
        """Of what is compared: the tag, or what was worked out of it. Number and unit, or the state in words; empty where a
        number says nothing: a lost session, a text, a switch without words for on and off, an expression that is true."""
        if self.is_red:
            return ""
        if self.rule is None or self.rule.signal is None:
            return self._of_tag(value)
        if value is None or not math.isfinite(value) or not self.is_number:
            return ""
        return SignalWords(self.rule, self._policy.tag, self._wording).short(value)

    def _of_tag(self, value: float | None) -> str:
        tag = self._tag
        unsaid = tag is None or tag.is_plain_switch or not (tag.unit or value in tag.states)
        is_switch = self.kind is Kind.DISCRETE and value in (0.0, 1.0) and unsaid
        return "" if self.kind is Kind.COMM_LOSS or is_switch else value_text(tag, value, self._wording)

    def trigger_value(self, value: float | None) -> str:
        """As `value`; of a stale tag it is the last one before the silence, of a failed sensor what the device says all the
        same, and it says so."""
        text = self.value(value)
        form = {Kind.STALE: "line.last_value", Kind.SENSOR_FAULT: "line.says"}.get(self.kind) if self.kind else None
        return self._wording.say(form, value=text) if text and form else text

    def trigger_line(self, value: float | None, found: Facts, at: Moment) -> str:
        """As `trigger_value`; of a failed sensor with the range in which the device would be believed, of what was worked out
        with what it was worked out by. at: when that was."""
        if self.is_red:
            return self._wording.say("red.value")
        if self.rule is not None and self.rule.signal is not None and value is not None and found:
            said = SignalWords(self.rule, self._policy.tag, self._wording).said(value, found, at)
            return shorten(said, SAID_MAX) or self.trigger_value(value)
        text = self.trigger_value(value)
        valid = self._tag.measure.valid if self._tag is not None and self.kind is Kind.SENSOR_FAULT else None
        if valid is None:
            return text
        low, high = map(number_text, valid)
        return self._wording.say("line.says_valid" if text else "line.valid", says=text, low=low, high=high)

    def present(self, reading: Sample) -> str:
        """What the tag shows now."""
        if self.is_red:
            return ""
        if reading.mark & Mark.SENSOR_FAULT and math.isfinite(reading.value):
            form = "line.says" if self.kind is Kind.SENSOR_FAULT else "line.says_faulty"
            return self._wording.say(form, value=self._of_tag(reading.value))
        if reading.quality is Quality.BAD:
            return self._wording.say("line.no_value")
        return reading.text if reading.text is not None else self._of_tag(reading.value)

    def trend(self, trail: Trail) -> str:
        """What the tag showed of late, as a drawing; empty where there is nothing to be drawn."""
        return trend_text(self._tag, trail, self._wording) if self.is_number and self._tag is not None else ""

    def condition(self, limit: float | None) -> str:
        """What had to hold, and for how long: `≥ 80 °C for 30 s`; of a stale tag how long it may be silent."""
        if self.is_red:
            return ""
        limit_text = self._limit(limit)
        if self.rule is None or not self.rule.on_delay:
            return limit_text
        span = self._wording.duration(self.rule.on_delay)
        if not limit_text:
            return self._wording.say("line.held", span=span)
        return self._wording.say("line.limit_held", limit=limit_text, span=span)

    def _limit(self, limit: float | None) -> str:
        if self.rule and self.rule.kind is Kind.STALE:
            silent = self.rule.stale_after
            return "" if silent is None else self._wording.say("line.limit_stale", span=self._wording.duration(silent))
        if self.kind is Kind.SENSOR_FAULT:
            return self._wording.say("line.limit_sensor_fault")
        if self.rule is None:
            return self.value(limit)
        return self._condition_of(self.rule, limit)

    def _condition_of(self, rule: Rule, limit: float | None) -> str:
        if rule.signal is not None:
            return SignalWords(rule, self._policy.tag, self._wording).asked(limit)
        if rule.comparison is Comparison.BIT and limit is not None:
            return self._wording.say("line.limit_bit", bit=round(limit))
        if rule.comparison is Comparison.IN_SET:
            values = [value_text(self._tag, each, self._wording) or number_text(each) for each in rule.values]
            between = self._wording.say("line.between_names")
            return self._wording.say("line.limit_in_set", values=between.join(values)) if values else ""
        text = self.value(limit)
        form = _LIMIT_BY.get(rule.comparison)
        return self._wording.say(form, limit=text) if text and form else ""

    def _words(self, words: Words, otherwise: str) -> str:
        return self._wording.words(words, otherwise)


def _as_it_was(rule: Rule | None, watched: tuple[str, ...]) -> Rule | None:
    """Of a rule that watches something else by now: what it compared can still be said when that was the tag itself."""
    if rule is None or not watched or watched == (str(rule.kind), rule.tag):
        return rule
    kind, tag = Kind(watched[0]), watched[1]
    return replace(rule, kind=kind, tag=tag, compare=COMPARISON_OF[kind], signal=None, unit=None, values=(), on_delay=0)

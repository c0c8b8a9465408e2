"""What an alarm is called in the shop, and how its values read: place, device, what is wrong, number with unit."""

from __future__ import annotations

from edge.model.tag import Words
from edge.response.policy import Policy
from edge.response.quantity import quantity_text
from edge.response.wording import Wording
from rules.definition import Kind, Rule


class AlarmWords:
    """The words of one alarm in one language. An alarm whose rule has left the configuration goes by its technical names:
    its return must still reach those who got the raise."""

    def __init__(self, policy: Policy, wording: Wording, alarm: str) -> None:
        self._policy = policy
        self._wording = wording
        self._device_id, _, self._rule_key = alarm.rpartition("/")
        self.rule: Rule | None = policy.rules.get(alarm)

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
    def full_device(self) -> str:
        """Place and device, the place once: some shops name a device by its place."""
        return self.device if self.device.startswith(self.place) else f"{self.place} {self.device}"

    @property
    def what(self) -> str:
        return self._words(self.rule.words if self.rule else {}, self._rule_key)

    @property
    def guidance(self) -> str:
        return self._words(self.rule.guidance, "") if self.rule else ""

    def value(self, value: float | None) -> str:
        """Number and unit; empty where a number says nothing: a lost session, a switch that is on or off."""
        unit = self._unit()
        is_switch = self.kind is Kind.DISCRETE and not unit and value in (0.0, 1.0)
        return "" if value is None or self.kind is Kind.COMM_LOSS or is_switch else quantity_text(value, unit)

    def trigger_value(self, value: float | None) -> str:
        """As `value`; of a stale tag the value is the last one before the silence, and says so."""
        text = self.value(value)
        return self._wording.say("line.last_value", value=text) if text and self.kind is Kind.STALE else text

    def condition(self, limit: float | None) -> str:
        """What had to hold, and for how long: `≥ 80 °C for 30 s`; of a stale tag how long it may be silent."""
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
        text = self.value(limit)
        return self._wording.say(f"line.limit_{self.kind}", limit=text) if text and self.kind else text

    def _unit(self) -> str:
        device = self._policy.devices.get(self._device_id)
        tags = device.tags if device else ()
        return next((tag.unit for tag in tags if self.rule and tag.name == self.rule.tag), "")

    def _words(self, words: Words, otherwise: str) -> str:
        return self._wording.words(words, otherwise)

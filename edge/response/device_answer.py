"""What somebody is told who asks about a machine in a chat: its values with quality and age, and its standing alarms. Pure.

    3号机架 主电机（CRM.ST3.MOTOR）
    驱动端温度：82.4 °C · 3 秒前 · ▁▂▄█ 64.2 °C → 82.4 °C（9 分钟）
    17 · 【高】3号机架 主电机 轴承温度高 82.4 °C · 未确认

The chat is outside the plant: of red tags it says that they stay there (`data_classes.py`). Whether the person may ask is not
decided here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from zoneinfo import ZoneInfo

from edge.model.moment import Moment
from edge.model.sample import Mark, Quality, Sample
from edge.model.tag import SESSION, Device, Tag, tag_name
from edge.response.data_classes import may_say
from edge.response.device_names import Question
from edge.response.draft import Readings, Trails
from edge.response.policy import Policy
from edge.response.tag_words import trend_text, value_text
from edge.response.wording import Wording

#: Machines of one sentence that are answered; about more, the asker is asked back.
DEVICES_MAX = 3
TAGS_MAX = 12
ALARMS_MAX = 8
#: Machines that are offered to who named too many.
OFFERED_MAX = 8


@dataclass(frozen=True, slots=True)
class Standing:
    """An alarm that is not over: its number (0: it has none), first line and state in words."""

    number: int
    headline: str
    state: str


@dataclass(frozen=True, slots=True)
class Known:
    """What is known just now."""

    now: Moment
    readings: Readings
    trails: Trails


class DeviceAnswer:
    """Answers in one language."""

    def __init__(self, policy: Policy, language: str, known: Known) -> None:
        self._policy = policy
        self._wording = Wording(language, ZoneInfo(policy.time_zone), policy.directory)
        self._known = known

    def which(self, questions: Sequence[Question]) -> str:
        """Too many are meant."""
        between = self._wording.say("line.between_names")
        offered = between.join(self._called(each.device) for each in questions[:OFFERED_MAX])
        more = between + "..." if len(questions) > OFFERED_MAX else ""
        return self._wording.say("asked.which", devices=offered + more)

    def lines(self, question: Question, standing: Sequence[Standing]) -> list[str]:
        """standing: of this machine."""
        device, say = question.device, self._wording.say
        tags = question.tags or tuple(tag for tag in device.tags if tag.key != SESSION)
        told = [say("asked.device", device=self._called(device), name=device.name), *self._connection(device)]
        told += [self._of_tag(tag) for tag in tags[:TAGS_MAX]]
        if left := tags[TAGS_MAX:]:
            told.append(say("asked.more", count=len(left), device=self._words(device), tag=self._tag_words(left[0])))
        told += [self._of_alarm(alarm) for alarm in islice(standing, ALARMS_MAX)]
        if len(standing) > ALARMS_MAX:
            told.append(say("asked.more_alarms", count=len(standing) - ALARMS_MAX))
        return told if standing else [*told, say("asked.no_alarm")]

    def _connection(self, device: Device) -> list[str]:
        session = self._known.readings(tag_name(device.name, SESSION))
        if session is None or session.value != 0:
            return []
        return [self._wording.say("asked.disconnected", span=self._age(session))]

    def _of_tag(self, tag: Tag) -> str:
        words, say = self._tag_words(tag), self._wording.say
        if not may_say(self._policy, tag.name, about_it=True):
            return say("asked.red", tag=words, value=say("red.value"))
        reading = self._known.readings(tag.name)
        if reading is None:
            return say("asked.waiting", tag=words)
        line = say("asked.reading", tag=words, value=self._value(tag, reading), span=self._age(reading))
        is_number = not (tag.is_text or tag.is_plain_switch or tag.states)
        trend = trend_text(tag, self._known.trails(tag.name), self._wording) if is_number else ""
        return say("asked.trend", reading=line, trend=trend) if trend else line

    def _value(self, tag: Tag, reading: Sample) -> str:
        say = self._wording.say
        if reading.mark & Mark.SENSOR_FAULT and math.isfinite(reading.value):
            return say("line.says_faulty", value=value_text(tag, reading.value, self._wording))
        if reading.quality is Quality.BAD:
            return say("line.no_value")
        value = reading.text if reading.text is not None else value_text(tag, reading.value, self._wording)
        if reading.mark & Mark.FORCED:
            return say("asked.forced", value=value)
        if reading.quality is Quality.UNCERTAIN:
            return say("asked.uncertain", value=value)
        is_stale = tag.stale_after is not None and self._known.now - reading.source_time > tag.stale_after
        return say("asked.stale", value=value) if is_stale else value

    def _age(self, reading: Sample) -> str:
        return self._wording.duration(max(0, self._known.now - reading.source_time))

    def _of_alarm(self, alarm: Standing) -> str:
        said = {"headline": alarm.headline, "state": alarm.state}
        if not alarm.number:
            return self._wording.say("asked.alarm", **said)
        return self._wording.say("asked.numbered", number=alarm.number, **said)

    def _called(self, device: Device) -> str:
        """By place and words, the place once."""
        words = self._words(device)
        place = self._wording.words(self._policy.areas.get(device.area, {}), device.area)
        return words if words.startswith(place) else f"{place} {words}"

    def _words(self, device: Device) -> str:
        return self._wording.words(device.words, device.name)

    def _tag_words(self, tag: Tag) -> str:
        return self._wording.words(tag.words, tag.key)

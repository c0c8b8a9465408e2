"""How large a step a write takes is not counted from a value that people have forced."""

from __future__ import annotations

from edge.model.sample import Mark, Quality, Sample
from edge.model.tag import Tag
from edge.response.judgement import value_now

SPEED = Tag("PUMP_1.speed", "PUMP_1", "speed", "rpm", {"zh": "转速", "en": "speed"})


def test_a_forced_value_is_not_what_the_device_shows() -> None:
    assert value_now(Sample(0, 900.0, Quality.GOOD, 0, 0), SPEED, 0) == 900.0
    assert value_now(Sample(0, 900.0, Quality.GOOD, 0, 0, Mark.FORCED), SPEED, 0) is None

"""What tags show of an alarm that a device raises itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.model.device_alarm import SEVERITY_MAX, SEVERITY_MIN, AlarmPart, DeviceAlarm


@given(severity=st.integers(-(2**31), 2**31))
def test_an_active_alarm_is_never_0_and_never_beyond_the_scale(severity: int) -> None:
    shown = DeviceAlarm(active=True, severity=severity).value(AlarmPart.SEVERITY)
    assert isinstance(shown, float)
    assert SEVERITY_MIN <= shown <= SEVERITY_MAX
    assert not SEVERITY_MIN <= severity <= SEVERITY_MAX or shown == severity


@given(severity=st.integers(-10, 2000))
def test_an_alarm_that_is_not_active_is_0_whatever_its_severity(severity: int) -> None:
    assert DeviceAlarm(active=False, severity=severity).value(AlarmPart.SEVERITY) == 0.0


def test_its_message_and_its_acknowledgement_are_parts_of_their_own() -> None:
    alarm = DeviceAlarm(active=True, severity=500, message="料温高 too hot", acknowledged=False)
    assert alarm.value(AlarmPart.MESSAGE) == "料温高 too hot"
    assert alarm.value(AlarmPart.ACKNOWLEDGED) == 0.0
    assert DeviceAlarm(active=True, acknowledged=True).value(AlarmPart.ACKNOWLEDGED) == 1.0
    assert DeviceAlarm(active=True).value(AlarmPart.ACKNOWLEDGED) is None, "the device did not say"
    assert [part for part in AlarmPart if part.is_text] == [AlarmPart.MESSAGE]

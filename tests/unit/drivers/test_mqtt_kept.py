"""What a broker has kept, retained or for our session: of its own time, and never in the place of what is newer."""

from __future__ import annotations

from typing import Any

import pytest

from edge.model.moment import HOUR, MILLISECOND, SECOND
from edge.model.tag import Device
from tests.driver_rig import Rig, Row, device
from tests.unit.drivers.mqtt_broker import BAD, GOOD, HOST, START, Act, of, say, watch


def stamped(**connection: Any) -> Device:
    return device("mqtt", "P1", {"vib": {"topic": "vib", "path": "v", "time_path": "t"}}, HOST | connection)


def at(value: float, when: int, *, retain: bool = False) -> Act:
    """when: the device's own stamp, as a span from the start."""
    payload = b'{"v":%g,"t":%d}' % (value, (START + when) // MILLISECOND)
    return lambda broker: broker.publish("vib", payload, qos=1, retain=retain)


def stamps(seen: list[list[Row]]) -> list[tuple[float, int]]:
    good = [row for rows in seen for row in rows if row.tag == "P1.vib" and row.quality is GOOD]
    return [(row.value, row.source_time - START) for row in good]


def test_a_retained_value_with_a_stamp_beyond_the_window_is_bad_and_not_of_now() -> None:
    found: dict[str, Rig] = {}
    acts: dict[int, Act | list[Act]] = {-1: at(84, -72 * HOUR, retain=True), SECOND: at(2, -72 * HOUR)}
    seen = watch([stamped()], 2 * SECOND, acts, found)
    assert stamps(seen) == [(2.0, SECOND)], "what is said now is of now, whatever the device's clock shows"
    assert [row[2] for row in of(seen, "P1.vib")] == [BAD, GOOD]
    assert found["rig"].drivers[0].counters()["P1", "outside_window"] == 1


KEPT = {"client_id": "gateway", "session": "8h"}


@pytest.mark.parametrize(("past", "expected"), [("1h", [(1.0, 0)]), ("8h", [(1.0, 0), (90.0, -5 * HOUR), (50.0, -4 * HOUR)])])
def test_what_was_kept_for_us_has_its_own_stamp_or_none(past: str, expected: list[tuple[float, int]]) -> None:
    acts: dict[int, Act | list[Act]] = {
        -1: at(84, -72 * HOUR, retain=True),
        1: at(1, 0),
        1 * SECOND: lambda broker: broker.cut(),
        2 * SECOND: [at(90, -5 * HOUR), at(50, -4 * HOUR), lambda broker: broker.mend()],
    }
    seen = watch([stamped(**KEPT, window={"past": past})], 5 * SECOND, acts)
    assert stamps(seen) == expected
    if past == "8h":
        assert of(seen, "P1.vib")[-1][2] is GOOD, "what the broker retained comes last, and is older"


def test_a_retained_value_never_takes_the_place_of_a_newer_one() -> None:
    acts: dict[int, Act | list[Act]] = {
        -1: at(1, -60 * SECOND, retain=True),
        1 * SECOND: at(2, 0),
        2 * SECOND: lambda broker: broker.cut(),
        3 * SECOND: lambda broker: broker.mend(),
    }
    found: dict[str, Rig] = {}
    seen = watch([stamped()], 5 * SECOND, acts, found)
    assert [row[1:3] for row in of(seen, "P1.vib")] == [(1.0, GOOD), (2.0, GOOD), (2.0, BAD)], "bad until there is news"
    assert found["rig"].drivers[0].counters()["P1", "superseded"] == 1
    acts[2 * SECOND] = [at(3, SECOND, retain=True), lambda broker: broker.cut()]
    assert stamps(watch([stamped()], 5 * SECOND, acts)) == [(1.0, -60 * SECOND), (2.0, 0), (3.0, SECOND), (3.0, SECOND)]


def test_a_list_that_was_retained_is_as_old_as_its_last_sample() -> None:
    one = device("mqtt", "P1", {"vib": {"topic": "vib", "samples": "v", "every": "1s", "time_path": "t"}}, HOST)

    def listed(values: str, when: int, *, retain: bool = False) -> Act:
        return say("vib", b'{"v":%s,"t":%d}' % (values.encode(), (START + when) // MILLISECOND), retain)

    acts: dict[int, Act | list[Act]] = {
        -1: listed("[1,2]", -10 * SECOND, retain=True),
        1 * SECOND: listed("[7,8]", -5 * SECOND),
        2 * SECOND: lambda broker: broker.cut(),
        3 * SECOND: lambda broker: broker.mend(),
    }
    ends = [(1.0, -10 * SECOND), (2.0, -9 * SECOND), (7.0, -5 * SECOND), (8.0, -4 * SECOND)]
    assert stamps(watch([one], 5 * SECOND, acts)) == ends
    acts[-1] = listed("[1,2,3,4,5,6,7]", -10 * SECOND, retain=True)
    assert len(stamps(watch([one], 5 * SECOND, acts))) == 7 + 2 + 7

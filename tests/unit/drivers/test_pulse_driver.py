"""A gateway that is watched is up while true pulses come of it, and in no other case."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.memory import MemoryLinks
from drivers.pulse.listening import Heard
from drivers.pulse.memory import MemoryPulsePlace
from edge.model.moment import SECOND, Moment, from_iso
from edge.model.pulse import Pulse, Unfit, seal
from edge.model.sample import Quality
from edge.runtime.virtual import VirtualClock, run_virtually
from tests.driver_rig import Rig, Row, device

START = from_iso("2026-05-04T08:00:00Z")
SECRET = "sixteen characters"
AFTER = 30 * SECOND
Play = Callable[[VirtualClock, MemoryPulsePlace], object]


def pulse(sequence: int, *, boot: int = 1, leaving: bool = False, gateway: str = "mill.edge1", **figures: float) -> str:
    return seal(Pulse(gateway, boot, sequence, leaving, figures), SECRET)


def watch(
    acts: Sequence[tuple[int, Callable[[MemoryPulsePlace], object]]], until_s: int, *, secret: str = SECRET
) -> tuple[list[Row], Rig]:
    """Carry out each act so many seconds after the start. What the driver said by then."""
    seen: list[Row] = []
    rigs: list[Rig] = []

    async def main(clock: VirtualClock) -> None:
        place = MemoryPulsePlace()
        links = MemoryLinks(clock, modbus={}, mqtt={}, pulses={("0.0.0.0", 8490): place})
        tags = {"uplink": {}, "critical": {"figure": "undelivered_critical"}}
        edge = device("pulse", "EDGE", tags, {"gateway": "mill.edge1", "secret": "${env:SECRET}"})
        rig = Rig([edge], clock, links, secret=lambda _: secret)
        rigs.append(rig)
        async with rig.batches() as arriving:

            async def read() -> None:
                async for rows in arriving:
                    seen.extend(rows)

            reading = asyncio.create_task(read())
            for seconds, act in acts:
                await clock.sleep_until(START + seconds * SECOND)
                act(place)
            await clock.sleep_until(START + until_s * SECOND)
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    run_virtually(main, START)
    return seen, rigs[0]


def of(seen: Sequence[Row], tag: str) -> list[tuple[float, float, Quality]]:
    return [((row.at - START) / SECOND, row.value, row.quality) for row in seen if row.tag == f"EDGE.{tag}"]


def test_a_pulled_plug_is_a_lost_device_thirty_seconds_after_the_last_pulse() -> None:
    seen, rig = watch([(1, lambda place: place.give(pulse(1, uplink=1.0))), (11, lambda p: p.give(pulse(2, uplink=0.0)))], 100)
    assert of(seen, "session") == [(1.0, 1.0, Quality.GOOD), (41.0, 0.0, Quality.GOOD)]
    assert of(seen, "uplink") == [(1.0, 1.0, Quality.GOOD), (11.0, 0.0, Quality.GOOD), (41.0, 0.0, Quality.BAD)]
    assert rig.drivers[0].counters() == {("EDGE", "pulses"): 2, ("EDGE", "silent"): 1}


def test_a_figure_goes_by_its_own_name_and_one_that_does_not_come_is_bad() -> None:
    seen, _ = watch([(1, lambda place: place.give(pulse(1, undelivered_critical=2.0)))], 5)
    assert of(seen, "critical") == [(1.0, 2.0, Quality.GOOD)]
    ((_, _, quality),) = of(seen, "uplink")
    assert quality is Quality.BAD


def test_one_that_was_never_heard_is_lost_too() -> None:
    assert of(watch([], 40)[0], "session") == [(30.0, 0.0, Quality.GOOD)]


def test_one_that_stops_in_order_is_lost_at_once_and_back_with_its_next_boot() -> None:
    seen, rig = watch(
        [
            (1, lambda place: place.give(pulse(1))),
            (5, lambda place: place.give(pulse(2, leaving=True))),
            (25, lambda place: place.give(pulse(1, boot=2))),
        ],
        30,
    )
    assert of(seen, "session") == [(1.0, 1.0, Quality.GOOD), (5.0, 0.0, Quality.GOOD), (25.0, 1.0, Quality.GOOD)]
    assert ("EDGE", "silent") not in rig.drivers[0].counters()


def test_who_plays_recorded_pulses_keeps_nothing_alive_and_is_told_so() -> None:
    answers: list[Unfit | None] = []
    acts = [(seconds, lambda place: answers.append(place.give(pulse(1)))) for seconds in (1, 11, 21, 29)]
    seen, rig = watch(acts, 60)
    assert of(seen, "session") == [(1.0, 1.0, Quality.GOOD), (31.0, 0.0, Quality.GOOD)]
    assert answers == [None, Unfit.OLD, Unfit.OLD, Unfit.OLD]
    (refused,) = rig.drivers[0].refused_inputs()
    assert (refused.device, refused.cause, refused.times, refused.first) == ("EDGE", "old", 3, "")


@pytest.mark.parametrize(
    ("text", "unfit"),
    [
        (pulse(1, gateway="mill.edge2"), Unfit.UNKNOWN_GATEWAY),
        (seal(Pulse("mill.edge1", 1, 1), "another secret!!"), Unfit.SEAL),
        ("nonsense", Unfit.FORM),
    ],
)
def test_what_nobody_vouches_for_moves_nothing(text: str, unfit: Unfit) -> None:
    answers: list[Unfit | None] = []
    seen, rig = watch([(1, lambda place: answers.append(place.give(text)))], 20)
    assert (seen, answers) == ([], [unfit])
    assert [(each.device, each.cause) for each in rig.drivers[0].refused_inputs()] == [("", unfit)]


def test_a_secret_that_could_be_guessed_vouches_for_nobody() -> None:
    answers: list[Unfit | None] = []
    text = seal(Pulse("mill.edge1", 1, 1), "short")
    watch([(1, lambda place: answers.append(place.give(text)))], 5, secret="short")
    assert answers == [Unfit.UNKNOWN_GATEWAY]


def test_a_port_that_is_taken_is_a_loss_that_says_so_and_what_could_not_be_heard_is_not_missed() -> None:
    def take(place: MemoryPulsePlace) -> None:
        place.is_free = False

    async def main(clock: VirtualClock) -> list[tuple[float, float]]:
        place = MemoryPulsePlace()
        place.is_free = False
        links = MemoryLinks(clock, modbus={}, mqtt={}, pulses={("0.0.0.0", 8490): place})
        rig = Rig(
            [device("pulse", "EDGE", {"uplink": {}}, {"gateway": "mill.edge1", "secret": "${env:SECRET}"})],
            clock,
            links,
            secret=lambda _: SECRET,
        )
        said: list[tuple[float, float]] = []
        async with rig.batches() as arriving:
            first = await anext(arriving)
            said += [((row.at - START) / SECOND, row.value) for row in first if row.tag == "EDGE.session"]
            driver = rig.drivers[0]
            assert getattr(driver, "losses")() == {"EDGE": "the port is taken"}  # noqa: B009 - not of every driver
            place.is_free = True
            reading = asyncio.ensure_future(anext(arriving))
            await clock.sleep_until(START + 60 * SECOND)
            assert place.give(pulse(1)) is None
            said += [((row.at - START) / SECOND, row.value) for row in await reading if row.tag == "EDGE.session"]
        return said

    assert run_virtually(main, START) == [(0.0, 0.0), (60.0, 1.0)]


Sign = tuple[str, int]


@given(signs=st.lists(st.tuples(st.sampled_from(["pulse", "old", "leave", "boot", "wait"]), st.integers(0, 40)), max_size=30))
def test_it_is_up_exactly_while_the_last_true_pulse_is_young_and_was_no_farewell(signs: Sequence[Sign]) -> None:
    now: Moment = 0
    heard, boot, sequence = Heard(now), 1, 0
    last: tuple[Moment, bool] | None = None
    for what, seconds in signs:
        now += seconds * SECOND
        heard = heard.missed(AFTER, now) if heard.up is not False else heard
        if what == "boot":
            boot, sequence = boot + 1, 0
        elif what == "old" and last is not None:
            assert heard.is_old(Pulse("g", boot, sequence)) or sequence == 0
        elif what in ("pulse", "leave"):
            sequence += 1
            made = Pulse("g", boot, sequence, what == "leave")
            assert not heard.is_old(made)
            heard, last = heard.took(made, now), (now, what == "leave")
        young = last is not None and not last[1] and now - last[0] < AFTER
        assert (heard.up is True) == young

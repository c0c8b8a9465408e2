"""Whoever is to notice that a gateway is gone hears of it in a rhythm while it lives, whatever the others do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from itertools import pairwise
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from cloud_bridge.dingtalk.memory import MemoryTransport, WireReply, WireRequest
from drivers.base import WriteAnswer, WriteEnd
from edge.model.deed import Value
from edge.model.moment import SECOND, from_iso
from edge.model.pulse import Pulse, unseal
from edge.ports import NoReply
from edge.response.grants import Grant, Purpose
from edge.runtime.alive import COUNT_MAX, Pulses, beat, beats, ping
from edge.runtime.virtual import VirtualClock, run_virtually

START = from_iso("2026-05-04T08:00:00Z")
SECRET = "sixteen characters"
EVERY = 10 * SECOND
Handle = Callable[[WireRequest], Awaitable[WireReply]]


def transport_of(handle: Handle) -> MemoryTransport:
    def no_socket(*_: object) -> Any:
        raise NoReply("none", sent=False)

    return MemoryTransport(handle, no_socket)


class Watchers:
    """Other gateways by their host: what each has heard, and the hosts that do not answer, or answer with a status."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self.heard: dict[str, list[tuple[float, Pulse]]] = {}
        self.dead: set[str] = set()
        self.status: dict[str, int] = {}

    async def handle(self, request: WireRequest) -> WireReply:
        host = request.url.split("/")[2]
        if host in self.dead:
            await asyncio.get_running_loop().create_future()
        pulse = unseal(json.loads(request.body)["pulse"], {"mill.edge1": SECRET})
        assert isinstance(pulse, Pulse)
        self.heard.setdefault(host, []).append(((self._clock.now() - START) / SECOND, pulse))
        return WireReply(self.status.get(host, 204), b'{"reason":"old"}', {})


def pulsing(
    act: Callable[[Watchers, Pulses, VirtualClock], Awaitable[object]],
) -> tuple[Watchers, list[Mapping[str, Any]]]:
    """Two watchers, a and b, and a gateway in its third life that tells both."""
    found: list[Watchers] = []

    async def figures() -> Mapping[str, float]:
        return {"uplink": 1.0}

    async def main(clock: VirtualClock) -> None:
        watchers = Watchers(clock)
        found.append(watchers)
        places = {name: (f"http://{name}", SECRET) for name in "ab"}
        pulses = Pulses("mill.edge1", 3, places, figures, transport_of(watchers.handle), clock)
        running = asyncio.create_task(pulses.run(EVERY))
        await act(watchers, pulses, clock)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    with structlog.testing.capture_logs() as logs:
        run_virtually(main, START)
    return found[0], list(logs)


def test_each_watcher_hears_every_ten_seconds_and_a_dead_one_holds_up_no_other() -> None:
    async def act(watchers: Watchers, _: Pulses, clock: VirtualClock) -> None:
        watchers.dead.add("b")
        await clock.sleep_until(START + 35 * SECOND)

    watchers, logs = pulsing(act)
    assert [at for at, _ in watchers.heard["a"]] == [0.0, 10.0, 20.0, 30.0]
    assert all(pulse.figures == {"uplink": 1.0} and pulse.boot == 3 for _, pulse in watchers.heard["a"])
    assert [log["receiver"] for log in logs] == ["b"], "once, however long it does not answer"


def test_numbers_only_grow_and_the_last_pulse_says_that_it_is_the_last() -> None:
    async def act(_: Watchers, pulses: Pulses, clock: VirtualClock) -> None:
        await clock.sleep_until(START + 25 * SECOND)
        await pulses.say_farewell()

    watchers, _ = pulsing(act)
    for heard in watchers.heard.values():
        numbers = [pulse.number for _, pulse in heard]
        assert numbers == sorted(set(numbers))
        assert [pulse.leaving for _, pulse in heard] == [False, False, False, True]


def test_a_watcher_that_does_not_believe_is_named_once_with_its_reason_and_once_when_it_does() -> None:
    async def act(watchers: Watchers, _: Pulses, clock: VirtualClock) -> None:
        watchers.status["a"] = 403
        await clock.sleep_until(START + 35 * SECOND)
        watchers.status.clear()
        await clock.sleep_until(START + 65 * SECOND)

    _, logs = pulsing(act)
    assert [(log["receiver"], log.get("reason")) for log in logs] == [("a", "HTTP 403 old"), ("a", None)]
    assert SECRET not in str(logs)


def test_a_ping_is_a_get_in_the_rhythm_and_its_address_is_in_no_log() -> None:
    calls: list[tuple[float, str, str]] = []

    async def main(clock: VirtualClock) -> None:
        async def handle(request: WireRequest) -> WireReply:
            calls.append(((clock.now() - START) / SECOND, request.method, request.url))
            if len(calls) == 2:
                raise NoReply("refused https://hc/uuid", sent=False)
            return WireReply(200, b"OK", {})

        pinging = asyncio.create_task(ping("uptime", "https://hc/uuid", EVERY, transport_of(handle), clock))
        await clock.sleep_until(START + 25 * SECOND)
        pinging.cancel()
        await asyncio.gather(pinging, return_exceptions=True)

    with structlog.testing.capture_logs() as logs:
        run_virtually(main, START)
    assert calls == [(at, "GET", "https://hc/uuid") for at in (0.0, 10.0, 20.0)]
    assert [(log["receiver"], log.get("reason")) for log in logs] == [("uptime", "it cannot be reached"), ("uptime", None)]
    assert "hc/uuid" not in str(logs)


def beating(grant: Grant, until_s: int, *, locked: tuple[int, int] = (0, 0)) -> list[tuple[float, Value]]:
    """What was written, and when. locked: a tag hangs on the device from, to."""
    written: list[tuple[float, Value]] = []

    async def main(clock: VirtualClock) -> None:
        def seconds() -> float:
            return (clock.now() - START) / SECOND

        async def write(tag: str, value: Value) -> WriteAnswer:
            assert tag == grant.tag
            written.append((seconds(), value))
            return WriteAnswer(WriteEnd.DONE)

        task = asyncio.create_task(beat(grant, EVERY, write, lambda: locked[0] <= seconds() < locked[1], clock))
        await clock.sleep_until(START + until_s * SECOND)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    run_virtually(main, START)
    return written


SWITCH = Grant("PLC.alive", allowed=(0.0, 1.0), purpose=Purpose.HEARTBEAT)


def test_a_switch_changes_with_each_beat_and_a_number_counts_round() -> None:
    assert beating(SWITCH, 35) == [(0.0, 0.0), (10.0, 1.0), (20.0, 0.0), (30.0, 1.0)]
    assert [value for _, value in beating(Grant("PLC.alive", range=(0.5, 3.2)), 45)] == [1.0, 2.0, 3.0, 1.0, 2.0]


def test_while_a_hang_tag_hangs_its_device_gets_no_heartbeat() -> None:
    assert [at for at, _ in beating(SWITCH, 55, locked=(10, 40))] == [0.0, 40.0, 50.0]


@given(low=st.floats(-1e9, 1e9), width=st.floats(0, 1e9))
def test_beats_stay_within_the_grant_and_are_bounded(low: float, width: float) -> None:
    made = beats(Grant("PLC.alive", range=(low, low + width)))
    assert 0 < len(made) <= COUNT_MAX
    assert all(isinstance(value, float) and low <= value <= low + width for value in made)


@pytest.mark.parametrize("grant", [SWITCH, Grant("PLC.alive", range=(0, 1)), Grant("PLC.alive", range=(0.5, 1.5))])
def test_a_controller_sees_a_change_with_each_beat(grant: Grant) -> None:
    made = beats(grant)
    assert len(made) > 1
    assert all(one != other for one, other in pairwise(made))

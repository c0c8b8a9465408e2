"""A production line's schedule: which product is on the line at a moment, in which phase, at which speed. Pure.

Theory of operation. The schedule is counted in *production time*, which stands still while the line is stopped. In it
product n begins at n times the mean duration plus a seeded random shift, so that each product lasts a random time, and
yet any product is found without going through the ones before. A product goes through the same phases; one of them takes
what the others leave of its duration. A planned stop begins when the product that is on the line at its moment ends; a
halt begins at once, and after it the line goes on with the next product.

The same seed, start and halts give the same answers in any order of asking; stops are found lazily, as time goes.
Not here: YAML (`production_source.py`), and the points that show this (`machine.py`).
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from heapq import merge
from itertools import count

from simulators.steering import Halt, Resume

STOPPED = 0
"""The phase number of a line that is stopped; the phases count from 1."""
HALTS_MAX = 1000
PRODUCTS_REMEMBERED = 4
ID_PART = re.compile(r"\{(date|n)(?::(\d))?\}")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Spread = tuple[float, float]
"""Lowest and highest; a product gets a random number between them."""


@dataclass(frozen=True, slots=True)
class Phase:
    """What the line does with a product for a while.

    duration: in µs; None: what the others leave. speed: a number, or the name of a product's number.
    ramp_us: how long it takes from the phase before to this speed.
    """

    name: str
    duration: Spread | None
    speed: float | str
    ramp_us: int = 0
    is_idle: bool = False


@dataclass(frozen=True, slots=True)
class Products:
    """What comes over the line: `recipes` by name with the numbers of each, `campaign` products of one, then the next."""

    duration: Spread
    identity: str
    recipes: Mapping[str, Mapping[str, Spread]]
    campaign: int = 1
    utc_offset_us: int = 0
    first: int = 1


@dataclass(frozen=True, slots=True)
class PlannedStop:
    """A stop of `length_us` after the product that is on the line at `at`; again each `every_us`, unless that is 0."""

    at: int
    length_us: int
    every_us: int = 0


@dataclass(frozen=True, slots=True)
class Product:
    """One product: phase boundaries in production time (one more than there are phases), speed of each phase."""

    number: int
    identity: str
    recipe: str
    numbers: Mapping[str, float]
    boundaries: tuple[int, ...]
    speeds: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Stop:
    """The line is stopped from `begin` (production time `production_at`) to `end` (None: open) and goes on at `resumes_at`."""

    begin: int
    end: int | None
    production_at: int
    resumes_at: int
    over_us: int = 0


class ProductionLine:
    """The schedule. Raises ValueError if the phases do not fit the shortest product."""

    def __init__(
        self, products: Products, phases: tuple[Phase, ...], started_at: int, seed: int, stops: tuple[PlannedStop, ...] = ()
    ) -> None:
        shortest, longest = products.duration
        self._mean_us = round((shortest + longest) / 2)
        self._spread_us = (longest - shortest) / 2
        taken = sum(phase.duration[1] for phase in phases if phase.duration)
        if [phase.duration for phase in phases].count(None) != 1:
            raise ValueError("exactly one phase takes the time that the others leave, and has no duration")
        if taken >= shortest:
            raise ValueError(f"the phases take up to {taken / 1e6:g} s, the shortest product lasts {shortest / 1e6:g} s")
        self._products = products
        self._phases = phases
        self._started_at = started_at
        self._seed = seed
        self._planned = stops
        self._commanded: list[tuple[int, Halt | Resume]] = []
        self._stops: list[_Stop] = []
        self._next_at: float = -math.inf
        self._known: dict[int, Product] = {}

    @property
    def number_names(self) -> tuple[str, ...]:
        """What `number` can be asked for."""
        return tuple(next(iter(self._products.recipes.values())))

    # What is so at a moment

    def product(self, now: int) -> Product:
        return self._product_at(self._production_time(now))

    def finished(self, now: int) -> float:
        """How many products have left the line since the start."""
        return float(self.product(now).number)

    def progress(self, now: int) -> float:
        """The share of the product's time that is over, 0 to 1."""
        production = self._production_time(now)
        boundaries = self._product_at(production).boundaries
        return (production - boundaries[0]) / (boundaries[-1] - boundaries[0])

    def phase(self, now: int) -> int:
        """1 for the first phase and so on; `STOPPED`."""
        if self._stop_at(now) is not None:
            return STOPPED
        production = self._production_time(now)
        return bisect_right(self._product_at(production).boundaries, production)

    def is_running(self, now: int) -> bool:
        phase = self.phase(now)
        return phase != STOPPED and not self._phases[phase - 1].is_idle

    def speed(self, now: int) -> float:
        stop = self._stop_at(now)
        if stop is None:
            return self._speed(self._production_time(now))
        elapsed = now - stop.begin
        return self._speed(stop.production_at) * (1 - elapsed / stop.over_us) if elapsed < stop.over_us else 0.0

    def number(self, name: str, now: int) -> float:
        """A number of the product's recipe. KeyError: recipes have no such number."""
        return self.product(now).numbers[name]

    def phase_name(self, now: int) -> str:
        phase = self.phase(now)
        return "stopped" if phase == STOPPED else self._phases[phase - 1].name

    # Stopping it

    def command(self, at: int, command: Halt | Resume) -> None:
        """Halt it or let it go on from `at` on, which must not lie before a moment that was asked about.

        ValueError: it was done too often; what the line makes now depends on all its halts, so none can be forgotten.
        """
        if len(self._commanded) >= HALTS_MAX:
            raise ValueError(f"a line remembers at most {HALTS_MAX} halts and resumptions; start the simulator anew")
        self._commanded = sorted([*self._commanded, (at, command)], key=lambda entry: entry[0])
        self._next_at = -math.inf

    # Production time

    def _production_time(self, now: int) -> int:
        self._fold(now)
        begun = bisect_right(self._stops, now, key=lambda stop: stop.begin)
        if begun == 0:
            return max(now - self._started_at, 0)
        stop = self._stops[begun - 1]
        return stop.production_at if stop.end is None or now < stop.end else stop.resumes_at + now - stop.end

    def _stop_at(self, now: int) -> _Stop | None:
        self._fold(now)
        begun = bisect_right(self._stops, now, key=lambda stop: stop.begin)
        if begun == 0:
            return None
        stop = self._stops[begun - 1]
        return stop if stop.end is None or now < stop.end else None

    def _fold(self, now: int) -> None:
        """Find out which stops have begun by `now`; costs nothing until the next planned or commanded one."""
        if now < self._next_at:
            return
        self._stops = []
        self._next_at = math.inf
        happenings = merge(*map(_moments, self._planned), self._commanded, key=lambda entry: entry[0])
        for at, happening in happenings:
            if at > now:
                self._next_at = at
                return
            self._happen(at, happening)

    def _happen(self, at: int, happening: PlannedStop | Halt | Resume) -> None:
        last = self._stops[-1] if self._stops else None
        waits = last is not None and last.begin > at
        is_stopped = last is not None and last.begin <= at and (last.end is None or at < last.end)
        match happening:
            case PlannedStop() if not is_stopped and not waits:
                production = self._time_after(last, at)
                boundary = self._product_at(production).boundaries[-1]
                begin = at + boundary - production
                self._stops.append(_Stop(begin, begin + happening.length_us, boundary, boundary))
            case Halt():
                if last is not None and waits:
                    last = self._stops[-2] if len(self._stops) > 1 else None
                    self._stops.pop()
                if last is not None and is_stopped:
                    self._stops[-1] = replace(last, end=None)
                else:
                    production = self._time_after(last, at)
                    resumes_at = self._product_at(production).boundaries[-1]
                    self._stops.append(_Stop(at, None, production, resumes_at, happening.over_us))
            case Resume() if last is not None and last.end is None:
                self._stops[-1] = replace(last, end=at)

    def _time_after(self, last: _Stop | None, at: int) -> int:
        return max(at - self._started_at, 0) if last is None or last.end is None else last.resumes_at + at - last.end

    # Products

    def _product_at(self, production: int) -> Product:
        number = production // self._mean_us
        return self._numbered(number if self._begin(number) <= production else number - 1)

    def _begin(self, number: int) -> int:
        shift = self._random(number, "begin") * self._spread_us if number > 0 else 0.0
        return number * self._mean_us + round(shift)

    def _numbered(self, number: int) -> Product:
        known = self._known.get(number)
        if known is None:
            if len(self._known) >= PRODUCTS_REMEMBERED:
                del self._known[next(iter(self._known))]
            known = self._known[number] = self._made(number)
        return known

    def _made(self, number: int) -> Product:
        recipes = list(self._products.recipes)
        recipe = recipes[number // self._products.campaign % len(recipes)]
        numbers = {
            name: low + (high - low) * self._random(number, name)
            for name, (low, high) in self._products.recipes[recipe].items()
        }
        begin, end = self._begin(number), self._begin(number + 1)
        durations = [
            None if phase.duration is None else round(_between(phase.duration, self._random(number, f"phase {place}")))
            for place, phase in enumerate(self._phases)
        ]
        rest = end - begin - sum(duration for duration in durations if duration is not None)
        boundaries = [begin]
        for duration in durations:
            boundaries.append(boundaries[-1] + (rest if duration is None else duration))
        speeds = tuple(numbers[phase.speed] if isinstance(phase.speed, str) else phase.speed for phase in self._phases)
        return Product(number, self._identity(number, begin), recipe, numbers, tuple(boundaries), speeds)

    def _identity(self, number: int, begin: int) -> str:
        # The day is that of a line which never stops: a product's name must not depend on later stops.
        day = EPOCH + timedelta(microseconds=self._started_at + begin + self._products.utc_offset_us)

        def part(found: re.Match[str]) -> str:
            if found[1] == "date":
                return day.strftime("%y%m%d")
            digits = int(found[2] or 1)
            return f"{self._products.first + number:0{digits}d}"

        return ID_PART.sub(part, self._products.identity)

    def _speed(self, production: int) -> float:
        product = self._product_at(production)
        place = min(bisect_right(product.boundaries, production), len(self._phases)) - 1
        speed, elapsed = product.speeds[place], production - product.boundaries[place]
        ramp_us = self._phases[place].ramp_us
        if elapsed >= ramp_us:
            return speed
        # The product before ended at the speed of its last phase, which is taken to be the same as this one's.
        before = product.speeds[place - 1]
        return before + (speed - before) * elapsed / ramp_us

    def _random(self, number: int, what: str) -> float:
        """0 to 1, given by seed, product and purpose."""
        digest = blake2b(f"{self._seed}:{number}:{what}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") / 2**64


def _between(spread: Spread, share: float) -> float:
    return spread[0] + (spread[1] - spread[0]) * share


def _moments(stop: PlannedStop) -> Iterator[tuple[int, PlannedStop]]:
    if not stop.every_us:
        yield stop.at, stop
        return
    for turn in count():
        yield stop.at + turn * stop.every_us, stop

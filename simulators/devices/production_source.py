"""How a production line is written in a plan, and the points that show it. Pure.

MILL:
  products:
    id: "C{date}-{n:3}"                # {date}: yymmdd of its begin, {n:3}: its number in three digits
    every: [8min, 12min]               # how long each is on the line, change-over included
    utc_offset: 8h                     # for {date}; default 0h
    campaign: 4                        # so many of one recipe, then the next; default 1
    numbers: {rolling_speed: [800, 1100], thickness: 0.8}     # of each product; a pair is drawn between
    recipes: {DC01: {}, DC04: {thickness: 1.0}}
  phases:                              # one without `for`: it takes what the others leave
    - {name: threading, for: [50s, 70s], speed: 60, ramp: 5s}
    - {name: rolling, speed: rolling_speed, ramp: 30s}
    - {name: changing, for: 1min, speed: 0, ramp: 15s, idle: true}
  stops: [{after: 3h, for: 30min, every: 8h}]                 # after the product that is on the line then
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from simulators.devices.encoding import ValueType
from simulators.devices.fields import Fields, Located, duration_us, flag, integer, number, positive_us, text
from simulators.devices.machine import SimulatedMachine
from simulators.devices.point import Point
from simulators.devices.production import Phase, PlannedStop, ProductionLine, Products, Spread
from simulators.devices.quantities import Asked, AskedText, Quantities
from simulators.devices.signal_source import SEED_MAX

PRODUCT_KEYS = ("id", "every", "utc_offset", "campaign", "first", "numbers", "recipes")
PHASE_KEYS = ("name", "for", "speed", "ramp", "idle")
LISTED_MAX = 100
OWN_NUMBERS = ("phase", "running", "speed", "count", "progress")
OWN_TEXTS = ("product", "recipe", "phase_name")


def read_line(source: Located, name: str, started_at: int, seed: int) -> ProductionLine:
    """The schedule of a line. Raises Problem."""
    fields = Fields(source, name, ("products", "phases", "stops", "seed"))
    products = _products(Fields(fields.need("products"), f"{name}: products", PRODUCT_KEYS))
    known = set(next(iter(products.recipes.values())))
    phases = tuple(_phase(each, known) for each in _listed(fields.need("phases"), f"{name}: phases"))
    stops = fields.get("stops")
    planned = [] if stops is None else _listed(stops, f"{name}: stops")
    own_seed = integer(fields.get("seed") or Located(seed), fields.name("seed"), 0, SEED_MAX)
    try:
        return ProductionLine(products, phases, started_at, own_seed, tuple(_stop(each, started_at) for each in planned))
    except ValueError as problem:
        raise source.problem(f"{name}: {problem}") from problem


def line_machine(name: str, line: ProductionLine, quantities: Quantities) -> SimulatedMachine:
    """The points of a line, behind no wire: others show them or depend on them."""
    asked: dict[str, Callable[[int], float]] = {
        "phase": lambda now: float(line.phase(now)),
        "running": lambda now: float(line.is_running(now)),
        "speed": line.speed,
        "count": line.finished,
        "progress": line.progress,
        **{number: partial(line.number, number) for number in line.number_names},
    }
    told: dict[str, Callable[[int], str]] = {
        "product": lambda now: line.product(now).identity,
        "recipe": lambda now: line.product(now).recipe,
        "phase_name": line.phase_name,
    }
    points = [Point(key, None, ValueType.FLOAT64, Asked(ask)) for key, ask in asked.items()]
    points += [Point(key, None, ValueType.STRING, AskedText(tell)) for key, tell in told.items()]
    return SimulatedMachine(name, points, None, quantities)


def _products(fields: Fields) -> Products:
    offset, first, campaign = fields.get("utc_offset"), fields.get("first"), fields.get("campaign")
    shared = fields.get("numbers")
    defaults = {} if shared is None else _numbers(shared, fields.name("numbers"))
    source = fields.need("recipes")
    if not isinstance(source.value, dict) or not 1 <= len(source.value) <= LISTED_MAX:
        raise source.problem(f"{fields.name('recipes')} must be a mapping of 1 to {LISTED_MAX} recipes, each with its numbers")
    recipes = {name: {**defaults, **_numbers(each, f"recipe {name}")} for name, each in source.value.items()}
    names = set().union(*recipes.values())
    for name, numbers in recipes.items():
        if missing := sorted(names - set(numbers)):
            raise source.value[name].problem(f"recipe {name}: {missing[0]} is missing, another recipe has it")
    return Products(
        duration=_durations(fields.need("every"), fields.name("every")),
        identity=text(fields.need("id"), fields.name("id")),
        recipes=recipes,
        campaign=1 if campaign is None else integer(campaign, fields.name("campaign"), 1, 10**6),
        utc_offset_us=0 if offset is None else duration_us(offset, fields.name("utc_offset")),
        first=1 if first is None else integer(first, fields.name("first"), 0, 10**9),
    )


def _numbers(source: Located, what: str) -> dict[str, Spread]:
    if not isinstance(source.value, dict) or len(source.value) > LISTED_MAX:
        raise source.problem(f"{what} must be a mapping of names to numbers, or to [lowest, highest]")
    for name, each in source.value.items():
        if name in OWN_NUMBERS or name in OWN_TEXTS or not name.isidentifier():
            raise each.problem(f'{what}: "{name}" cannot be the name of a number; every line has {", ".join(OWN_NUMBERS)}')
    return {name: _spread(each, f"{what}: {name}") for name, each in source.value.items()}


def _phase(source: Located, known: set[str]) -> Phase:
    fields = Fields(source, "phase", PHASE_KEYS)
    lasts, ramp, idle, speed = fields.get("for"), fields.get("ramp"), fields.get("idle"), fields.need("speed")
    if isinstance(speed.value, str) and speed.value not in known:
        names = ", ".join(sorted(known)) or "none"
        raise speed.problem(f'phase: speed must be a number, or one that the products have ({names}), is "{speed.value}"')
    return Phase(
        name=text(fields.need("name"), fields.name("name")),
        duration=None if lasts is None else _durations(lasts, fields.name("for")),
        speed=speed.value if isinstance(speed.value, str) else number(speed, fields.name("speed")),
        ramp_us=0 if ramp is None else duration_us(ramp, fields.name("ramp")),
        is_idle=False if idle is None else flag(idle, fields.name("idle")),
    )


def _stop(source: Located, started_at: int) -> PlannedStop:
    fields = Fields(source, "stop", ("after", "for", "every"))
    every = fields.get("every")
    length_us = positive_us(fields.need("for"), fields.name("for"))
    every_us = 0 if every is None else positive_us(every, fields.name("every"))
    if every is not None and every_us <= length_us:
        raise every.problem("stop: every must be longer than for")
    return PlannedStop(started_at + duration_us(fields.need("after"), fields.name("after")), length_us, every_us)


def _listed(source: Located, what: str) -> list[Located]:
    if not isinstance(source.value, list) or not 1 <= len(source.value) <= LISTED_MAX:
        raise source.problem(f"{what} must be a list of 1 to {LISTED_MAX} entries")
    return source.value


def _durations(source: Located, what: str) -> Spread:
    """A duration, or the shortest and the longest, in µs."""
    if not isinstance(source.value, list):
        duration = float(positive_us(source, what))
        return duration, duration
    if len(source.value) != 2:
        raise source.problem(f"{what} must be a duration, or [shortest, longest]")
    shortest, longest = (float(positive_us(each, what)) for each in source.value)
    if shortest > longest:
        raise source.problem(f"{what}: the shortest is longer than the longest")
    return shortest, longest


def _spread(source: Located, what: str) -> Spread:
    if not isinstance(source.value, list):
        exact = number(source, what)
        return exact, exact
    if len(source.value) != 2:
        raise source.problem(f"{what} must be a number, or [lowest, highest]")
    low, high = (number(each, what) for each in source.value)
    return low, high

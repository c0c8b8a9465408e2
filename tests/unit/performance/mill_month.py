"""A month of alarms of the mill, as a gateway would have written it: the engine's own rows of an hour, or drawn from a seed."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from edge.config.plant import Plant
from edge.model.alarm import Priority
from edge.model.event import Event, Stream
from edge.model.moment import HOUR, MINUTE, SECOND, Moment, to_iso
from edge.ports import EngineCommit
from edge.store.store import SqliteStore, open_store
from rules.definition import Rule
from tests.api_gateway import BEARING_TAG, SmallGateway

Recorded = tuple[Moment, Event]
DAY = 24 * HOUR
#: Alarms that come in floods alone.
FLOODING = 30
BY = {"by": "shift_fitter_a", "via": "console"}


def lived(gateway: SmallGateway, times: int = 4) -> list[Event]:
    """The bearing gets hot so many times, three minutes apart; once the pumps trip, and stay so."""
    gateway.raise_pumps()
    for _ in range(times):
        gateway.raise_bearing()
        gateway.pass_time(60)
        gateway.hold(BEARING_TAG, 60.0, 61)
        gateway.pass_time(30)
    return [row.event for row in gateway.store.read_after(0, 10_000)]


def write(store: SqliteStore, recorded: Iterable[Recorded]) -> None:
    """Events as of the moments at which they were recorded, those of a minute in one commit."""
    for minute, together in groupby(recorded, key=lambda each: each[0] // MINUTE):
        store.commit_engine(EngineCommit(minute * MINUTE, [event for _, event in together], {}, ()))


def keep(folder: Path, plant: Plant, recorded: Iterable[Recorded]) -> Path:
    """The same, in a database on disk."""
    store = open_store(folder, site=plant.site, agent=plant.agent, now=0)
    write(store, recorded)
    store.close()
    return folder


def at_once(events: Iterable[Event]) -> list[Recorded]:
    return [(event.time + SECOND, event) for event in events]


def month(plant: Plant, start: Moment, days: int, seed: int, a_day: int = 60) -> list[Recorded]:
    """About so many alarms a day, of which some come often, some stand for days, are shelved, hidden, in shadow, or are
    recorded late; in the order in which they were recorded."""
    chance = random.Random(seed)
    rules = [rule for rule in plant.rules if rule.priority is not Priority.JOURNAL]
    chance.shuffle(rules)
    rows: list[Recorded] = []
    rules, flooding = rules[FLOODING:], rules[:FLOODING]
    for place, rule in enumerate(rules):
        often = max(1, round(a_day * days / (place + 2) / 4))
        rows += _life(rule, sorted(start + chance.randrange(days * DAY) for _ in range(often)), chance)
    for flood in range(max(1, days // 10)):
        rows += _flood(flooding, flood + 1, start + chance.randrange(days * DAY), chance)
    return sorted(rows, key=lambda each: each[0])


def _life(rule: Rule, times: list[Moment], chance: random.Random) -> Iterator[Recorded]:
    free = 0
    for number, at in enumerate(times, start=1):
        if at < free:
            continue
        lasts = chance.choice([5 * SECOND, 2 * MINUTE, 20 * MINUTE, 20 * MINUTE, 3 * HOUR, 30 * HOUR])
        free = at + lasts + MINUTE
        late = 2 * DAY if chance.random() < 0.004 else SECOND
        told: dict[str, Any] = {"suppressed": ["parent:x"] if chance.random() < 0.1 else []}
        if chance.random() < 0.04:
            told = {"suppressed": ["shadow"], "stage": "shadow"}
        told |= {"occurrence": number, "priority": str(rule.priority)}
        yield _row(rule, at, late, "raised", realarm=False, **told)
        if lasts >= 20 * MINUTE and chance.random() < 0.8:
            yield _row(rule, at + chance.randrange(15 * MINUTE), late, "acknowledged", occurrence=number, comment="", **BY)
        if lasts >= 20 * MINUTE and chance.random() < 0.4:
            yield _row(rule, at + 16 * MINUTE, late, "on_my_way", occurrence=number, **BY)
        if lasts == 3 * HOUR and chance.random() < 0.3:
            until = to_iso(at + 2 * HOUR)
            yield _row(rule, at + HOUR, late, "shelved", until=until, one_shot=False, reason="known_fault", **BY)
            yield _row(
                rule, at + 2 * HOUR, late, "unshelved", by="system", cause="expired", active=True, announce=False, **told
            )
        yield _row(rule, at + lasts, late, "returned", occurrence=number, acknowledged=False, suppressed=[], raised=to_iso(at))
        yield _row(rule, at + lasts, late, "filtered", began=to_iso(at), lasted=1.0)


def _flood(rules: list[Rule], number: int, at: Moment, chance: random.Random) -> Iterator[Recorded]:
    """Many alarms at once."""
    for rule in rules[: 14 + chance.randrange(FLOODING - 14)]:
        began = at + chance.randrange(9 * MINUTE)
        told = {"occurrence": number, "suppressed": []}
        yield _row(rule, began, SECOND, "raised", realarm=False, priority=str(rule.priority), **told)
        yield _row(rule, began + 12 * MINUTE, SECOND, "returned", acknowledged=False, **told)


def _row(rule: Rule, at: Moment, late: int, kind: str, **data: Any) -> Recorded:
    return at + late, Event(Stream.ALARM, kind, rule.id, at, data)

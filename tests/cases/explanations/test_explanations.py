"""Every kind of condition, explained and on its card, as people read it in both languages: the whole text in
`explanations.txt`. A changed sentence is read there in its place, by somebody who knows plants, before it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cloud_bridge.catalog import CHANNELS
from drivers.catalog import DRIVERS
from edge.api.derived_form import derived_form
from edge.api.explanation import explanation_form
from edge.config.load import load
from edge.config.plant import Plant
from edge.model.event import Event
from edge.model.moment import SECOND, from_iso
from edge.model.sample import Batch, Mark, Quality, Sample
from edge.response.alarm_words import AlarmWords
from edge.response.wording import Wording
from edge.texts import LANGUAGES
from rules.definition import Kind
from rules.engine import Engine
from rules.layout import Layout, build_layout

HERE = Path(__file__).parent
START = from_iso("2026-05-04T08:00:00Z")
#: What the tags of the plant show, by second; between them they stand still and go on being sampled.
SHOWN: dict[str, dict[int, float]] = {
    "pressure": {0: 6.0, 40: 6.5, 41: 7.0, 42: 7.5, 43: 8.0, 44: 8.5, 45: 9.0, 46: 9.5},
    "flow": {**{second: 20 + second * 7 % 11 / 10 for second in range(30)}, 35: 4.0, 37: 20.0, 39: 4.0, 41: 20.0, 43: 4.0},
    "set_point": {0: 6.0},
    "command": {0: 0.0, 42: 1.0},
    "running": {0: 0.0},
    "pieces": {second: float(second * 3) for second in range(31)},
    "word": {0: 0.0, 44: 8.0},
    "message": {0: 0.0, 45: 17.0},
    "session": {0: 1.0, 46: 0.0},
}
LAST = 50


def all_kinds() -> Plant:
    loaded = load(HERE / "plant", DRIVERS, CHANNELS, language="en")
    assert loaded.plant is not None, loaded.problems
    return loaded.plant


@pytest.fixture(scope="module")
def told() -> str:
    """The explanations early, when much cannot be worked out yet, and late, the two lines of the card, and the console."""
    plant = all_kinds()
    layout = build_layout(1, [tag for device in plant.devices.values() for tag in device.tags], plant.rules)
    engine = Engine(layout, START)
    raised: dict[str, Event] = {}
    early: dict[str, list[str]] = {}
    for second in range(LAST + 1):
        step = engine.step(START + second * SECOND, Batch.of(list(samples(layout, second))), [])
        raised |= {event.subject: event for event in step.events if event.kind == "raised"}
        if second == 5:
            early = {rule.id: explained(engine, plant, rule.id, second) for rule in plant.rules}
    lines = []
    for rule in sorted(plant.rules, key=lambda rule: (list(Kind).index(rule.kind), rule.id)):
        lines += [f"{rule.kind}: {rule.key}", "  after 5 s", *early[rule.id], f"  after {LAST} s"]
        lines += explained(engine, plant, rule.id, LAST)
        lines += ["  card", *card(plant, raised[rule.id])]
        lines += [*console(engine, plant, rule.id), ""]
    return "\n".join(lines)


def samples(layout: Layout, second: int) -> Iterator[Sample]:
    for name, slot in layout.slots.items():
        key = name.rpartition(".")[2]
        at = START + second * SECOND
        if key == "silent" and second > 20:
            continue
        if key == "broken":
            fault = second > 20
            quality, mark = (Quality.BAD, Mark.SENSOR_FAULT) if fault else (Quality.GOOD, Mark.NONE)
            yield Sample(slot, 850.0 if fault else 60.0, quality, at, at, mark)
            continue
        shown = SHOWN.get(key, {0: 60.0})
        yield Sample(slot, shown[max(each for each in shown if each <= second)], Quality.GOOD, at, at)


def explained(engine: Engine, plant: Plant, alarm: str, second: int) -> list[str]:
    form = explanation_form(engine.view(alarm), plant, START + second * SECOND)
    return [f"    {term['words'][language]}" for language in reversed(LANGUAGES) for term in form]


def console(engine: Engine, plant: Plant, alarm: str) -> list[str]:
    """Of what was worked out of tags, as rows and pages show it: its value, its peak, when it is the alarm."""
    form = derived_form(engine.view(alarm), plant)
    if form is None:
        return []
    shown = [" | ".join(form[part][language] for part in ("words", "peak", "condition")) for language in reversed(LANGUAGES)]
    return ["  console", *(f"    {each}" for each in shown)]


def card(plant: Plant, event: Event) -> list[str]:
    lines = []
    for language in reversed(LANGUAGES):
        words = AlarmWords(plant.policy, Wording(language, ZoneInfo("UTC"), plant.policy.directory), event.subject)
        value = words.trigger_line(event.data["value"], event.data.get("facts", {}), event.time)
        lines.append(f"    {value} | {words.condition(event.data['limit'])}")
    return lines


def test_all_kinds_are_explained_and_on_their_cards_as_read_before(told: str) -> None:
    kept = HERE / "explanations.txt"
    assert told == kept.read_text(encoding="utf-8"), "read it anew, then keep it"


def test_each_kind_is_among_them() -> None:
    assert {rule.kind for rule in all_kinds().rules} == set(Kind)


@pytest.mark.parametrize("ugly", ["e+", "None", "nan", "{", "unknown_"])
def test_no_number_or_name_of_ours_is_left_in_them(told: str, ugly: str) -> None:
    assert ugly not in told


def test_no_english_is_left_in_chinese_facts(told: str) -> None:
    chinese = [line for line in told.splitlines() if any("一" <= each <= "鿿" for each in line)]
    assert not [line for line in chinese if any(word in line for word in ("slope", "set point", "baseline", "coverage"))]

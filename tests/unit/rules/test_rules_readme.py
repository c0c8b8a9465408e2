"""The worked example of the README is what the engine does."""

from __future__ import annotations

import re
from pathlib import Path

from edge.model.sample import Quality
from rules.definition import Kind
from tests.unit.rules.life_cycle_page import section
from tests.unit.rules.plant import HOT, Story, at, rule

README = Path(__file__).parents[3] / "rules" / "README.md"
LINE = re.compile(r"^\| (\d+) \| (\d+) \| (good|bad) \| (true|false) \| (.*) \|$", re.MULTILINE)


def test_the_samples_way_in_the_readme_happens_line_by_line() -> None:
    lines = LINE.findall(README.read_text(encoding="utf-8"))
    assert len(lines) == 6
    story = Story(rule(deadband=3, on=10))
    for second, value, quality, raw, what_happens in lines:
        before = len(story.told)
        story.sample(float(second), float(value), Quality[quality.upper()])
        assert story.engine.view(HOT).raw is (raw == "true")
        assert story.told[before:] == re.findall(r"`(.*?)`", what_happens)
        if due := re.search(r"due at (\d+) s", what_happens):
            assert story.last is not None
            assert story.last.next_due == at(float(due[1]))


def test_without_the_last_sample_the_timer_raises_at_the_same_moment() -> None:
    story = Story(rule(deadband=3, on=10))
    for second, value, quality, *_ in LINE.findall(README.read_text(encoding="utf-8"))[:-1]:
        story.sample(float(second), float(value), Quality[quality.upper()])
    story.wait(60)
    assert story.told == ["raised 18.0"]


def test_the_life_cycle_in_the_readme_is_the_one_of_the_code() -> None:
    assert section() in README.read_text(encoding="utf-8"), "python -m tests.unit.rules.life_cycle_page"


def test_every_kind_of_condition_is_in_the_readme() -> None:
    text = README.read_text(encoding="utf-8")
    assert [kind for kind in Kind if f"`{kind}`" not in text] == []

"""Derived tags as people write them: what they read, what they are, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.model.moment import SECOND
from edge.model.tag import Derivation, Tag
from tests.unit.config.folders import BOILER_HOUSE, boiler_house, plant_of, said

DEVICES = (BOILER_HOUSE / "devices" / "boilers.yaml").read_text()
WORDS = "words: {zh: 推出的, en: derived}"
MARK = "devices:\n"


def with_derived(tmp_path: Path, *lines: str, rules: str | None = None) -> Path:
    section = "    derived:\n" + "".join(f"      {line}\n" for line in lines)
    files = {"devices__boilers": DEVICES.replace(MARK, section + MARK, 1)}
    return boiler_house(tmp_path, **files | ({"rules__boilers": rules} if rules is not None else {}))


def tags_of(folder: Path) -> dict[str, Tag]:
    return {tag.key: tag for tag in plant_of(folder).devices["BOILER.1"].tags}


def test_a_derived_tag_is_a_tag_of_its_device_with_what_it_reads(tmp_path: Path) -> None:
    line = f'output: {{expression: "steam_pressure * {{steam_high}} - 1", unit: kW, on_change: 2, {WORDS}}}'
    output = tags_of(with_derived(tmp_path, line))["output"]
    assert output.derived == Derivation("steam_pressure * 12 - 1", ("BOILER.1.steam_pressure",))
    assert (output.name, output.unit, output.on_change, output.point) == ("BOILER.1.output", "kW", 2, None)
    assert output.stale_after == 10 * SECOND


def test_a_condition_is_a_switch_and_what_follows_from_it_ages_with_it(tmp_path: Path) -> None:
    found = tags_of(
        with_derived(
            tmp_path,
            f"alert: {{expression: \"hot and 'BOILER.1.burner_fault'\", {WORDS}}}",
            f'hot: {{expression: "steam_pressure > 10", {WORDS}}}',
        )
    )
    assert found["hot"].is_plain_switch
    assert found["alert"].states[1.0]["en"] == "yes"
    assert found["alert"].stale_after == 10 * SECOND


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [
        (['a: {expression: "b + 1", W}', 'b: {expression: "a * 2", W}'], "follows from itself: BOILER.1."),
        (['a: {expression: "a + 1", W}'], '"BOILER.1.a" follows from itself: BOILER.1.a -> BOILER.1.a'),
        (['a: {expression: "steam_presure + 1", W}'], 'did you mean "steam_pressure"'),
        (['a: {expression: "steam_pressure +", W}'], "devices/boilers.yaml:"),
        (["a: {W}"], "expression"),
        (['steam_pressure: {expression: "burner_fault", W}'], "steam_pressure"),
        (['session: {expression: "burner_fault", W}'], "session"),
        (['a: {expression: "steam_pressure", address: holding 3, W}'], "address"),
    ],
)
def test_what_is_wrong_with_a_derived_tag_is_said_where_it_stands(tmp_path: Path, lines: list[str], wrong: str) -> None:
    folder = with_derived(tmp_path, *(line.replace("W}", WORDS + "}") for line in lines))
    problems = [line for line in said(folder) if line.startswith("devices/boilers.yaml")]
    assert any(wrong in line for line in problems), problems


def test_rules_and_contexts_name_a_derived_tag_like_any_other(tmp_path: Path) -> None:
    weak = "  weak: {for: boiler, kind: low, tag: output, limit: 5, priority: low, words: {zh: 弱, en: weak}}\n"
    rules = (BOILER_HOUSE / "rules" / "boilers.yaml").read_text() + weak
    folder = with_derived(tmp_path, f'output: {{expression: "steam_pressure * 2", unit: kW, {WORDS}}}', rules=rules)
    built = next(rule for rule in plant_of(folder).rules if rule.key == "weak")
    assert built.tag == "BOILER.1.output"


def test_a_driver_is_given_what_it_reads_and_nothing_else(tmp_path: Path) -> None:
    device = plant_of(with_derived(tmp_path, f'output: {{expression: "steam_pressure * 2", {WORDS}}}')).devices["BOILER.1"]
    assert [tag.key for tag in device.as_read.tags] == ["steam_pressure", "burner_fault", "session"]

"""What is forced shows in what follows from it, and nobody forces what a rule about a danger follows from."""

from __future__ import annotations

from edge.model.command import ForceValue, InboxRow
from edge.model.moment import MINUTE
from edge.model.sample import Batch
from edge.model.tag import Derivation, Tag
from rules.derived import sources_of
from rules.intake import Intake
from rules.layout import build_layout
from tests.unit.rules.plant import TEMP, at, rule

WORDS = {"zh": "测点", "en": "tag"}
GAS, FLOW, SHARE, WORST, OTHER = "G.ppm", "G.flow", "G.share", "G.worst", "G.other"


def tags() -> list[Tag]:
    read = [Tag(name, "G", name.rpartition(".")[2], "", WORDS, None, object()) for name in (GAS, FLOW, OTHER)]
    share = Tag(SHARE, "G", "share", "", WORDS, derived=Derivation("ppm / flow", (GAS, FLOW)))
    worst = Tag(WORST, "G", "worst", "", WORDS, derived=Derivation("share * 2", (SHARE,)))
    return [*read, worst, share, Tag(TEMP, *TEMP.rsplit(".", 1), "°C", WORDS, None, object())]


def intake() -> Intake:
    layout = build_layout(1, tags(), [rule("gas", reads=WORST, safety=True)])
    return Intake(layout, at(0), lambda name: None)


def asked(tag: str) -> InboxRow:
    return InboxRow("api", tag, "ann", ForceValue(tag, 1.0, 10 * MINUTE, "test"), at(1), 1)


def test_a_derived_tag_follows_from_everything_behind_it() -> None:
    assert sources_of(tags()) == {SHARE: {GAS, FLOW}, WORST: {SHARE, GAS, FLOW}}


def test_what_a_rule_about_a_danger_follows_from_is_never_forced() -> None:
    for tag in (GAS, FLOW):
        (event,) = intake().take(at(1), Batch.empty(), [asked(tag)]).events
        assert (event.kind, event.data["reason"]) == ("rejected", "safety_never_forced")
    (event,) = intake().take(at(1), Batch.empty(), [asked(OTHER)]).events
    assert event.kind != "rejected"


def test_what_follows_from_a_forced_value_is_known_for_it() -> None:
    made = build_layout(1, tags(), [])
    desk = Intake(made, at(0), lambda name: None)
    desk.take(at(1), Batch.empty(), [asked(FLOW)])
    assert [desk.forced_at(tag, at(2)) for tag in (FLOW, SHARE, WORST, GAS)] == [True, True, True, False]

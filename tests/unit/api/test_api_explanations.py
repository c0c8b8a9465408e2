"""Why an alarm is what it is, over the API and in both languages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.api.explanation import explanation_form, folded_forms
from edge.model.event import Event, JournalRow, Stream
from edge.model.moment import SECOND, from_iso
from edge.model.stage import Stage
from edge.ports import ResponseCommit
from edge.texts import catalogue
from rules.definition import Cause
from rules.explain import Why
from tests.api_gateway import BEARING, BEARING_TAG, PUMPS, SmallGateway, Visitor

NOW = from_iso("2026-05-04T08:00:00Z")


async def test_a_running_delay_is_explained_term_by_term(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.sample(BEARING_TAG, 85.0)
    answer = (await admin.get(f"explanations/{BEARING}")).json()
    assert answer["alarm"] == BEARING
    said = {term["why"]: term for term in answer["terms"]}
    assert list(said)[:3] == ["value", "over_limit", "on_delay_runs"]
    assert said["on_delay_runs"]["args"]["delay"] == gateway.plant.policy.rules[BEARING].on_delay / SECOND
    assert said["over_limit"]["words"]["en"].startswith("That is at or above the limit of")
    assert "限值" in said["over_limit"]["words"]["zh"]


async def test_an_alarm_that_is_not_there_is_not_explained(admin: Visitor) -> None:
    answer = await admin.get("explanations/NO.SUCH/alarm")
    assert (answer.status_code, answer.json()["error"]) == (404, "unknown_alarm")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_term_and_every_cause_has_a_sentence(language: str) -> None:
    sentences = catalogue(language)
    special = {Why.NOT_EVALUABLE}
    missing = [why for why in Why if why not in special and f"explain.{why}" not in sentences]
    missing += [cause for cause in (*Cause, "shadow", "maintenance") if f"response.cover.{cause}" not in sentences]
    assert missing == []


@pytest.mark.parametrize("cover", [*Cause, "shadow", "maintenance:w1", "parent:" + BEARING, "group:g", "inhibited:i"])
async def test_whatever_hides_an_alarm_can_be_said_of_the_closed_set(cover: str, gateway: SmallGateway) -> None:
    """Also while it ends, and while its stage is a trial."""
    view = gateway.alarm(BEARING)
    assert view is not None
    soon = NOW + 10 * SECOND
    hidden = replace(view, suppressed=(cover,), stage=Stage.COMMISSIONING, trial_until=soon, trial_only=("person:nobody",))
    for seen in (hidden, replace(hidden, cover_ends={cover: soon})):
        *_, term, trial = explanation_form(seen, gateway.plant, NOW)
        assert all(term["words"].values()), cover
        assert ("10 s" in term["words"]["en"]) == bool(seen.cover_ends)
        assert "nobody" in trial["words"]["zh"]


async def test_an_alarm_that_is_only_in_a_digest_says_in_whose(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.raise_pumps()
    flood = Event(Stream.DELIVERY, "folded", PUMPS, NOW, {"occurrence": 1, "floods": ["person:shift_fitter_a#3"]})
    gateway.store.commit_response(ResponseCommit(NOW, 1, [flood], [], [], {}, []))
    term = (await admin.get(f"explanations/{PUMPS}")).json()["terms"][-1]
    assert (term["why"], term["args"]) == ("folded", {"positions": ["person:shift_fitter_a"]})
    said = "Too many alarms came at once: it is not told by itself, but folded into the digest of A班钳工."
    assert (term["words"]["en"], "并入发给“A班钳工”的汇总" in term["words"]["zh"]) == (said, True)


@pytest.mark.parametrize(("occurrence", "folded"), [(1, 1), (2, 0)])
def test_a_digest_of_another_occurrence_says_nothing_of_this_one(occurrence: int, folded: int, gateway: SmallGateway) -> None:
    gateway.raise_pumps()
    view = gateway.alarm(PUMPS)
    assert view is not None
    data = {"occurrence": occurrence, "floods": ["person:gone#1"]}
    row = JournalRow("mill", "agent", 1, 7, 0, Event(Stream.DELIVERY, "folded", PUMPS, 0, data), "", "")
    assert len(folded_forms(view, [row], gateway.plant)) == folded

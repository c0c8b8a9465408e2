"""`escalate` of a route: whom it calls must be there, and have a phone."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.model.act import CallMedium
from edge.model.moment import MINUTE
from edge.response.policy import Escalation
from tests.stories.test_the_gateway_watches_itself import folder_of
from tests.unit.config.folders import check, plant_of, said

RESPONSE = """\
routes:
  all:
    to: [team:shift_a]
    escalate:
      - {after: 10min, call: STEP, to: [TO]}
"""


def written(step: str, to: str) -> str:
    return RESPONSE.replace("STEP", step).replace("TO", to)


def test_a_route_says_who_is_called_after_how_long_and_by_what(tmp_path: Path) -> None:
    plant = plant_of(folder_of(tmp_path / "plant", response=written("app", "person:lead_a")))
    (route,) = plant.policy.routes
    assert route.escalate == (Escalation(10 * MINUTE, CallMedium.APP, ("person:lead_a",)),)


@pytest.mark.parametrize(
    ("step", "to", "problem"),
    [
        ("app", "person:nobody", "nobody"),
        ("app", "lead_a", "a recipient is written person:NAME"),
        ("app", "group:pump_house", "a chat group has no phone"),
        ("pigeon", "person:lead_a", "pigeon"),
        ("phone", "person:lead_a", "no channel of cloud.yaml calls people by phone, only by app"),
    ],
)
def test_what_cannot_be_called_is_said_with_its_place(tmp_path: Path, step: str, to: str, problem: str) -> None:
    lines = said(folder_of(tmp_path / "plant", response=written(step, to)))
    assert any("response.yaml:5" in line and problem in line for line in lines), lines


MAIL = """\
apprise:
  services: {mail: {url: "${env:ANDON_MAIL_URL}", personal: true}}
dingtalk:
  client_id: dingexample
  client_secret: ${env:ANDON_DINGTALK_SECRET}
  card_template_id: andon-alarm-card.schema
"""
WITH_MAIL = """\
persons:
  lead_a: {name: lead, language: en, dingtalk: {user_id: lead-a}}
  boss: {name: boss, language: en, apprise: {service: mail, to: boss@plant.example}}
teams:
  shift_a: {members: [lead_a]}
  mixed: {members: [lead_a, boss]}
"""


def mailed(into: Path, to: str) -> list[tuple[str, str]]:
    response = "channel: dingtalk\n" + written("app", to)
    problems = check(folder_of(into, cloud=MAIL, people=WITH_MAIL, response=response)).problems
    return [(each.severity, each.text) for each in problems if (each.file, each.line) == ("response.yaml", 6)]


def test_a_call_to_somebody_who_has_mail_only_never_rings(tmp_path: Path) -> None:
    ((severity, text),) = mailed(tmp_path / "one", "person:boss")
    assert severity == "error"
    assert "never rings for boss" in text
    ((severity, text),) = mailed(tmp_path / "some", "team:mixed")
    assert severity == "note"
    assert mailed(tmp_path / "none", "person:lead_a") == []


def test_a_mistake_in_a_channel_is_not_said_again_of_those_it_calls(tmp_path: Path) -> None:
    broken = MAIL.replace("client_secret:", "client_secrte:")
    lines = said(folder_of(tmp_path / "plant", cloud=broken, people=WITH_MAIL, response=written("phone", "person:lead_a")))
    assert any("client_secrte" in line for line in lines)
    assert not [line for line in lines if "calls people by" in line]


def test_which_channel_is_the_usual_one_is_asked_for_so_that_nobody_fears_for_the_others(tmp_path: Path) -> None:
    lines = said(folder_of(tmp_path / "plant", cloud=MAIL, people=WITH_MAIL, response=written("app", "person:lead_a")))
    (line,) = [line for line in lines if "several channels" in line]
    assert "all of them are used" in line

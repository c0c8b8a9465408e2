"""`andon cloud doctor` over real sockets, against the stand-in as a process: what a person who sets DingTalk up sees."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cloud_bridge.dingtalk.doctor.findings import Reason, Verdict
from cloud_bridge.quota.account import Account, Limits
from cloud_bridge.quota.statement import statements
from edge.model.quota import Kind, Usage
from edge.starter.folder import Wish, starter_files, write_starter
from tests.andon_command import Ran, run
from tests.api_gateway import CODE, PASSWORD, T0, SmallGateway
from tests.console_process import served
from tests.e2e.standin_process import CLIENT_ID, CLIENT_SECRET, GROUP, StandIn, running_standin
from tests.unit.config.folders import check

CLOUD = f"""\
dingtalk:
  client_id: {CLIENT_ID}
  client_secret: ${{env:ANDON_DINGTALK_SECRET}}
  card_template_id: andon-alarm-card.schema
  groups:
    shift_a:
      conversation_id: {GROUP}
      webhook: {{token: "${{env:ANDON_HOOK}}", secret: "${{env:ANDON_HOOK_SECRET}}"}}
"""
PEOPLE = """\
persons:
  fitter_a: {name: Fitter A, language: en, role: worker, dingtalk: {user_id: fitter.a}}
  lead_a: {name: Shift lead A, language: en, role: engineer, dingtalk: {user_id: lead.a}}
  instruments: {name: Instrument fitter, language: en, role: worker, dingtalk: {user_id: engineer.a}}
teams:
  shift_a: {members: [fitter_a, lead_a]}
"""
SECRETS = {"ANDON_DINGTALK_SECRET": CLIENT_SECRET, "ANDON_HOOK": "sample-webhook-token", "ANDON_HOOK_SECRET": "SECsample"}
NO_PROXY = {name: None for name in os.environ if name.lower().endswith("_proxy")}
OUTSIDE = "cidNoRobotHere=="
#: What an entry of the ledger says that somebody's phone noticed.
NOTICED = ("shown", "delivered", "sent", "rung", "called", "opened", "pushed", "to-do")


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    """With the sample organisation, and a group where the app's robot is not."""
    sample = (Path(__file__).parents[2] / "simulators" / "dingtalk" / "sample.yaml").read_text(encoding="utf-8")
    outside = f"groups:\n  - {{conversation_id: {OUTSIDE}, title: Outside, members: [lead.a], robot_is_member: false}}\n"
    organisation = tmp_path_factory.mktemp("standin") / "organisation.yaml"
    organisation.write_text(sample.replace("groups:\n", outside, 1), encoding="utf-8")
    with running_standin("--organisation", str(organisation)) as running:
        yield running


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    folder = tmp_path / "plant"
    write_starter(folder, starter_files(Wish("my_plant", "en")))
    (folder / "cloud.yaml").write_text(CLOUD, encoding="utf-8")
    (folder / "people.yaml").write_text(PEOPLE, encoding="utf-8")
    return folder


def doctor(plant: Path, standin: StandIn, *options: str, **secrets: str) -> Ran:
    redirects = [f"--redirect=https://{name}.dingtalk.com={standin.url}" for name in ("api", "oapi")]
    return run("cloud", "doctor", plant, *redirects, *options, env={**NO_PROXY, **SECRETS, **secrets})


def findings(ran: Ran) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(ran.stdout)["findings"]
    return found


def to_mend(ran: Ran) -> list[tuple[str, str]]:
    wrong = (Verdict.MEND, Verdict.UNREACHABLE)
    return [(each["subject"], each["reason"]) for each in findings(ran) if each["verdict"] in wrong]


def test_a_plant_that_is_set_up_rightly_is_fine_and_no_phone_notices_the_visit(plant: Path, standin: StandIn) -> None:
    before = standin.control("state")["ledger"]["entries"]
    phones = [standin.control("phone", user_id=user) for user in ("fitter.a", "lead.a", "engineer.a", "operator.a")]
    ran = doctor(plant, standin, "--lang", "en")
    assert ran.exit_code == 0, ran.output
    assert "✓ permission qyapi_robot_sendmsg: granted" in ran.stdout
    assert "✓ group shift_a: the robot is in it" in ran.stdout
    assert "none was sent" in ran.stdout
    after = [standin.control("phone", user_id=user) for user in ("fitter.a", "lead.a", "engineer.a", "operator.a")]
    assert [phone["chats"] for phone in after] == [phone["chats"] for phone in phones]
    entries = standin.control("ledger", after=before)["entries"]
    assert len(entries) > 10
    assert not [entry for entry in entries if any(word in entry["effect"] for word in NOTICED)], entries
    assert not standin.control("state")["connections"]


def test_a_missing_permission_is_named_with_where_to_click(plant: Path, standin: StandIn) -> None:
    standin.control("missing-scopes", {"scopes": ["Card.Instance.Write", "qyapi_get_member"]})
    try:
        ran = doctor(plant, standin, "--json")
        shown = doctor(plant, standin, "--lang", "zh")
    finally:
        standin.control("missing-scopes", {"scopes": []})
    assert ran.exit_code == 1
    missing = [("qyapi_get_member", Reason.MISSING), ("Card.Instance.Write", Reason.MISSING)]
    assert sorted(to_mend(ran)) == sorted((name, str(reason)) for name, reason in missing)
    assert "权限管理：搜索 Card.Instance.Write" in shown.stdout
    assert "权限管理：搜索 qyapi_get_member" in shown.stdout


def test_a_wrong_secret_is_told_without_showing_it(plant: Path, standin: StandIn) -> None:
    ran = doctor(plant, standin, "--json", ANDON_DINGTALK_SECRET="last-years-secret")
    assert ran.exit_code == 1
    assert to_mend(ran) == [(CLIENT_ID, "credentials_wrong")]
    assert "last-years-secret" not in ran.output


def test_a_template_that_the_app_has_not_and_a_stranger_and_a_wrong_hook_are_told_in_one_run(
    plant: Path, standin: StandIn
) -> None:
    (plant / "cloud.yaml").write_text(CLOUD.replace("andon-alarm-card", "another"), encoding="utf-8")
    (plant / "people.yaml").write_text(PEOPLE.replace("engineer.a", "gone.a"), encoding="utf-8")
    ran = doctor(plant, standin, "--json", ANDON_HOOK="no-such-token")
    assert to_mend(ran) == [
        ("another.schema", "template_unknown"),
        ("shift_a", "webhook_unknown"),
        ("instruments", "person_unknown"),
    ]


def test_what_the_gateway_that_runs_has_counted_is_told_to_who_logs_in(plant: Path, standin: StandIn) -> None:
    account = Account(Limits(), "Asia/Shanghai").counted([Usage(Kind.API, "2026-05-04", 1_300)])
    loaded = check(plant).plant
    assert loaded is not None

    def spend(small: SmallGateway) -> None:
        small.statements = statements("dingtalk", account, T0)

    with served(loaded) as gateway:
        url = f"http://127.0.0.1:{gateway.port}"
        assert httpx.post(f"{url}/api/v1/setup", json={"code": CODE, "name": "boss", "password": PASSWORD}).is_success
        gateway.do(spend)
        ran = doctor(plant, standin, "--json", "--lang", "en", f"--api={url}", "--by=boss", ANDON_PASSWORD=PASSWORD)
        refused = doctor(plant, standin, f"--api={url}", "--by=boss", ANDON_PASSWORD="not this one")
    (quota,) = [each for each in findings(ran) if each["check"] == "quota"]
    assert quota["verdict"] == "fine"
    assert "1,300 of 5,000" in quota["is"]
    assert refused.exit_code == 1
    assert refused.stdout == ""


def test_dingtalk_out_of_reach_is_another_exit_code(plant: Path, standin: StandIn) -> None:
    standin.control("cut", {"for_s": 600})
    try:
        ran = doctor(plant, standin, "--lang", "en")
    finally:
        standin.control("mend", {})
    assert ran.exit_code == 3
    assert "api.dingtalk.com, oapi.dingtalk.com and wss-open-connection.dingtalk.com" in ran.stdout


def test_a_robot_outside_the_group_is_told(plant: Path, standin: StandIn) -> None:
    (plant / "cloud.yaml").write_text(CLOUD.replace(GROUP, OUTSIDE), encoding="utf-8")
    assert to_mend(doctor(plant, standin, "--json")) == [("shift_a", "robot_is_not_in")]


def test_a_plant_without_dingtalk_is_told_so(plant: Path, standin: StandIn) -> None:
    endpoints = "".join(f"    {name}: {{url: https://mes.example/{name}}}\n" for name in ("fitter", "lead", "engineer"))
    (plant / "cloud.yaml").write_text(f"webhook:\n  endpoints:\n{endpoints}", encoding="utf-8")
    people = re.sub(r"dingtalk: {user_id: (\w+)\.a}", r"webhook: {endpoint: \1}", PEOPLE)
    (plant / "people.yaml").write_text(people, encoding="utf-8")
    # Its own alarms are about DingTalk.
    (plant / "rules" / "system.yaml").unlink()
    ran = doctor(plant, standin, "--lang", "en")
    assert ran.exit_code == 1
    assert "no `dingtalk:` in cloud.yaml" in ran.stderr

"""The organisation file: read whole, refused with every problem at once."""

from __future__ import annotations

import pytest

from simulators.dingtalk.files import SAMPLE, bundled_template, read_organisation
from simulators.dingtalk.organisation_file import OrganisationError, load

APP = {"client_id": "a", "client_secret": "s", "corp_id": "c"}


def problems(data):
    with pytest.raises(OrganisationError) as refused:
        load(data)
    return refused.value.problems


def test_the_sample_is_a_good_organisation():
    sample = read_organisation(SAMPLE)
    assert sample.app.robot_code == sample.app.client_id, "for an internal app they are the same"
    assert sample.person("engineer.a").language == "en"
    assert sample.groups[0].webhook.secret.startswith("SEC")


def test_every_problem_is_told_at_once_with_its_place():
    assert problems(
        {
            "app": {"client_id": "a", "corp_id": 5, "secret": "x"},
            "persons": [{"user_id": "lead", "name": "Lead"}, {"user_id": "lead", "name": "Lead", "language": "fr"}],
            "groups": [{"conversation_id": "g", "title": "G", "members": ["lead", "nobody"], "disbanded": "no"}],
            "behaviour": {"calls_per_second": 1.5, "webhook_too_fast_code": 1, "speed": 3},
            "extra": 1,
            "time_zone": "Beijing",
        }
    ) == [
        "extra: unknown key; known are app, persons, groups, behaviour, time_zone, balances, departments, shifts, leaves, "
        "device_events, tables, workspaces, processes",
        "app.secret: unknown key; known are client_id, client_secret, robot_code, corp_id, name, missing_scopes, "
        "unticked_events, agent_id, group_templates, message_url, addresses, event_callback",
        "app.client_secret: is missing",
        "persons[1].language: must be one of zh, en, is 'fr'",
        "groups[0].disbanded: must be true or false, is 'no'",
        "behaviour.calls_per_second: must be a whole number, is 1.5",
        "behaviour.webhook_too_fast_code: must be one of 130101, 410100, 660026, is 1",
        "behaviour.speed: unknown; known are " + problems({"app": APP, "behaviour": {"speed": 3}})[0].split("known are ")[1],
        "time_zone: must be a name such as Asia/Shanghai, is 'Beijing'",
        "persons: user_id 'lead' occurs twice",
        "persons: union_id 'union-lead' occurs twice",
        "groups[0].members: no person has the user_id 'nobody'",
    ]


@pytest.mark.parametrize(
    "data", [None, [], "text", {"app": None}, {"app": APP, "persons": "lead"}, {"app": APP, "groups": [1]}]
)
def test_what_is_no_organisation_at_all_is_refused_in_words(data):
    assert all(": " in problem for problem in problems(data))


def test_numbers_are_taken_as_texts_because_yaml_reads_them_so():
    loaded = load({"app": APP, "persons": [{"user_id": 1001, "name": "Lead"}], "groups": []})
    assert loaded.person("1001").union_id == "union-1001"


def test_a_file_that_cannot_be_read_says_which(tmp_path):
    missing, broken, wrong = tmp_path / "missing.yaml", tmp_path / "broken.yaml", tmp_path / "wrong.yaml"
    broken.write_text("a: [", encoding="utf-8")
    wrong.write_text("app: {}", encoding="utf-8")
    for path in (missing, broken, wrong):
        with pytest.raises(OrganisationError) as refused:
            read_organisation(path)
        assert all(problem.startswith(f"{path}: ") for problem in refused.value.problems)


def test_the_template_knows_the_variables_of_the_alarm_card():
    template = bundled_template()
    assert template.template_id == "andon-alarm-card.schema"
    assert set(template.variables) == {
        "headline", "priority", "priority_text", "state", "state_text", "lines", "guidance", "footer", "buttons", "language",
    }  # fmt: skip

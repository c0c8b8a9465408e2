"""Video conferences: who is rung, who may close, and the error texts (reference 9)."""

from __future__ import annotations

import json

import pytest

from simulators.dingtalk.conferences import RINGS_US, Attendance, Step
from simulators.dingtalk.frames import Topic
from simulators.dingtalk.ledger import Effect
from simulators.dingtalk.wire import SECOND_US

CONFERENCES = "v1.0/conference/videoConferences"
CALL = {"userId": "union-lead", "confTitle": "Furnace 2", "inviteUserIds": ["union-fitter"]}


def opened(bench, **changes):
    reply = bench.api(CONFERENCES, CALL | changes)
    assert reply.status == 200, reply.json
    return bench.cloud.conferences.find(reply.json["conferenceId"])


def statuses(conference):
    return {key: participant.status for key, participant in conference.participants.items()}


def info(bench, conference):
    return bench.api(f"{CONFERENCES}/{conference.conference_id}", method="GET").json["confInfo"]


def test_the_initiator_is_rung_too_unless_told_otherwise(bench):
    assert statuses(opened(bench)) == {"union-lead": Attendance.RINGING, "union-fitter": Attendance.RINGING}
    assert statuses(opened(bench, inviteCaller=False))["union-lead"] is Attendance.INITIAL
    assert len(bench.cloud.conferences.of_person("union-fitter")) == 2


def test_who_comes_is_in_and_who_does_not_has_refused(bench):
    conference = opened(bench)
    assert conference.step("union-lead", Step.JOIN, bench.now)
    assert bench.cloud.next_due() == bench.now + RINGS_US
    bench.advance(RINGS_US / SECOND_US)
    assert statuses(conference) == {"union-lead": Attendance.IN, "union-fitter": Attendance.REFUSED}
    assert (info(bench, conference)["activeNum"], info(bench, conference)["invitedNum"]) == (1, 2)
    members = bench.api(f"{CONFERENCES}/{conference.conference_id}/members", method="GET").json
    assert [(each["attendStatus"], each["host"]) for each in members["memberModels"]] == [(3, True), (4, False)]


def test_more_are_invited_and_phones_too(bench):
    conference = opened(bench)
    path = f"{CONFERENCES}/{conference.conference_id}/users/invite"
    body = {"unionId": "union-lead", "inviteeList": [{"unionId": "union-engineer", "nick": "Engineer"}]}
    assert bench.api(path, body | {"phoneInviteeList": [{"phoneNumber": "13800000009"}]}).json == {"success": True}
    assert statuses(conference)["union-engineer"] is Attendance.RINGING
    assert conference.participants["13800000009"].phone == "13800000009"
    assert bench.api(path, {"unionId": "union-lead", "inviteeList": [{"unionId": "union-engineer"}]}).status == 400


def test_only_the_host_closes_and_only_once(bench):
    conference = opened(bench)
    path = f"{CONFERENCES}/{conference.conference_id}?unionId="
    assert bench.api(f"{path}union-fitter", method="DELETE").json["code"] == "noPermission"
    assert bench.api(f"{path}union-lead", method="DELETE").json == {"code": 200, "cause": "success"}
    assert info(bench, conference)["status"] == 1
    assert bench.api(f"{path}union-lead", method="DELETE").json["code"] == "resourceClose"


def test_the_free_edition_has_three_at_once_and_an_hour_each(bench):
    for _ in range(3):
        opened(bench)
    assert bench.api(CONFERENCES, CALL).json["code"] == "waterLimitError"
    bench.advance(3_600)
    opened(bench)


def test_an_unknown_outcome_is_looked_up_by_person(bench):
    conference = opened(bench)
    answer = bench.api("v1.0/conference/users/lists?unionId=union-fitter", method="GET").json
    assert answer["onGoingConfIdList"] == [conference.conference_id]
    assert answer["memberModelMap"][conference.conference_id]["attendStatus"] == 2
    found = bench.api(f"{CONFERENCES}/query", {"conferenceIdList": [conference.conference_id, "none"]}).json["infos"]
    assert [each["title"] for each in found] == ["Furnace 2"]


def test_the_app_hears_of_beginning_and_end(bench):
    connection = bench.connect(Topic.EVENT)
    conference = opened(bench)
    bench.api(f"{CONFERENCES}/{conference.conference_id}?unionId=union-lead", method="DELETE")
    frames = [json.loads(frame) for frame in connection.take()]
    models = [json.loads(f["data"])["openConfModel"] for f in frames if f["headers"]["eventType"] == "meeting_status_change"]
    assert [model["status"] for model in models] == [2, 1]
    assert bench.effects(CONFERENCES) == [Effect.CONFERENCE_OPENED]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"userId": "lead"}, "unknownUserError"),
        ({"inviteUserIds": ["fitter"]}, "unknownUserError"),
        ({"inviteUserIds": "union-fitter"}, "paramsError"),
        ({"confTitle": ""}, "paramsTitleError"),
        ({"confTitle": "x" * 257}, "paramsTitleError"),
        ({"inviteCaller": "yes"}, "paramsError"),
    ],
)
def test_a_bad_parameter_has_its_code(bench, changes, code):
    reply = bench.api(CONFERENCES, CALL | changes)
    assert (reply.status, reply.json["code"]) == (400, code)
    assert list(bench.cloud.conferences) == []


def test_an_unknown_conference_is_not_found(bench):
    assert bench.api(f"{CONFERENCES}/none", method="GET").json["code"] == "roomNotFound"

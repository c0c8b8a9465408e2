"""Looking people up, and who is on shift (reference 12)."""

from __future__ import annotations

import pytest

BY_MOBILE, SUBS, LIST_ID = "topapi/v2/user/getbymobile", "topapi/v2/department/listsub", "topapi/user/listid"
SCHEDULE, LEAVES = "topapi/attendance/schedule/listbyusers", "topapi/attendance/getleavestatus"
NOW_MS, DAY_MS = 1_700_000_000_000, 86_400_000


def ask(bench, path, body):
    return bench.oapi(path, body, access_token=bench.token).json


def plan(bench, *user_ids, days=0):
    body = {"op_user_id": "lead", "userids": ",".join(user_ids), "from_date_time": NOW_MS}
    return ask(bench, SCHEDULE, body | {"to_date_time": NOW_MS + days * DAY_MS})["result"]


def test_a_person_is_found_by_each_of_the_three_keys(bench):
    assert ask(bench, BY_MOBILE, {"mobile": "13800000001"})["result"] == {"userid": "lead"}
    assert ask(bench, "topapi/user/getbyunionid", {"unionid": "union-lead"})["result"]["userid"] == "lead"
    found = ask(bench, "topapi/v2/user/get", {"userid": "fitter"})["result"]
    assert (found["unionid"], found["dept_id_list"], found["job_number"]) == ("union-fitter", [3], "1001")
    assert "mobile" not in found, "what there is not is left out, not null"


def test_a_mobile_number_is_shown_only_with_its_own_permission(bench):
    assert ask(bench, "topapi/v2/user/get", {"userid": "lead"})["result"]["mobile"] == "13800000001"
    bench.cloud.admission.missing_scopes = frozenset({"fieldMobile"})
    assert "mobile" not in ask(bench, "topapi/v2/user/get", {"userid": "lead"})["result"]


def test_departments_are_walked_down_from_the_root(bench):
    assert [each["dept_id"] for each in ask(bench, SUBS, {})["result"]] == [2]
    assert [each["name"] for each in ask(bench, SUBS, {"dept_id": 2})["result"]] == ["Fitters"]
    assert ask(bench, "topapi/v2/department/listsubid", {"dept_id": 2})["result"] == {"dept_id_list": [3]}
    assert ask(bench, LIST_ID, {"dept_id": 3})["result"] == {"userid_list": ["fitter"]}


@pytest.mark.parametrize(
    ("path", "body", "errcode"),
    [
        (BY_MOBILE, {"mobile": "13900000000"}, 60121),
        (BY_MOBILE, {"mobile": "one three eight"}, 40104),
        (BY_MOBILE, {}, 40035),
        (LIST_ID, {"dept_id": 9}, 60003),
        ("topapi/user/getbyunionid", {"unionid": "lead"}, 60121),
        ("topapi/v2/user/get", {"userid": "union-lead"}, 60121),
    ],
)
def test_an_unknown_key_has_its_code(bench, path, body, errcode):
    assert ask(bench, path, body)["errcode"] == errcode


def test_contacts_cost_nothing_and_attendance_is_counted(bench):
    ask(bench, "topapi/v2/user/get", {"userid": "lead"})
    plan(bench, "lead")
    costs = {entry.name: entry.cost for entry in bench.cloud.ledger}
    assert (costs["topapi/v2/user/get"], costs[SCHEDULE]) == ({}, {"api_calls": 1})


def test_a_day_of_a_plan_is_two_rows_with_one_id(bench):
    on, off = plan(bench, "lead")
    assert (on["check_type"], on["plan_check_time"]) == ("OnDuty", "2023-11-15 08:00:00")
    assert (off["check_type"], off["plan_check_time"]) == ("OffDuty", "2023-11-15 20:00:00")
    assert on["id"] == off["id"]


def test_a_night_shift_ends_on_the_next_day(bench):
    on, off = plan(bench, "fitter")
    assert on["work_date"] == off["work_date"] == "2023-11-15 00:00:00"
    assert (on["plan_check_time"], off["plan_check_time"]) == ("2023-11-15 20:00:00", "2023-11-16 08:00:00")


def test_a_day_off_is_a_rest_and_a_person_without_shifts_has_no_rows(bench):
    rows = plan(bench, "lead", "engineer", days=1)
    assert [(row["work_date"][:10], row["is_rest"], row["shift_id"]) for row in rows] == [
        ("2023-11-15", "N", 7),
        ("2023-11-15", "N", 7),
        ("2023-11-16", "Y", 0),
    ]


def test_a_leave_covers_its_time(bench):
    body = {"userid_list": "lead,fitter", "start_time": NOW_MS, "end_time": NOW_MS + DAY_MS, "offset": 0, "size": 20}
    found = ask(bench, LEAVES, body)["result"]
    assert [(row["userid"], row["duration_percent"]) for row in found["leave_status"]] == [("lead", 100)]
    assert ask(bench, LEAVES, body | {"start_time": NOW_MS - DAY_MS, "end_time": NOW_MS})["result"]["leave_status"] == []


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        ({"op_user_id": "nobody"}, 33012),
        ({"userids": "union-lead"}, 33012),
        ({"userids": ["lead"]}, 40035),
        ({"to_date_time": NOW_MS + 8 * DAY_MS}, 40035),
        ({"from_date_time": "2023-11-15"}, 40035),
    ],
)
def test_a_bad_question_about_shifts_has_its_code(bench, changes, errcode):
    body = {"op_user_id": "lead", "userids": "lead", "from_date_time": NOW_MS, "to_date_time": NOW_MS}
    assert ask(bench, SCHEDULE, body | changes)["errcode"] == errcode

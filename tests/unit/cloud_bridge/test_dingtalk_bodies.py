"""Requests of DingTalk's calls beside cards and messages: golden files, limits, and what answers hold.

A golden file is what a reader of the reference would write: method, path, query, body.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_bridge.dingtalk.bodies import (
    approvals,
    attendance,
    conferences,
    contacts,
    ding,
    documents,
    groups,
    iot,
    notices,
    tables,
    todo,
)
from cloud_bridge.dingtalk.codes import EMPTY_BALANCE
from cloud_bridge.dingtalk.config import TableConfig
from cloud_bridge.dingtalk.endpoints import Request
from cloud_bridge.dingtalk.verdicts import MEND_AFTER_S, Accepted, Exists, RobotRefused
from cloud_bridge.fitting import size
from cloud_bridge.marks import IN_TIME, Marks
from edge.model.act import CallMedium, OpenOrder
from edge.model.intent import Delivered, Outcome, Refused, Retry, Unknown
from edge.model.moment import HOUR, MINUTE
from tests.unit.cloud_bridge.intents import MESSAGE, START, intent, message

GOLDEN = Path(__file__).parent / "golden" / "acts"
LINK = "https://andon.example/zh/alarms/CRM"
LATE_REPEAT = Marks(late_by=12 * MINUTE, possible_repeat=True)
ORDER = OpenOrder("WO-17", "https://andon.example/orders/WO-17", START + 4 * HOUR)
PLACE = TableConfig(base_id="base1", sheet="工单", key_column="工单号", operator="lead.a")


def rung(medium: CallMedium, marks: Marks = IN_TIME) -> Request:
    voice = "Standard_Female_Voice"
    return ding.send(intent(), medium, ["fitter.a"], robot_code="dingmill", voice=voice, marks=marks, link=LINK)


REQUESTS: dict[str, Callable[[], Request]] = {
    "ding_app": lambda: rung(CallMedium.APP, LATE_REPEAT),
    "ding_sms": lambda: rung(CallMedium.SMS),
    "ding_phone": lambda: rung(CallMedium.PHONE),
    "todo_create": lambda: todo.create(intent(), ORDER, union="unionFitter", creator="unionLead", marks=IN_TIME),
    "todo_complete": lambda: todo.complete("task17", union="unionFitter", operator="unionFitter"),
    "todo_find": lambda: todo.find("WO-17", union="unionFitter"),
    "group_create": lambda: groups.create(
        "INC-4", "3号机架 主电机 驱动端轴承温度过高", template_id="tmpl-1", owner="lead.a", members=["fitter.a", "lead.a"]
    ),
    "group_add": lambda: groups.add("cidInc4==", ["fitter.b"]),
    "group_archive": lambda: groups.archive("cidInc4==", "已结束 · 3号机架"),
    "group_disband": lambda: groups.disband("cidInc4=="),
    "conference_create": lambda: conferences.create(
        conferences.title_of("INC-4", "3号机架 主电机"), host="unionLead", members=["unionFitter"]
    ),
    "conference_invite": lambda: conferences.invite("conf/1", host="unionLead", members=[("unionFitter", "甲班钳工")]),
    "conference_close": lambda: conferences.close("conf/1", host="unionLead"),
    "conferences_of_user": lambda: conferences.of_user("unionLead"),
    "conference_get": lambda: conferences.get("conf/1"),
    "notice_send": lambda: notices.send(intent(), agent_id=1234567, user="fitter.a", marks=IN_TIME),
    "notice_result": lambda: notices.result("88", agent_id=1234567),
    "row_insert": lambda: tables.insert(PLACE, "WO-17", {"设备": "3号机架", "分钟": 12.5}, operator="unionLead"),
    "row_update": lambda: tables.update(PLACE, "WO-17", "rec1", {"分钟": 13}, operator="unionLead"),
    "row_find": lambda: tables.find(PLACE, "WO-17", operator="unionLead"),
    "document_create": lambda: documents.create("ws1", "CRM-17 复盘", operator="unionLead"),
    "document_write": lambda: documents.write("doc1", MESSAGE, {"分钟": 12.5}, operator="unionLead"),
    "approval_start": lambda: approvals.start(
        "PROC-1", {"事由": "轧辊裂纹"}, user="lead.a", department_id=-1, key_field="编号", key="crm/17"
    ),
    "approval_list": lambda: approvals.list_since("PROC-1", since=START, user="lead.a"),
    "approval_get": lambda: approvals.get("inst1"),
    "iot_event": lambda: iot.push(
        intent(), "CRM-17", {"设备": "3号机架"}, event_type="ANDON", event_name="安灯报警", device="dev-3"
    ),
    "device_event": lambda: iot.upload(intent(), {"设备": "3号机架"}, event_type="ANDON", device="dev-3"),
    "user_get": lambda: contacts.user("fitter.a"),
    "user_by_mobile": lambda: contacts.by_mobile("13900000001"),
    "user_by_code": lambda: contacts.by_code("code1"),
    "users_of_department": lambda: contacts.of_department(7),
    "shifts_of_users": lambda: attendance.schedule(["fitter.a", "lead.a"], START, operator="lead.a"),
    "leaves_of_users": lambda: attendance.leaves(["fitter.a", "lead.a"], START, offset=20),
    "sub_departments": lambda: contacts.sub_departments(1),
}


def written(request: Request) -> dict[str, Any]:
    """As a golden file says it."""
    endpoint = request.endpoint
    return {
        "host": endpoint.host.value,
        "method": endpoint.method,
        "path": request.path,
        "query": dict(request.query),
        "body": request.body,
    }


@pytest.mark.parametrize("name", REQUESTS)
def test_the_request_is_the_golden_one(name: str) -> None:
    golden = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    assert written(REQUESTS[name]()) == golden


# --- limits -----------------------------------------------------------------------------------------------------------

LONG = message(headline="长" * 300, lines=(("触发值", "值" * 900),) * 30, guidance="检查润滑油流量。" * 400, footer="厂" * 400)


@pytest.mark.parametrize("medium", CallMedium)
def test_what_rings_is_folded_with_a_link_but_none_is_read_aloud(medium: CallMedium) -> None:
    request = ding.send(intent(message=LONG), medium, ["a"], robot_code="r", voice="v", marks=LATE_REPEAT, link=LINK)
    assert request.body is not None
    content = request.body["content"]
    assert size(content) <= ding.BYTES_MAX[medium]
    assert content.endswith("…" if medium is CallMedium.PHONE else f"… {LINK}")


def test_a_work_notice_fits_and_two_of_the_same_text_differ() -> None:
    first, second = (
        notices.send(intent(message=LONG, count=count), agent_id=1, user="a", marks=IN_TIME).body for count in (1, 2)
    )
    assert first is not None
    assert second is not None
    assert size(json.dumps(first["msg"], ensure_ascii=False, separators=(",", ":"))) <= notices.MESSAGE_BYTES_MAX
    assert first["msg"] != second["msg"]


def test_a_to_do_fits_and_its_order_can_always_stand_in_an_address() -> None:
    order = OpenOrder("工单/17?", "https://andon.example/orders/17")
    request = todo.create(intent(message=LONG), order, union="u", creator="u", marks=IN_TIME)
    assert request.body is not None
    assert size(request.body["subject"]) <= todo.SUBJECT_BYTES_MAX
    assert size(request.body["description"]) <= todo.DESCRIPTION_BYTES_MAX
    assert "dueTime" not in request.body
    assert re.fullmatch(r"[0-9a-f]{32}", request.body["sourceId"])
    assert todo.find(order.order, union="u").path.endswith(request.body["sourceId"])


@pytest.mark.parametrize(("url", "fits"), [("", False), ("https://a", True), ("https://" + "a" * 1_020, False)])
def test_a_to_do_needs_the_address_of_a_page_that_has_room(url: str, fits: bool) -> None:
    assert todo.fits(OpenOrder("WO-1", url)) is fits


@given(st.text(max_size=80), st.text(max_size=80))
def test_a_conference_is_found_by_the_end_of_its_title(name: str, title: str) -> None:
    made = conferences.title_of(name, title)
    assert len(made) <= conferences.TITLE_SIGNS_MAX
    assert conferences.is_it(Accepted({"confInfo": {"title": made}}), name)


@given(st.text(max_size=80))
def test_a_rows_token_is_a_uuid_of_version_4_and_always_the_same(name: str) -> None:
    token = tables.client_token(name)
    assert UUID(token).version == 4
    assert token == tables.client_token(name)


def test_what_people_and_devices_wrote_is_no_markup_in_a_document() -> None:
    evil = "x](http://evil.example)![p](http://evil.example/p.png)\n# big"
    request = documents.write("d", message(headline=evil, lines=((evil, evil),)), {evil: evil}, operator="u")
    assert request.body is not None
    assert not re.search(r"\]\(", request.body["content"])


# --- answers ----------------------------------------------------------------------------------------------------------

RINGS: list[tuple[str, Any, Outcome | type[Outcome]]] = [
    ("rung", Accepted({"openDingId": "d1"}), Delivered("d1")),
    ("an empty list of the failed is none", Accepted({"openDingId": "d1", "failedList": {}}), Delivered("d1")),
    ("nobody failed for a reason", Accepted({"openDingId": "d1", "failedList": {"no phone": []}}), Delivered("d1")),
    (
        "the failed are named",
        Accepted({"openDingId": "d1", "failedList": {"no phone": ["fitter.a", "fitter.b"], "left": "x"}}),
        Refused("not rung: no phone: fitter.a, fitter.b; left: x"),
    ),
    ("nothing to pay with", Refused(EMPTY_BALANCE), Refused(EMPTY_BALANCE)),
    ("what a person must mend is not waited for", Retry(MEND_AFTER_S, "scope"), Refused("scope")),
    ("no robot", RobotRefused("stopped"), Refused("stopped")),
    ("busy", Retry(1.0, "busy"), Retry(1.0, "busy")),
    ("perhaps it rings", Unknown("504"), Unknown("504")),
]


@pytest.mark.parametrize(("case", "answer", "end"), RINGS, ids=[row[0] for row in RINGS])
def test_what_became_of_a_ding(case: str, answer: Any, end: Outcome) -> None:
    assert ding.outcome(answer) == end


def dropped(code: str) -> dict[str, Any]:
    return {"forbidden_list": [{"code": code, "count": 1, "userid": "fitter.a"}], "forbidden_user_id_list": ["fitter.a"]}


NOTICES: list[tuple[str, Any, type[Outcome]]] = [
    ("read", {"read_user_id_list": ["fitter.a"]}, Delivered),
    ("not read yet", {"unread_user_id_list": ["fitter.a"]}, Delivered),
    ("nobody of this id", {"invalid_user_id_list": ["fitter.a"]}, Refused),
    ("too many this minute", dropped("143103"), Retry),
    ("too many today", dropped("143105"), Refused),
    ("the same today", dropped("143106"), Refused),
    ("dropped for another reason", dropped("143199"), Refused),
    ("dropped without a reason", {"failed_user_id_list": ["fitter.a"]}, Refused),
    ("dropped for somebody else", {"forbidden_list": [{"code": "143105", "userid": "x"}]}, Unknown),
    ("not known yet", {}, Unknown),
    ("no result", None, Unknown),
]


@pytest.mark.parametrize(("case", "sent", "end"), NOTICES, ids=[row[0] for row in NOTICES])
def test_what_became_of_a_work_notice(case: str, sent: Any, end: type[Outcome]) -> None:
    assert type(notices.became_of(Accepted({"errcode": 0, "send_result": sent}), "fitter.a", "88")) is end


HANDLES = [
    (todo.task_of, {"id": "t1"}, "t1"),
    (groups.conversation_of, {"open_conversation_id": "cid1", "chat_id": "c"}, "cid1"),
    (conferences.receipt_of, {"conferenceId": "c1", "externalLinkUrl": "https://j/1"}, "c1 https://j/1"),
    (conferences.receipt_of, {"conferenceId": "c1"}, "c1"),
    (tables.record_of, {"value": [{"id": "r1"}]}, "r1"),
    (documents.document_of, {"docKey": "k1"}, "k1"),
    (approvals.instance_of, {"instanceId": "i1"}, "i1"),
]


@pytest.mark.parametrize(("read", "body", "handle"), HANDLES)
def test_the_answer_holds_what_was_made(read: Callable[[Any], str | None], body: dict[str, Any], handle: str) -> None:
    assert read(Accepted(body)) == handle
    assert read(Accepted({})) is None
    assert read(Exists("there already")) is None


def test_a_user_is_read_though_numbers_come_as_texts_and_what_is_empty_is_left_out() -> None:
    answer = {"userid": "fitter.a", "unionid": "u1", "name": "甲班钳工", "dept_id_list": ["7", 8, "?"], "active": "true"}
    assert contacts.read_user(Accepted({"result": answer})) == contacts.User("fitter.a", "u1", "甲班钳工", (7, 8))
    assert contacts.read_user(Accepted({"result": {"userid": "fitter.a"}})) is None
    bare = contacts.read_user(Accepted({"result": {"userid": "a", "unionid": "u", "active": False}}))
    assert bare == contacts.User("a", "u", "", (), is_active=False)


def test_departments_and_their_people_are_read() -> None:
    rows = [{"dept_id": "7", "name": "轧机", "parent_id": 1}, {"name": "?"}]
    assert contacts.read_departments(Accepted({"result": rows})) == (contacts.Department(7, "轧机", 1),)
    assert contacts.read_user_ids(Accepted({"result": {"userid_list": ["a", "b"]}})) == ("a", "b")
    assert contacts.read_user_ids(Accepted({})) == ()
    assert contacts.read_user_id(Accepted({"result": {"userid": "a"}})) == "a"


def test_an_approval_is_known_by_the_key_in_its_field() -> None:
    request = approvals.start("P", {"编号": "forged", "事由": "x"}, user="a", department_id=-1, key_field="编号", key="k")
    assert request.body is not None
    values = request.body["formComponentValues"]
    looked_at = Accepted({"success": "true", "result": {"formComponentValues": values}})
    assert approvals.holds(looked_at, key_field="编号", key="k")
    assert not approvals.holds(looked_at, key_field="编号", key="another")
    assert [value["name"] for value in values] == ["编号", "事由"]


def test_a_conference_that_is_over_is_not_the_one() -> None:
    title = conferences.title_of("INC-4", "主电机")
    running = Accepted({"confInfo": {"title": title, "status": 2}})
    assert conferences.is_it(running, "INC-4")
    assert not conferences.is_it(Accepted({"confInfo": {"title": title, "status": "1"}}), "INC-4")
    assert not conferences.is_it(running, "INC-5")
    assert not conferences.is_it(Accepted({"confInfo": {"title": "C-4", "status": 2}}), "INC-4")


@pytest.mark.parametrize(
    ("said", "task"),
    [
        ("todo.taskCreate.paramError: sourceId exists, taskId: 17abcdef", "17abcdef"),
        ("todo.taskCreate.paramError: 已存在任务 taskId=17-ab_cd", "17-ab_cd"),
        ("todo.taskCreate.paramError: subject is empty", None),
    ],
)
def test_a_refused_second_to_do_names_the_first(said: str, task: str | None) -> None:
    assert todo.task_in(said) == task


@pytest.mark.parametrize("medium", CallMedium)
def test_what_rings_names_the_machine_and_what_is_wrong_in_full(medium: CallMedium) -> None:
    """A headline has forty characters; who is woken at night wants to know where to go."""
    whole = "[CRITICAL CALL] hydraulic station pump 1 oil temperature dangerous 97.5 °C"
    said = message(headline="[CRITICAL CALL] …pump 1 oil… dangerous", whole=whole)
    request = ding.send(intent(message=said), medium, ["a"], robot_code="r", voice="v", marks=IN_TIME, link=LINK)
    assert request.body["content"].startswith(whole)

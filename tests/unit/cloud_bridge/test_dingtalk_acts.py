"""Acts carried out: which calls an act becomes, what their answers come to, and what a repeat does after an unknown outcome."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cloud_bridge.dingtalk.codes import EMPTY_BALANCE
from edge.model.act import (
    Act,
    AskApproval,
    Call,
    CallMedium,
    CloseConference,
    CloseGroup,
    CloseOrder,
    OpenConference,
    OpenGroup,
    OpenOrder,
    WriteRow,
)
from edge.model.intent import Claim, Delivered, Intent, Outcome, Refused, Retry, Unknown
from tests.unit.cloud_bridge.attempts import attempt, error
from tests.unit.cloud_bridge.intents import TO_MILL, config, intent
from tests.unit.cloud_bridge.scripted import NO_ANSWER, PLANT, Script, Scripted, with_channel

DING = "POST /v1.0/robot/ding/send"
TODO = "POST /v1.0/todo/users/union-fitter.a/tasks"
TODO_FIND = "GET /v1.0/todo/users/union-fitter.a/tasks/sources/WO-17"
TODO_DONE = "PUT /v1.0/todo/users/union-fitter.a/tasks/task-17"
GROUP = "POST /v1.0/im/sceneGroup/create"
CARD_MADE = "POST /v1.0/card/instances/createAndDeliver"
CARD_SHOWN = {"success": True, "result": {"deliverResults": [{"spaceType": "IM_GROUP", "success": True}]}}
GROUP_ADD = "POST /v1.0/im/sceneGroup/member/add"
GROUP_UPDATE = "POST /v1.0/im/sceneGroup/update"
GROUP_END = "POST /v1.0/im/chat/scenegroup/disband"
CONFERENCES = "/v1.0/conference/videoConferences"
ROWS = "/v1.0/notable/bases/base1/sheets/工单/records"
DOCUMENT = "POST /v1.0/doc/workspaces/ws1/docs"
DOCUMENT_WRITE = "POST /v1.0/doc/suites/documents/doc-1/overwriteContent"
APPROVALS = "/v1.0/workflow/processInstances"
APPROVAL_LIST = "POST /v1.0/workflow/processes/instanceIds/query"

ORDER = OpenOrder("WO-17", "https://andon.example/orders/WO-17")
OPEN_GROUP = OpenGroup("INC-4", "3号机架 主电机", ("fitter", "lead", "guest"))
OPEN_CONFERENCE = OpenConference("INC-4", "3号机架 主电机", ("fitter", "lead", "guest"))
ROW = WriteRow("orders", "WO-17", {"设备": "3号机架"})
CARD = intent().card


def acting(act: Act, **changes: Any) -> Intent:
    return replace(intent(**changes), act=act)


TIMEOUT = error(504, "ServiceTimeout")

# --- what an act becomes ----------------------------------------------------------------------------------------------

FIRST: list[tuple[str, Act, dict[str, Scripted], list[str], Outcome]] = [
    ("an app DING", Call(CallMedium.APP), {DING: {"openDingId": "d1"}}, [DING], Delivered("d1")),
    ("a telephone call", Call(CallMedium.PHONE), {DING: {"openDingId": "d1"}}, [DING], Delivered("d1")),
    ("an order", ORDER, {TODO: {"id": "task-17"}}, [TODO], Delivered("task-17")),
    (
        "an order that is done, found by its name",
        CloseOrder("WO-17"),
        {TODO_FIND: {"id": "task-17"}, TODO_DONE: {"result": True}},
        [TODO_FIND, TODO_DONE],
        Delivered("task-17"),
    ),
    (
        "a group",
        OPEN_GROUP,
        {GROUP: {"open_conversation_id": "cid1==", "chat_id": "c1"}, CARD_MADE: CARD_SHOWN},
        [GROUP, CARD_MADE],
        Delivered("cid1== (not on DingTalk: guest)"),
    ),
    (
        "a conference",
        OPEN_CONFERENCE,
        {f"POST {CONFERENCES}": {"conferenceId": "conf1", "externalLinkUrl": "https://j/1"}},
        [f"POST {CONFERENCES}"],
        Delivered("conf1 https://j/1 (not on DingTalk: guest)"),
    ),
    ("a row", ROW, {f"POST {ROWS}": {"value": [{"id": "rec1"}]}}, [f"POST {ROWS}"], Delivered("rec1")),
    (
        "a document",
        WriteRow("reviews", "CRM-17", {"分钟": 12.5}),
        {DOCUMENT: {"docKey": "doc-1"}, DOCUMENT_WRITE: {"success": True}},
        [DOCUMENT, DOCUMENT_WRITE],
        Delivered("doc-1"),
    ),
    (
        "an event of a device",
        WriteRow("events", "CRM-17", {"设备": "dev-3"}),
        {"POST /v1.0/diot/events/push": {"eventId": "e1"}},
        ["POST /v1.0/diot/events/push"],
        Delivered("CRM-17"),
    ),
    (
        "an approval",
        AskApproval("scrap", {"事由": "轧辊裂纹"}),
        {f"POST {APPROVALS}": {"instanceId": "inst1"}},
        [f"POST {APPROVALS}"],
        Delivered("inst1"),
    ),
]


@pytest.mark.parametrize(("case", "act", "answers", "calls", "end"), FIRST, ids=[row[0] for row in FIRST])
def test_an_act_becomes_its_calls(case: str, act: Act, answers: dict[str, Scripted], calls: list[str], end: Outcome) -> None:
    script = Script({name: [answer] for name, answer in answers.items()})
    assert attempt(script, acting(act)) == end
    assert script.acts == calls


# --- what was made before is found ------------------------------------------------------------------------------------

BEFORE: list[tuple[str, Act, str, dict[str, Scripted], list[str], Outcome]] = [
    (
        "an order is closed by its receipt",
        CloseOrder("WO-17"),
        "task-17",
        {TODO_DONE: {"result": True}},
        [TODO_DONE],
        Delivered("task-17"),
    ),
    (
        "a group that is there gets its members",
        OPEN_GROUP,
        "cid1== (not on DingTalk: guest)",
        {GROUP_ADD: {"success": True}},
        [GROUP_ADD],
        Delivered("cid1== (not on DingTalk: guest)"),
    ),
    (
        "a group is dissolved",
        CloseGroup("INC-4", archive=False),
        "cid1==",
        {GROUP_END: {"success": True}},
        [GROUP_END],
        Delivered("cid1=="),
    ),
    (
        "a group that somebody else dissolved is closed",
        CloseGroup("INC-4", archive=False),
        "cid1==",
        {GROUP_END: error(400, "group.disbanded")},
        [GROUP_END],
        Delivered("cid1=="),
    ),
    (
        "a group is archived",
        CloseGroup("INC-4", archive=True),
        "cid1==",
        {GROUP_UPDATE: {"success": True}},
        [GROUP_UPDATE],
        Delivered("cid1=="),
    ),
    (
        "people are called into a conference that stands",
        OPEN_CONFERENCE,
        "conf1 https://j/1",
        {f"POST {CONFERENCES}/conf1/users/invite": {"success": True}},
        [f"POST {CONFERENCES}/conf1/users/invite"],
        Delivered("conf1 (not on DingTalk: guest)"),
    ),
    (
        "a conference is closed",
        CloseConference("INC-4"),
        "conf1 https://j/1",
        {f"DELETE {CONFERENCES}/conf1": {"code": 200, "cause": "success"}},
        [f"DELETE {CONFERENCES}/conf1"],
        Delivered("conf1"),
    ),
    (
        "a conference that ended by itself is closed",
        CloseConference("INC-4"),
        "conf1",
        {f"DELETE {CONFERENCES}/conf1": error(404, "roomNotFound")},
        [f"DELETE {CONFERENCES}/conf1"],
        Delivered("conf1"),
    ),
    ("a row is written anew", ROW, "rec1", {f"PUT {ROWS}": {"value": [{"id": "rec1"}]}}, [f"PUT {ROWS}"], Delivered("rec1")),
    (
        "a document is written anew",
        WriteRow("reviews", "CRM-17", {}),
        "doc-1",
        {DOCUMENT_WRITE: {"success": True}},
        [DOCUMENT_WRITE],
        Delivered("doc-1"),
    ),
]


@pytest.mark.parametrize(("case", "act", "receipt", "answers", "calls", "end"), BEFORE, ids=[row[0] for row in BEFORE])
def test_what_was_made_before_is_found_by_its_receipt(
    case: str, act: Act, receipt: str, answers: dict[str, Scripted], calls: list[str], end: Outcome
) -> None:
    script = Script({name: [answer] for name, answer in answers.items()})
    assert attempt(script, acting(act), receipts={CARD: receipt}) == end
    assert script.acts == calls


def test_a_group_that_nobody_opened_cannot_be_closed() -> None:
    script = Script()
    assert isinstance(attempt(script, acting(CloseGroup("INC-4", archive=False))), Refused)
    assert script.acts == []


def test_a_conference_that_is_not_running_needs_no_closing() -> None:
    script = Script({"GET /v1.0/conference/users/lists": [{"onGoingConfIdList": []}]})
    assert attempt(script, acting(CloseConference("INC-4"))) == Delivered("it has ended already")


# --- an unknown outcome -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("medium", [CallMedium.SMS, CallMedium.PHONE])
def test_what_may_have_rung_is_not_rung_again(medium: CallMedium) -> None:
    script = Script({DING: [NO_ANSWER]})
    assert isinstance(attempt(script, acting(Call(medium))), Unknown)
    assert isinstance(attempt(script, acting(Call(medium)), after_unknown=True), Unknown)
    assert len(script.calls(DING)) == 1


def test_an_app_ding_is_repeated_and_says_that_it_may_be_a_repeat() -> None:
    script = Script({DING: [{"openDingId": "d2"}]})
    assert attempt(script, acting(Call(CallMedium.APP)), after_unknown=True) == Delivered("d2")
    assert "可能重复" in script.calls(DING)[0].body["content"]


def test_a_to_do_that_may_be_there_is_looked_for_by_its_order() -> None:
    again = error(400, "todo.taskCreate.paramError", "sourceId repeated")
    script = Script({TODO: [again], TODO_FIND: [{"id": "task-17", "done": False}]})
    assert attempt(script, acting(ORDER), after_unknown=True) == Delivered("task-17")


def test_where_the_refusal_itself_names_the_to_do_nobody_looks() -> None:
    again = error(400, "todo.taskCreate.paramError", "sourceId repeated, taskId: task-17")
    script = Script({TODO: [again]})
    assert attempt(script, acting(ORDER), after_unknown=True) == Delivered("task-17")


def test_a_to_do_with_a_wrong_parameter_is_refused_with_dingtalks_words() -> None:
    script = Script({TODO: [error(400, "todo.taskCreate.paramError", "detailUrl")], TODO_FIND: [error(404, "notFound")]})
    outcome = attempt(script, acting(ORDER))
    assert isinstance(outcome, Refused)
    assert "detailUrl" in outcome.reason


RUNNING = {"onGoingConfIdList": ["conf9", "conf1"]}


def conference(title: str, status: int = 2) -> dict[str, Any]:
    return {"confInfo": {"conferenceId": "x", "title": title, "status": status}}


def test_a_conference_that_may_stand_is_looked_for_before_it_is_opened_again() -> None:
    script = Script(
        {
            "GET /v1.0/conference/users/lists": [RUNNING],
            f"GET {CONFERENCES}/conf9": [conference("晨会")],
            f"GET {CONFERENCES}/conf1": [conference("3号机架 主电机 INC-4")],
        }
    )
    assert attempt(script, acting(OPEN_CONFERENCE), after_unknown=True) == Delivered("conf1 (not on DingTalk: guest)")
    assert script.calls(f"POST {CONFERENCES}") == []


def test_a_conference_that_does_not_stand_is_opened_again() -> None:
    script = Script(
        {
            "GET /v1.0/conference/users/lists": [RUNNING],
            f"GET {CONFERENCES}/conf9": [conference("晨会")],
            f"GET {CONFERENCES}/conf1": [conference("3号机架 主电机 INC-4", status=1)],
            f"POST {CONFERENCES}": [{"conferenceId": "conf2"}],
        }
    )
    assert attempt(script, acting(OPEN_CONFERENCE), after_unknown=True) == Delivered("conf2 (not on DingTalk: guest)")


def test_while_nobody_can_look_a_conference_is_not_opened_again() -> None:
    script = Script({"GET /v1.0/conference/users/lists": [TIMEOUT]})
    assert isinstance(attempt(script, acting(OPEN_CONFERENCE), after_unknown=True), Retry)


def test_an_approval_that_may_be_started_is_looked_for_by_its_key() -> None:
    first = Script({f"POST {APPROVALS}": [TIMEOUT]})
    wanted = acting(AskApproval("scrap", {"事由": "轧辊裂纹"}))
    assert isinstance(attempt(first, wanted), Unknown)
    form = first.calls(f"POST {APPROVALS}")[0].body["formComponentValues"]
    then = Script(
        {
            APPROVAL_LIST: [{"success": True, "result": {"list": ["inst0", "inst1"]}}],
            f"GET {APPROVALS}": [
                {"success": "true", "result": {"formComponentValues": [{"name": "编号", "value": "another"}]}},
                {"success": "true", "result": {"formComponentValues": form}},
            ],
        }
    )
    assert attempt(then, wanted, after_unknown=True) == Delivered("inst1")
    assert then.calls(f"POST {APPROVALS}") == []


KEYED: list[tuple[Act, bool]] = [
    (Call(CallMedium.APP), False),
    (Call(CallMedium.PHONE), False),
    (ORDER, True),
    (CloseOrder("WO-17"), True),
    (OPEN_GROUP, True),
    (CloseGroup("INC-4", archive=True), True),
    (OPEN_CONFERENCE, True),
    (CloseConference("INC-4"), True),
    (ROW, True),
    (WriteRow("events", "CRM-17", {}), True),
    (AskApproval("scrap", {}), True),
    (AskApproval("overtime", {}), False),
]


@pytest.mark.parametrize(("act", "keyed"), KEYED)
def test_which_acts_may_be_repeated_until_their_outcome_is_known(act: Act, keyed: bool) -> None:
    async def story(channel: Any) -> None:
        assert channel.is_keyed(acting(act)) is keyed

    with_channel(Script(), story)


def test_a_repeated_row_and_group_carry_the_same_key() -> None:
    script = Script({f"POST {ROWS}": [TIMEOUT], GROUP: [TIMEOUT]})
    for after_unknown in (False, True):
        assert isinstance(attempt(script, acting(ROW), after_unknown=after_unknown), Unknown)
        assert isinstance(attempt(script, acting(OPEN_GROUP), after_unknown=after_unknown), Unknown)
    assert len({call.query["clientToken"] for call in script.calls(f"POST {ROWS}")}) == 1
    assert len({call.body["uuid"] for call in script.calls(GROUP)}) == 1
    assert len(script.calls(GROUP)) == 2


def test_a_row_that_was_inserted_before_is_found_by_its_name_and_written() -> None:
    again = error(409, "invalidRequest.duplicateClientToken")
    script = Script(
        {
            f"POST {ROWS}": [again],
            f"POST {ROWS}/list": [{"records": [{"id": "rec1", "fields": {}}], "hasMore": False}],
            f"PUT {ROWS}": [{"value": [{"id": "rec1"}]}],
        }
    )
    assert attempt(script, acting(ROW), after_unknown=True) == Delivered("rec1")
    assert script.calls(f"PUT {ROWS}")[0].body["records"][0]["fields"] == {"设备": "3号机架", "工单号": "WO-17"}


def test_a_document_that_was_made_but_not_written_is_written_by_the_next_attempt() -> None:
    script = Script({DOCUMENT: [{"docKey": "doc-1"}], DOCUMENT_WRITE: [TIMEOUT, {"success": True}]})
    wanted = acting(WriteRow("reviews", "CRM-17", {}))

    async def story(channel: Any) -> None:
        assert isinstance(await channel.deliver(Claim(wanted, 1)), Unknown)
        assert await channel.deliver(Claim(wanted, 2, after_unknown=True)) == Delivered("doc-1")

    with_channel(script, story)
    assert len(script.calls(DOCUMENT)) == 1


def test_a_document_of_that_name_that_nobody_knows_is_not_overwritten() -> None:
    script = Script({DOCUMENT: [error(400, "invalidRequest.workspaceNode.nameConflict")]})
    outcome = attempt(script, acting(WriteRow("reviews", "CRM-17", {})), after_unknown=True)
    assert isinstance(outcome, Refused)
    assert "CRM-17" in outcome.reason


def test_an_answer_that_does_not_say_what_it_made_is_an_unknown_outcome() -> None:
    assert isinstance(attempt(Script({GROUP: [{}]}), acting(OPEN_GROUP)), Unknown)


# --- refusals ---------------------------------------------------------------------------------------------------------

REFUSED: list[tuple[str, Intent, dict[str, Any], str]] = [
    ("phones are not paid for", acting(Call(CallMedium.PHONE)), {"calls": ["app"]}, "phone is not among dingtalk.calls"),
    ("nobody may be rung", acting(Call(CallMedium.APP)), {"calls": []}, "does not allow this act: Call"),
    ("no template of a group", acting(OPEN_GROUP), {"group_template_id": None}, "does not allow this act: OpenGroup"),
    ("no such table", acting(WriteRow("shifts", "1", {})), {}, "shifts is under none of"),
    ("no such process", acting(AskApproval("leave", {})), {}, "leave is not under dingtalk.approvals"),
    ("a group cannot be rung", acting(Call(CallMedium.APP), address=TO_MILL), {}, "group:mill is no person"),
    ("an order without a page", acting(OpenOrder("WO-17", "")), {}, "the address of order WO-17"),
]


@pytest.mark.parametrize(("case", "wanted", "changes", "says"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_cannot_be_done_is_refused_with_a_sentence_and_without_a_call(
    case: str, wanted: Intent, changes: dict[str, Any], says: str
) -> None:
    script = Script()
    outcome = attempt(script, wanted, given=config(**PLANT | changes))
    assert isinstance(outcome, Refused)
    assert says in outcome.reason
    assert script.acts == []


def test_an_empty_balance_is_refused_at_once_so_that_the_next_step_goes_on() -> None:
    script = Script({DING: [error(400, "ding.serverquota.insufficient")]})
    outcome = attempt(script, acting(Call(CallMedium.PHONE)))
    assert isinstance(outcome, Refused)
    assert EMPTY_BALANCE in outcome.reason


def test_the_other_iot_cloud_has_no_key_and_says_whether_it_took_the_event() -> None:
    other = config(**PLANT | {"iot": "devicemng"})
    name = "POST /v1.0/devicemng/suppliers/events/upload"
    wanted = acting(WriteRow("events", "CRM-17", {"设备": "dev-3"}))
    assert attempt(Script({name: [{"success": True, "result": "ok"}]}), wanted, given=other) == Delivered("CRM-17")
    refused = attempt(Script({name: [{"success": False, "result": "deviceNotExist"}]}), wanted, given=other)
    assert isinstance(refused, Refused)
    assert "deviceNotExist" in refused.reason


def test_a_person_who_has_left_is_named() -> None:
    gone = {"errcode": 60121, "errmsg": "找不到该用户"}
    outcome = attempt(Script({"POST /topapi/v2/user/get": [gone]}), acting(ORDER))
    assert isinstance(outcome, Refused)
    assert "nobody in the organisation" in outcome.reason


def test_a_members_union_id_is_asked_for_once() -> None:
    script = Script({f"POST {CONFERENCES}": [{"conferenceId": "conf1"}]})

    async def story(channel: Any) -> None:
        for name in ("INC-4", "INC-5"):
            await channel.deliver(Claim(acting(replace(OPEN_CONFERENCE, conference=name)), 1))

    with_channel(script, story)
    assert sorted(call.body["userid"] for call in script.calls("POST /topapi/v2/user/get")) == ["fitter.a", "lead.a"]
    created = script.calls(f"POST {CONFERENCES}")
    assert [call.body["userId"] for call in created] == ["union-fitter.a", "union-fitter.a"]
    assert created[0].body["inviteUserIds"] == ["union-lead.a"]


def test_calls_that_each_take_long_end_together_in_time_with_an_unknown_outcome() -> None:
    script = Script(
        {
            "GET /v1.0/conference/users/lists": [RUNNING],
            f"GET {CONFERENCES}/conf9": [conference("晨会")],
            f"GET {CONFERENCES}/conf1": [conference("晨会")],
            f"POST {CONFERENCES}": [{"conferenceId": "conf2"}],
        },
        takes_s=5.5,
    )
    assert isinstance(attempt(script, acting(OPEN_CONFERENCE), after_unknown=True), Unknown)

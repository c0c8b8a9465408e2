"""DING: who is reached, what it costs, how it ends, and its error texts (reference 4)."""

from __future__ import annotations

import pytest

from simulators.dingtalk.dings import RINGS_US, Medium, Receipt, Touch
from simulators.dingtalk.ledger import Effect
from simulators.dingtalk.wire import SECOND_US

SEND, RECALL, READ = "v1.0/robot/ding/send", "v1.0/robot/ding/recall", "v1.0/robot/ding/readStatuses/query"
URGENT = {"robotCode": "dingapp", "remindType": 1, "receiverUserIdList": ["lead"], "content": "Furnace 2 too hot"}


def sent(bench, **changes):
    reply = bench.api(SEND, URGENT | changes)
    assert reply.status == 200, reply.json
    return bench.cloud.dings.find(reply.json["openDingId"])


def test_a_ding_is_on_the_phone_of_each_receiver_until_it_is_read(bench):
    ding = sent(bench, receiverUserIdList=["lead", "fitter"])
    assert [each.ding_id for each in bench.cloud.dings.of_person("fitter")] == [ding.ding_id]
    assert bench.cloud.dings.of_person("engineer") == ()
    assert ding.receipts == {"lead": Receipt.DELIVERED, "fitter": Receipt.DELIVERED}
    assert ding.touch("lead", Touch.READ, bench.now)
    infos = bench.api(READ, {"robotCode": "dingapp", "openDingId": ding.ding_id}).json["result"]["robotDingReadInfoList"]
    assert infos == [{"userId": "lead", "readStatus": "READ"}, {"userId": "fitter", "readStatus": "UNREAD"}]


def test_a_phone_rings_until_it_is_picked_up_refused_or_nobody_comes(bench):
    ding = sent(bench, remindType=3, receiverUserIdList=["lead", "fitter", "engineer"], callVoice="Lovely_Girl_Voice")
    ding.touch("lead", Touch.ANSWER, bench.now)
    ding.touch("fitter", Touch.DECLINE, bench.now)
    assert bench.cloud.next_due() == bench.now + RINGS_US
    bench.advance(RINGS_US / SECOND_US)
    assert list(ding.receipts.values()) == [Receipt.ANSWERED, Receipt.DECLINED, Receipt.MISSED]
    assert not ding.touch("engineer", Touch.ANSWER, bench.now), "who missed it cannot pick up any more"
    assert bench.effects("ding") == [Effect.DING_ENDED]


def test_a_recall_silences_what_still_rings_and_nothing_else(bench):
    ding = sent(bench, remindType=3, receiverUserIdList=["lead", "fitter"])
    ding.touch("lead", Touch.ANSWER, bench.now)
    assert bench.api(RECALL, {"robotCode": "dingapp", "openDingId": ding.ding_id}).json == {"openDingId": ding.ding_id}
    assert list(ding.receipts.values()) == [Receipt.ANSWERED, Receipt.RECALLED]


def test_a_repeat_rings_again_because_there_is_no_key(bench):
    first, second = sent(bench, remindType=3), sent(bench, remindType=3)
    assert first.ding_id != second.ding_id
    assert len(bench.cloud.dings.of_person("lead")) == 2


def test_http_200_may_hold_persons_who_were_not_reached(bench):
    bench.cloud.ding_calls.unreachable = {"fitter": "user.blocked"}
    reply = bench.api(SEND, URGENT | {"remindType": 2, "receiverUserIdList": ["lead", "union-lead", "fitter"]})
    assert reply.status == 200
    assert reply.json["failedList"] == {"staffId.notExisted": ["union-lead"], "user.blocked": ["fitter"]}
    assert bench.cloud.balances["sms"].left == 99, "only who was reached is paid for"


def test_sms_and_calls_are_paid_and_an_empty_balance_refuses_all(bench):
    bench.cloud.balances["calls"].left = 1
    refused = bench.api(SEND, URGENT | {"remindType": 3, "receiverUserIdList": ["lead", "fitter"]})
    assert (refused.status, refused.json["code"]) == (400, "ding.serverquota.insufficient")
    assert bench.cloud.balances["calls"].left == 1
    sent(bench, remindType=3)
    costs = [entry.cost for entry in bench.cloud.ledger.entries(name=SEND)]
    assert costs == [{"api_calls": 1}, {"api_calls": 1, "calls": 1}]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"robotCode": "other"}, "invalid.chatbotId"),
        ({"receiverUserIdList": []}, "miss.staffId"),
        ({"receiverUserIdList": "lead"}, "invalidParameter.param.invalid"),
        ({"receiverUserIdList": [f"p{n}" for n in range(201)]}, "ding.receivercount.limit"),
        ({"receiverUserIdList": [f"p{n}" for n in range(21)], "remindType": Medium.SMS}, "ding.receivercount.limit"),
        ({"remindType": "1"}, "invalidParameter.param.invalid"),
        ({"remindType": 4}, "invalidParameter.param.invalid"),
        ({"content": ""}, "invalidParameter.param.invalid"),
        ({"content": {"text": "x"}}, "invalidParameter.param.invalid"),
        ({"remindType": 3, "callVoice": "Gentle_Female_Voice"}, "invalidParameter.param.invalid"),
    ],
)
def test_a_bad_parameter_has_its_code_and_reaches_nobody(bench, changes, code):
    reply = bench.api(SEND, URGENT | changes)
    assert (reply.status, reply.json["code"]) == (400, code)
    assert list(bench.cloud.dings) == []


def test_a_misspelt_field_is_lost_without_a_word_and_the_ledger_tells(bench):
    sent(bench, callvoice="Standard_Male_Voice")
    assert bench.cloud.ledger.entries(name=SEND)[0].notes == ("callvoice: no field of this call, ignored",)


def test_an_unknown_ding_cannot_be_recalled(bench):
    reply = bench.api(RECALL, {"robotCode": "dingapp", "openDingId": "none"})
    assert (reply.status, reply.json["code"]) == (400, "recall.ding.exception")


def test_without_its_permission_the_refusal_names_the_scope(bench):
    bench.cloud.admission.missing_scopes = frozenset({"Premium.Ding.Write"})
    reply = bench.api(SEND, URGENT)
    assert reply.status == 403
    assert reply.json["accessdenieddetail"] == {"requiredScopes": ["Premium.Ding.Write"]}


def test_calls_that_only_the_sdk_knows_may_need_a_white_list(bench_with):
    bench = bench_with(sdk_only_calls="refused")
    ding = sent(bench)
    assert bench.api(READ, {"robotCode": "dingapp", "openDingId": ding.ding_id}).status == 403


def test_a_robot_that_sends_too_many_a_minute_is_told(bench_with):
    bench = bench_with(dings_per_minute=2)
    sent(bench)
    sent(bench)
    assert bench.api(SEND, URGENT).json["code"] == "toomuch.msg"
    bench.advance(60)
    sent(bench)

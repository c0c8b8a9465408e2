"""Cards: created once, delivered per space with its traps, overwritten unless told otherwise (reference 6)."""

from __future__ import annotations

import json

import pytest

from simulators.dingtalk.ledger import Effect
from simulators.dingtalk.timeline import robot_conversation_id

CREATE = "v1.0/card/instances"
DELIVER = "v1.0/card/instances/deliver"
BOTH = "v1.0/card/instances/createAndDeliver"


def update(bench, out_track_id="card-1", **body):
    return bench.api(CREATE, {"outTrackId": out_track_id} | body, method="PUT")


def notes(bench):
    return [note for entry in bench.cloud.ledger for note in entry.notes]


def test_a_card_appears_with_its_elements_on_the_phones_of_the_group(bench):
    answer = bench.raise_card().json
    result = answer["result"]["deliverResults"][0]
    assert answer["success"] is True
    assert (result["spaceType"], result["spaceId"], result["success"]) == ("IM_GROUP", bench.group, True)
    assert result["carrierId"]
    card = bench.cloud.phone("lead").card("card-1")
    assert [element["element"] for element in card.elements] == ["banner", "title", "rows", "buttons"]
    assert card.elements[0]["tone"] == "orange"
    assert [button.action for button in card.buttons] == ["acknowledge", "shelve"]
    assert bench.cloud.phone("engineer").card("card-1") is None


def test_a_card_for_one_person_appears_in_the_chat_with_the_robot(bench):
    bench.raise_card(
        openSpaceId="DTV1.CARD//IM_ROBOT.engineer",
        imRobotOpenSpaceModel={},
        imRobotOpenDeliverModel={"spaceType": "IM_ROBOT"},
    )
    assert bench.texts("engineer", robot_conversation_id("engineer")) == ["card-1"]
    assert bench.cloud.phone("lead").card("card-1") is None


def test_user_id_type_2_means_union_ids(bench):
    bench.raise_card(
        openSpaceId="dtv1.card//IM_ROBOT.union-engineer",
        imRobotOpenSpaceModel={},
        imRobotOpenDeliverModel={},
        userIdType=2,
        privateData={"union-engineer": {"cardParamMap": {"footer": "for the engineer"}}},
    )
    assert bench.cloud.phone("engineer").card("card-1").params["footer"] == "for the engineer"


def test_the_same_out_track_id_makes_no_second_card_and_changes_nothing(bench):
    first = bench.raise_card().json
    again = bench.raise_card(cardData={"cardParamMap": {"headline": "other"}}).json
    assert again == first, "the carrier is the same too"
    assert bench.texts("lead") == ["card-1"]
    assert bench.cloud.phone("lead").card("card-1").params["headline"] == "HIGH bearing 86 C"
    assert bench.effects(BOTH) == [Effect.CARD_CREATED_AND_DELIVERED, Effect.DUPLICATE_IGNORED]


def test_the_same_out_track_id_may_be_refused_instead(bench_with):
    bench = bench_with(repeated_out_track_id="refused")
    bench.raise_card()
    reply = bench.raise_card()
    assert (reply.status, reply.json["code"]) == (400, "param.cardAlreadyExist")
    assert bench.texts("lead") == ["card-1"]


def test_a_repeat_may_deliver_nothing_and_to_deliver_is_a_call_of_its_own(bench_with):
    bench = bench_with(repeated_out_track_id="undelivered")
    bench.cloud.card_calls.undelivered = {bench.group: "system busy"}
    (first,) = bench.raise_card().json["result"]["deliverResults"]
    assert (first["success"], first["errorMsg"]) == (False, "system busy")
    bench.cloud.card_calls.undelivered = {}
    assert bench.raise_card().json["result"]["deliverResults"] == []
    assert bench.texts("lead") == []
    space = {"openSpaceId": f"dtv1.card//IM_GROUP.{bench.group}", "imGroupOpenDeliverModel": {"robotCode": "dingapp"}}
    (delivered,) = bench.api("v1.0/card/instances/deliver", {"outTrackId": "card-1", **space}).json["result"]
    assert delivered["success"] is True
    assert bench.texts("lead") == ["card-1"]


def test_a_repeat_delivers_where_the_first_attempt_did_not(bench):
    space = f"dtv1.card//IM_GROUP.{bench.group};dtv1.card//IM_ROBOT.engineer"
    models = {"imRobotOpenSpaceModel": {}}
    first = bench.raise_card(openSpaceId=space, **models).json["result"]["deliverResults"]
    assert [result["success"] for result in first] == [True, False]
    again = bench.raise_card(openSpaceId=space, **models, imRobotOpenDeliverModel={}).json["result"]["deliverResults"]
    assert [result["success"] for result in again] == [True, True]
    assert bench.texts("lead") == ["card-1"]
    assert bench.cloud.phone("engineer").card("card-1") is not None


@pytest.mark.parametrize(
    ("changes", "space", "problem"),
    [
        ({}, "IM_ROBOT.lead", "spaces of card is empty"),
        ({"imRobotOpenSpaceModel": {}}, "IM_ROBOT.lead", "imRobotOpenDeliverModel is empty"),
        ({"imRobotOpenSpaceModel": {}, "imRobotOpenDeliverModel": {}}, "IM_ROBOT.union-lead", "user does not exist"),
        ({}, "IM_GROUP.cidOpen==", "robot is not a member of the group"),
        ({"imGroupOpenDeliverModel": {"robotCode": "other"}}, "IM_GROUP.cidShiftA==", "robot is not a member of the group"),
        ({}, "IM_GROUP.cidNowhere==", "conversation does not exist"),
        ({"topOpenSpaceModel": {}, "topOpenDeliverModel": {}}, "ONE_BOX.x", "ONE_BOX is not played by this stand-in"),
    ],
)
def test_success_true_may_hold_a_delivery_that_failed(bench, changes, space, problem):
    reply = bench.raise_card(openSpaceId=f"dtv1.card//{space}", **changes)
    result = reply.json["result"]["deliverResults"][0]
    assert (reply.status, reply.json["success"]) == (200, True)
    assert (result["success"], result["errorMsg"]) == (False, problem)
    assert "carrierId" not in result
    assert bench.effects(BOTH) == [Effect.CARD_CREATED]
    assert bench.cloud.phone("lead").card("card-1") is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"outTrackId": ""}, "param.outTrackIdEmpty"),
        ({"outTrackId": "x" * 101}, "param.invalid"),
        ({"cardTemplateId": ""}, "param.cardTemplateIdEmpty"),
        ({"cardTemplateId": "other.schema"}, "param.templateNotExist"),
        ({"openSpaceId": ""}, "param.openSpaceIdEmpty"),
        ({"openSpaceId": "IM_GROUP.cid"}, "param.openSpaceIdInvalid"),
        ({"openSpaceId": "dtv1.card//IM_PARTY.cid"}, "param.openSpaceIdInvalid"),
        ({"imGroupOpenDeliverModel": {}}, "param.openDeliverModelError"),
        ({"callbackType": "stream"}, "param.invalid"),
        ({"privateData": {"nobody": {"cardParamMap": {}}}}, "param.userIdNotExist"),
        ({"cardData": {"cardParamMap": {"footer": "温" * 342}}}, "param.invalid"),
        ({"cardData": {"cardParamMap": {"k" * 101: "x"}}}, "param.invalid"),
    ],
)
def test_a_bad_parameter_has_its_code_and_creates_nothing(bench, changes, code):
    reply = bench.raise_card(**changes)
    assert (reply.status, reply.json["code"]) == (400, code)
    assert list(bench.cloud.cards) == []


@pytest.mark.parametrize(
    ("absent", "code"),
    [
        ("cardData", "param.cardDataAndPrivateDataBothEmpty"),
        ("imGroupOpenDeliverModel", "param.openDeliverModelEmpty"),
    ],
)
def test_a_missing_part_has_its_code(bench, absent, code):
    body = {key: value for key, value in bench.card_body().items() if key != absent}
    assert bench.api(BOTH, body).json["code"] == code


def test_a_value_of_1024_bytes_passes(bench):
    assert bench.raise_card(cardData={"cardParamMap": {"footer": "x" * 1024}}).status == 200


def test_a_body_that_is_no_object_is_a_bad_parameter(bench):
    assert bench.api(BOTH, b"nonsense").json["code"] == "param.invalid"


@pytest.mark.parametrize(
    ("params", "note"),
    [
        ({"headline": 91.2}, "headline: a float where only texts are allowed, renders nothing"),
        ({"lines": [{"label": "a", "text": "b"}]}, "lines: a list where only texts are allowed, renders nothing"),
        ({"lines": "[1]"}, "lines: not an array of objects, renders nothing"),
        ({"buttons": "{"}, "buttons: not JSON, renders nothing"),
        ({"buttons": '[{"action":"a"}]'}, "buttons: an item without the text 'label', renders nothing"),
        ({"priority": "urgent"}, "priority: 'urgent' is none of critical, high, medium, low, renders nothing"),
        ({"titel": "x"}, "titel: the template has no such variable"),
    ],
)
def test_a_mistyped_value_renders_nothing_raises_nothing_and_is_noted(bench, params, note):
    assert bench.raise_card(cardData={"cardParamMap": params}).status == 200
    assert note in notes(bench)
    assert bench.cloud.phone("lead").card("card-1").elements == ()


def test_a_variable_that_is_not_sent_renders_nothing_and_is_noted_once(bench):
    bench.raise_card(cardData={"cardParamMap": {"headline": "HIGH bearing 86 C", "lines": "[]"}})
    options = {"updateCardDataByKey": True}
    update(bench, cardData={"cardParamMap": {"headline": "HIGH bearing 87 C"}}, cardUpdateOptions=options)
    (note,) = [each for each in notes(bench) if each.startswith("not sent, renders nothing: ")]
    assert "footer" in note
    assert "headline" not in note


def test_an_update_overwrites_what_it_does_not_send(bench):
    bench.raise_card()
    assert update(bench, cardData={"cardParamMap": {"state": "acknowledged"}}).json == {"success": True, "result": True}
    assert bench.cloud.phone("lead").card("card-1").params == {"state": "acknowledged"}
    assert any("erased by an update without updateCardDataByKey" in note and "headline" in note for note in notes(bench))


def test_an_update_by_key_keeps_the_rest(bench):
    bench.raise_card()
    options = {"updateCardDataByKey": True}
    update(bench, cardData={"cardParamMap": {"state": "acknowledged"}}, cardUpdateOptions=options)
    params = bench.cloud.phone("lead").card("card-1").params
    assert (params["state"], params["headline"]) == ("acknowledged", "HIGH bearing 86 C")


def test_private_data_is_seen_by_its_owner_only_and_by_key_when_told(bench):
    bench.raise_card(privateData={"lead": {"cardParamMap": {"footer": "yours", "guidance": "look"}}})
    options = {"updatePrivateDataByKey": True}
    update(bench, privateData={"lead": {"cardParamMap": {"footer": "still yours"}}}, cardUpdateOptions=options)
    lead, fitter = (bench.cloud.phone(user_id).card("card-1").params for user_id in ("lead", "fitter"))
    assert (lead["footer"], lead["guidance"]) == ("still yours", "look")
    assert "footer" not in fitter
    update(bench, privateData={"lead": {"cardParamMap": {}}})
    assert "guidance" not in bench.cloud.phone("lead").card("card-1").params


@pytest.mark.parametrize(
    ("out_track_id", "body", "code"),
    [
        ("unknown", {"cardData": {}}, "param.cardNotExist"),
        ("card-1", {}, "param.cardDataAndPrivateDataBothEmpty"),
        ("", {"cardData": {}}, "param.outTrackIdEmpty"),
        ("card-1", {"privateData": {"nobody": {}}}, "param.userIdNotExist"),
    ],
)
def test_an_update_that_cannot_be_done_has_its_code(bench, out_track_id, body, code):
    bench.raise_card()
    reply = update(bench, out_track_id, **body)
    assert (reply.status, reply.json["code"]) == (400, code)


def test_an_update_makes_no_new_message_and_nothing_unread(bench):
    bench.raise_card()
    bench.cloud.mark_read("lead", bench.group)
    update(bench, cardData={"cardParamMap": {"headline": "normal again"}})
    assert bench.texts("lead") == ["card-1"]
    assert bench.cloud.phone("lead").unread == 0


def test_creating_and_delivering_apart_comes_to_the_same(bench):
    body = bench.card_body()
    assert bench.api(CREATE, body).json == {"result": "card-1", "success": True}
    assert bench.api(CREATE, body).json == {"result": "card-1", "success": True}
    assert bench.texts("lead") == []
    first = bench.api(DELIVER, body).json
    again = bench.api(DELIVER, body).json
    assert first["result"][0]["success"] is True
    assert again == first
    assert bench.texts("lead") == ["card-1"]
    assert bench.effects(CREATE) == [Effect.CARD_CREATED, Effect.DUPLICATE_IGNORED]
    assert bench.effects(DELIVER) == [Effect.CARD_DELIVERED, Effect.DUPLICATE_IGNORED]


def test_delivering_what_was_never_created_is_refused(bench):
    assert bench.api(DELIVER, bench.card_body()).json["code"] == "param.cardNotExist"


def test_recipients_alone_see_the_card_and_at_user_ids_mention_members(bench):
    bench.raise_card(
        imGroupOpenDeliverModel={
            "robotCode": "dingapp",
            "recipients": ["fitter"],
            "atUserIds": {"fitter": "Fitter", "engineer": "Engineer"},
        }
    )
    chat = bench.cloud.phone("fitter").chat(bench.group)
    assert chat.messages[0].mentions == ("fitter",)
    assert chat.mentioned
    assert bench.texts("lead") == []


def test_the_chat_list_shows_the_last_message_in_the_phones_language_or_else_the_headline(bench):
    texts = {"ZH_CN": "轴承温度高", "EN_US": "Bearing hot"}
    robot = {"openSpaceId": "dtv1.card//IM_ROBOT.engineer", "imRobotOpenDeliverModel": {}}
    bench.raise_card("card-1", imGroupOpenSpaceModel={"lastMessageI18n": texts})
    bench.raise_card("card-2", **robot, imRobotOpenSpaceModel={"lastMessageI18n": texts}, imGroupOpenSpaceModel={})
    assert bench.cloud.phone("lead").chat(bench.group).preview == "轴承温度高"
    assert bench.cloud.phone("engineer").chat(robot_conversation_id("engineer")).preview == "Bearing hot"
    bench.raise_card("card-3")
    assert bench.cloud.phone("lead").chat(bench.group).preview == "HIGH bearing 86 C"


def test_choices_reach_the_phone(bench):
    bench.raise_card()
    button = bench.cloud.phone("lead").card("card-1").button("shelve")
    assert [(choice.id, choice.label) for choice in button.choices] == [("parts", "Waiting for parts")]


def test_a_card_on_a_phone_is_plain_json(bench):
    bench.raise_card()
    phone = json.loads(json.dumps(bench.cloud.phone("lead").as_json()))
    assert phone["chats"][0]["messages"][0]["card"]["params"]["priority"] == "high"

"""The work notice, second choice where the robot cannot write to somebody; and its silent drop."""

from __future__ import annotations

from typing import Any

import pytest

from edge.model.alarm import Priority
from edge.model.intent import Delivered, Outcome, Purpose, Refused, Retry
from tests.unit.cloud_bridge.attempts import attempt, error
from tests.unit.cloud_bridge.intents import config, intent, message
from tests.unit.cloud_bridge.scripted import PLANT, Script

ROBOT = "POST /v1.0/robot/oToMessages/batchSend"
NOTICE = "POST /topapi/message/corpconversation/asyncsend_v2"
NOTICE_RESULT = "POST /topapi/message/corpconversation/getsendresult"
NO_ROBOT = error(400, "chatbotId.notAllow.sendOTO")


def test_where_the_robot_cannot_write_a_work_notice_does() -> None:
    script = Script({ROBOT: [NO_ROBOT], NOTICE: [{"errcode": 0, "task_id": 88}]})
    low = message(priority=Priority.LOW)
    assert attempt(script, intent(Purpose.REMINDER, message=low)) == Delivered("88")
    assert script.acts == [ROBOT, NOTICE]


@pytest.mark.parametrize(
    ("result", "end"),
    [
        ({"unread_user_id_list": ["fitter.a"]}, Delivered),
        ({"forbidden_list": [{"code": "143105", "count": 1, "userid": "fitter.a"}]}, Refused),
        ({"forbidden_list": [{"code": "143103", "count": 1, "userid": "fitter.a"}]}, Retry),
        ({}, Delivered),
    ],
)
def test_of_what_is_urgent_the_silent_drop_is_looked_for(result: dict[str, Any], end: type[Outcome]) -> None:
    script = Script(
        {ROBOT: [NO_ROBOT], NOTICE: [{"errcode": 0, "task_id": 88}], NOTICE_RESULT: [{"errcode": 0, "send_result": result}]}
    )
    assert isinstance(attempt(script, intent(Purpose.REMINDER)), end)
    assert script.acts == [ROBOT, NOTICE, NOTICE_RESULT]


def test_without_an_agent_id_the_robots_refusal_waits_to_be_mended() -> None:
    script = Script({ROBOT: [NO_ROBOT]})
    assert isinstance(attempt(script, intent(Purpose.REMINDER), given=config(**PLANT | {"agent_id": None})), Retry)

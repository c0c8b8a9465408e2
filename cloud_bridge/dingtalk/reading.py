"""Whether somebody has read what the robot sent them: which call tells, and what its answer says. Pure.

robot message to a person    GET  robot/oToMessages/readStatus       for 24 h (dingtalk-api 3.4)
DING in the app              POST robot/ding/readStatuses/query      (4)
all others                   nobody can tell: a card, a webhook, an SMS, a call by phone
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloud_bridge.dingtalk.acts import user_of
from cloud_bridge.dingtalk.config import DingTalkConfig
from cloud_bridge.dingtalk.endpoints import DING_READ, ROBOT_READ, Request
from cloud_bridge.dingtalk.ways import SendByRobot, way_of
from edge.model.act import Call, CallMedium, Tell
from edge.model.intent import Intent


def question(intent: Intent, receipt: str, config: DingTalkConfig) -> Request | None:
    """The call that tells; None: there is none."""
    if user_of(intent) is None or not receipt:
        return None
    match intent.act:
        case Call(CallMedium.APP):
            return Request(DING_READ, {"robotCode": config.robot, "openDingId": receipt})
        case Tell() if isinstance(way_of(intent, config), SendByRobot):
            return Request(ROBOT_READ, query={"robotCode": config.robot, "processQueryKey": receipt})
    return None


def answer(body: Mapping[str, Any], user_id: str) -> bool | None:
    """What the answer says of one person; None: nothing."""
    result = body.get("result")
    infos = body.get("messageReadInfoList") or (result.get("robotDingReadInfoList") if isinstance(result, dict) else None)
    for info in infos if isinstance(infos, list) else ():
        if isinstance(info, dict) and info.get("userId") == user_id and info.get("readStatus") in ("READ", "UNREAD"):
            return bool(info["readStatus"] == "READ")
    return None

"""The app's own robot: to persons one by one, and to a group (reference 3.1 to 3.5).

Neither call has an idempotency key: a repeat is shown twice, as on the real server.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulators.dingtalk.calls import Call, Done, Handler, parse_object, text_of, texts_of
from simulators.dingtalk.directory import Directory
from simulators.dingtalk.ledger import Effect
from simulators.dingtalk.messages import ROBOT_TEMPLATES, read_robot_message
from simulators.dingtalk.routes import CallName
from simulators.dingtalk.timeline import Kind, Timeline, robot_conversation_id
from simulators.dingtalk.wire import Chance, NewFamilyError, new_id

PARAM_BYTES_MAX = 15_000


class AppRobot:
    """Messages in the app's name. flow_controlled: userIds the platform holds back for now (settable)."""

    def __init__(self, directory: Directory, timeline: Timeline, chance: Chance) -> None:
        self._directory = directory
        self._timeline = timeline
        self._chance = chance
        self.flow_controlled: frozenset[str] = frozenset()

    def calls(self) -> Mapping[CallName, Handler]:
        return {
            CallName.ROBOT_TO_PERSONS: self.send_to_persons,
            CallName.ROBOT_TO_GROUP: self.send_to_group,
        }

    def send_to_persons(self, call: Call) -> Done:
        """`POST v1.0/robot/oToMessages/batchSend`: HTTP 200 with a non-empty list is a partial failure."""
        self._check_robot_code(call.body)
        user_ids = texts_of(call.body, "userIds")
        if not user_ids:
            raise _bad("invalidParameter.userIds.empty", "userIds 不能为空")
        most = self._directory.behaviour.users_per_batch
        if len(user_ids) > most:
            raise _bad("invalidParameter.userIds.overMax", f"userIds 最多 {most} 个")
        kind, content = _message(call.body)
        process_query_key = new_id(self._chance)
        invalid: list[str] = []
        held_back: list[str] = []
        for user_id in user_ids:
            if self._directory.person(user_id) is None:
                invalid.append(user_id)
            elif user_id in self.flow_controlled:
                held_back.append(user_id)
            else:
                self._show(call, robot_conversation_id(user_id), kind, content, process_query_key)
        reached = len(user_ids) - len(invalid) - len(held_back)
        answer = {
            "processQueryKey": process_query_key,
            "invalidStaffIdList": invalid,
            "flowControlledStaffIdList": held_back,
        }
        notes = tuple(f"{user_id}: no such userId" for user_id in invalid)
        notes += tuple(f"{user_id}: flow controlled" for user_id in held_back)
        return Done(answer, Effect.MESSAGE_SHOWN if reached else Effect.NOT_SHOWN, process_query_key, notes)

    def send_to_group(self, call: Call) -> Done:
        """`POST v1.0/robot/groupMessages/send`: nobody can be mentioned by this call."""
        self._check_robot_code(call.body)
        conversation_id = text_of(call.body, "openConversationId")
        if not conversation_id:
            raise _bad("miss.openConversationId", "缺少 openConversationId")
        group = self._directory.group(conversation_id)
        if group is None:
            raise _bad("invalid.openConversationId", "无效的 openConversationId")
        if group.disbanded:
            raise _bad("group.disbanded", "群已解散")
        if not group.robot_is_member:
            raise _bad("resource.not.found", "机器人不在群内")
        kind, content = _message(call.body)
        process_query_key = new_id(self._chance)
        self._show(call, conversation_id, kind, content, process_query_key)
        return Done({"processQueryKey": process_query_key}, Effect.MESSAGE_SHOWN, process_query_key)

    def _show(self, call: Call, conversation_id: str, kind: Kind, content: Mapping[str, Any], message_id: str) -> None:
        name = self._directory.app.name
        self._timeline.show(call.now_us, conversation_id, kind, content, message_id=message_id, sender_name=name)

    def _check_robot_code(self, body: Mapping[str, Any]) -> None:
        if "robotCode" not in body:
            raise _bad("invalidParameter.robotCode.missing", "缺少 robotCode")
        robot_code = text_of(body, "robotCode")
        if not robot_code:
            raise _bad("invalidParameter.robotCode.empty", "robotCode 不能为空")
        if robot_code != self._directory.app.robot_code:
            # The spelling is the real server's.
            raise _bad("invalidParameter.robotCode.notExsit", "robotCode 不存在")


def _message(body: Mapping[str, Any]) -> tuple[Kind, Mapping[str, Any]]:
    msg_key, msg_param = text_of(body, "msgKey"), text_of(body, "msgParam")
    if not msg_key:
        raise _bad("invalidParameter.msgKey.empty", "msgKey 不能为空")
    if msg_key not in ROBOT_TEMPLATES:
        raise _bad("invalidParameter.msgKey.invalid", f"msgKey {msg_key} 无效")
    if len(msg_param.encode()) > PARAM_BYTES_MAX:
        raise _bad("invalidParameter.msgParam.tooLong", f"msgParam 超过 {PARAM_BYTES_MAX} 字节")
    # msgParam is a text that holds JSON; an object in its place is refused here too.
    fields = parse_object(msg_param)
    message = read_robot_message(msg_key, fields) if fields is not None else None
    if message is None:
        raise _bad("invalidParameter.msgParam.invalid", "msgParam 不是有效的 JSON 字符串或缺少字段")
    return message


def _bad(code: str, message: str) -> NewFamilyError:
    return NewFamilyError(400, code, message)

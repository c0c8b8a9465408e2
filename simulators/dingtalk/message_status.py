"""What became of a robot's messages: who has read them, and taking them back (reference 3.4).

A message is known by its `processQueryKey`, a card by its `carrierId`, for a day. The path of the recall from persons spells
`otoMessages` in lower case, unlike `oToMessages/batchSend`: so it is on the real server.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulators.dingtalk.calls import Call, Done, Handler
from simulators.dingtalk.directory import Directory
from simulators.dingtalk.fields import Fields, new_family
from simulators.dingtalk.ledger import Effect
from simulators.dingtalk.routes import CallName
from simulators.dingtalk.timeline import Message, Timeline, robot_conversation_id
from simulators.dingtalk.wire import SECOND_US, NewFamilyError

KEYS_MAX, READERS_PER_PAGE_MAX = 20, 200
KEPT_US = 86_400 * SECOND_US
RECALLED_MAX = 5_000
INVALID = new_family("invalidParameter.param.invalid")


class MessageStatus:
    def __init__(self, directory: Directory, timeline: Timeline) -> None:
        self._directory = directory
        self._timeline = timeline
        self._recalled: dict[str, None] = {}

    def calls(self) -> Mapping[CallName, Handler]:
        return {
            CallName.PERSONS_READ: self.read_by_persons,
            CallName.GROUP_READ: self.read_by_group,
            CallName.PERSONS_RECALL: self.recall_from_persons,
            CallName.GROUP_RECALL: self.recall_from_group,
        }

    def read_by_persons(self, call: Call) -> Done:
        """`GET v1.0/robot/oToMessages/readStatus?robotCode=&processQueryKey=`."""
        query = Fields(call.request.query, INVALID)
        self._check_robot(query.text("robotCode"))
        key = query.text("processQueryKey")
        if key in self._recalled:
            return Done({"sendStatus": "RECALLED", "messageReadInfoList": []}, Effect.LOOKED_UP, key)
        sent = [
            (person, message)
            for person in self._directory.persons
            if (message := self._timeline.find(robot_conversation_id(person.user_id), key)) is not None
        ]
        self._check_age([message for _person, message in sent], call.now_us)
        infos = [
            {
                "name": person.name,
                "userId": person.user_id,
                "readStatus": "READ" if self._has_read(person.user_id, message) else "UNREAD",
                "readTimestamp": 0,
            }
            for person, message in sent
        ]
        return Done({"sendStatus": "SUCCESS", "messageReadInfoList": infos}, Effect.LOOKED_UP, key)

    def read_by_group(self, call: Call) -> Done:
        """`POST v1.0/robot/groupMessages/query`."""
        fields = Fields(call.body, INVALID)
        fields.allow("token")
        self._check_robot(fields.text("robotCode"))
        key, conversation_id = fields.text("processQueryKey"), fields.text("openConversationId")
        size, start = fields.whole("maxResults", READERS_PER_PAGE_MAX), fields.text("nextToken", "") or "0"
        if not 1 <= size <= READERS_PER_PAGE_MAX:
            raise NewFamilyError(400, "invalidParameter.pageSize.invalid", f"maxResults: 1 to {READERS_PER_PAGE_MAX}")
        if not start.isdecimal():
            raise NewFamilyError(400, "invalidParameter.cursor.invalid", "无效的nextToken")
        if key in self._recalled:
            return Done({"sendStatus": "RECALLED", "readUserIds": [], "hasMore": False}, Effect.LOOKED_UP, key)
        conversation = self._timeline.conversation(conversation_id)
        if conversation is None:
            raise NewFamilyError(400, "invalid.openConversationId", "无效的openConversationId")
        message = self._timeline.find(conversation_id, key)
        self._check_age([message] if message else [], call.now_us)
        readers = [user_id for user_id in conversation.members if message and self._has_read(user_id, message)]
        page, has_more = readers[int(start) : int(start) + size], len(readers) > int(start) + size
        answer: dict[str, Any] = {"sendStatus": "SUCCESS", "readUserIds": page, "hasMore": has_more}
        if has_more:
            answer["nextToken"] = str(int(start) + size)
        return Done(answer, Effect.LOOKED_UP, key, fields.notes())

    def recall_from_persons(self, call: Call) -> Done:
        """`POST v1.0/robot/otoMessages/batchRecall`."""
        conversations = [robot_conversation_id(person.user_id) for person in self._directory.persons]
        return self._recall(Fields(call.body, INVALID), conversations, call.now_us)

    def recall_from_group(self, call: Call) -> Done:
        """`POST v1.0/robot/groupMessages/recall`."""
        fields = Fields(call.body, INVALID)
        conversation_id = fields.text("openConversationId", "")
        if not conversation_id:
            raise NewFamilyError(400, "miss.openConversationId", "缺少 openConversationId")
        if self._timeline.conversation(conversation_id) is None:
            raise NewFamilyError(400, "invalid.openConversationId", "无效的openConversationId")
        return self._recall(fields, [conversation_id], call.now_us)

    def _recall(self, fields: Fields, conversations: list[str], now_us: int) -> Done:
        """Each key by itself: 200 with a non-empty `failedResult` is a partial failure."""
        self._check_robot(fields.text("robotCode"))
        keys = fields.texts("processQueryKeys", mandatory=True)
        if len(keys) > KEYS_MAX:
            raise NewFamilyError(400, "invalidParameter.processQueryKeys.overMax", f"at most {KEYS_MAX}")
        done: list[str] = []
        failed: dict[str, str] = {}
        for key in keys:
            found = [message for each in conversations if (message := self._timeline.find(each, key)) is not None]
            if not found:
                failed[key] = "invalid.processQueryKey"
            elif now_us - found[0].time_us > KEPT_US:
                failed[key] = "robot.processQueryKey.expired"
            else:
                for message in found:
                    self._timeline.recall(message.conversation_id, key)
                self._recalled[key] = None
                done.append(key)
        while len(self._recalled) > RECALLED_MAX:
            del self._recalled[next(iter(self._recalled))]
        effect = Effect.RECALLED if done else Effect.NOT_SHOWN
        return Done({"successResult": done, "failedResult": failed}, effect, ",".join(done), fields.notes())

    def _has_read(self, user_id: str, message: Message) -> bool:
        return self._timeline.has_read(user_id, message.conversation_id, message.message_id)

    def _check_age(self, messages: list[Message], now_us: int) -> None:
        if not messages:
            raise NewFamilyError(400, "invalid.processQueryKey", "无效的processQueryKey")
        if now_us - messages[0].time_us > KEPT_US:
            raise NewFamilyError(400, "processQueryKey.expireTime", "processQueryKey已过期")

    def _check_robot(self, robot_code: str) -> None:
        if robot_code != self._directory.app.robot_code:
            # The spelling is the real server's.
            raise NewFamilyError(400, "invalidParameter.robotCode.notExsit", "机器人不存在")

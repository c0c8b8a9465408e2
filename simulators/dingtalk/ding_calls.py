"""The calls of DING: send, recall, who has read (reference 4).

There is no idempotency key: a repeated call rings again. HTTP 200 with a `failedList` is a partial failure.
"""

from __future__ import annotations

from collections.abc import Mapping

from simulators.dingtalk.calls import Call, Done, Handler, text_of
from simulators.dingtalk.dings import Ding, DingBook, Medium, Receipt, Touch
from simulators.dingtalk.directory import Directory
from simulators.dingtalk.fields import Fields, new_family
from simulators.dingtalk.ledger import PHONE_CALLS, SMS, Effect
from simulators.dingtalk.limits import Balance, Window
from simulators.dingtalk.routes import CallName
from simulators.dingtalk.timeline import Timeline
from simulators.dingtalk.wire import SECOND_US, Chance, NewFamilyError, new_id

RECEIVERS_MAX: Mapping[Medium, int] = {Medium.APP: 200, Medium.SMS: 20, Medium.PHONE: 20}
#: Which balance a medium is paid from; the app's own DING is included.
PAID_FROM: Mapping[Medium, str] = {Medium.SMS: SMS, Medium.PHONE: PHONE_CALLS}
CONTENT_MAX = 5_000
# The spelling of the fourth is the real server's.
VOICES = frozenset(
    {
        "Standard_Female_Voice",
        "Standard_Male_Voice",
        "Cantonese_Female_Voice",
        "Gentine_Female_Voice",
        "Overbearing_Female_Voice",
        "Lovely_Girl_Voice",
    }
)
INVALID = new_family("invalidParameter.param.invalid")


class DingCalls:
    """balances: what is left of bought SMS and calls. unreachable: userIds that a DING does not reach, with the reason that
    `failedList` gives (settable)."""

    def __init__(
        self,
        directory: Directory,
        book: DingBook,
        balances: Mapping[str, Balance],
        timeline: Timeline,
        chance: Chance,
    ) -> None:
        self._directory = directory
        self._book = book
        self._balances = balances
        self._timeline = timeline
        self._chance = chance
        self._rate = Window(directory.behaviour.dings_per_minute, 60 * SECOND_US)
        self.unreachable: Mapping[str, str] = {}

    def calls(self) -> Mapping[CallName, Handler]:
        return {
            CallName.DING_SEND: self.send,
            CallName.DING_RECALL: self.recall,
            CallName.DING_READ_STATUS: self.read_status,
        }

    def send(self, call: Call) -> Done:
        """`POST v1.0/robot/ding/send`."""
        fields = Fields(call.body, INVALID)
        self._check_robot(fields.text("robotCode"))
        medium = _medium(fields.whole("remindType"))
        if not call.body.get("receiverUserIdList"):
            raise NewFamilyError(400, "miss.staffId", "miss.staffId")
        receivers = fields.texts("receiverUserIdList")
        if len(receivers) > RECEIVERS_MAX[medium]:
            raise NewFamilyError(400, "ding.receivercount.limit", "ding receiver count limit")
        content = fields.text("content", longest=CONTENT_MAX)
        voice = fields.text("callVoice", "")
        if medium is Medium.PHONE and voice and voice not in VOICES:
            raise INVALID(f"callVoice {voice} is none of {', '.join(sorted(VOICES))}")
        reached, failed = self._sorted(receivers)
        self._pay(medium, len(reached), call.now_us)
        ding_id = new_id(self._chance)
        first = Receipt.RINGING if medium is Medium.PHONE else Receipt.DELIVERED
        receipts = dict.fromkeys(reached, first)
        sender = self._directory.app.name
        self._book.add(Ding(ding_id, medium, content, sender, call.now_us, receipts, voice if medium is Medium.PHONE else ""))
        self._timeline.changed()
        notes = tuple(f"{user_id}: {reason}" for reason, user_ids in failed.items() for user_id in user_ids)
        cost = {PAID_FROM[medium]: len(reached)} if medium in PAID_FROM and reached else {}
        effect = Effect.DING_SENT if reached else Effect.NOT_SHOWN
        return Done({"openDingId": ding_id, "failedList": failed}, effect, ding_id, notes + fields.notes(), cost)

    def recall(self, call: Call) -> Done:
        """`POST v1.0/robot/ding/recall`: what rings stops; what was heard was heard."""
        ding = self._of_robot(call, "recall.ding.exception")
        for user_id in ding.receipts:
            ding.touch(user_id, Touch.RECALL, call.now_us)
        self._timeline.changed()
        return Done({"openDingId": ding.ding_id}, Effect.DING_RECALLED, ding.ding_id)

    def read_status(self, call: Call) -> Done:
        """`POST v1.0/robot/ding/readStatuses/query`."""
        ding = self._of_robot(call, "invalidParameter.param.invalid")
        seen = (Receipt.READ, Receipt.ANSWERED)
        infos = [
            {"userId": user_id, "readStatus": "READ" if receipt in seen else "UNREAD"}
            for user_id, receipt in ding.receipts.items()
        ]
        return Done({"success": True, "result": {"robotDingReadInfoList": infos}}, Effect.LOOKED_UP, ding.ding_id)

    def _check_robot(self, robot_code: str) -> None:
        if robot_code != self._directory.app.robot_code:
            raise NewFamilyError(400, "invalid.chatbotId", f"invalid.chatbotId {robot_code}")

    def _sorted(self, receivers: tuple[str, ...]) -> tuple[tuple[str, ...], Mapping[str, list[str]]]:
        """Who is reached, and who is not, by reason."""
        failed: dict[str, list[str]] = {}
        for user_id in receivers:
            # A unionId in place of a userId ends here as well.
            reason = self.unreachable.get(user_id, "") if self._directory.person(user_id) else "staffId.notExisted"
            if reason:
                failed.setdefault(reason, []).append(user_id)
        lost = {user_id for user_ids in failed.values() for user_id in user_ids}
        return tuple(user_id for user_id in receivers if user_id not in lost), failed

    def _pay(self, medium: Medium, receivers: int, now_us: int) -> None:
        if not self._rate.admit(now_us):
            raise NewFamilyError(400, "toomuch.msg", "send too fast")
        if medium in PAID_FROM and not self._balances[PAID_FROM[medium]].take(receivers):
            raise NewFamilyError(400, "ding.serverquota.insufficient", "ding server quota insufficient")

    def _of_robot(self, call: Call, code: str) -> Ding:
        self._check_robot(text_of(call.body, "robotCode"))
        ding = self._book.find(text_of(call.body, "openDingId"))
        if ding is None:
            raise NewFamilyError(400, code, "openDingId 不存在")
        return ding


def _medium(remind_type: int) -> Medium:
    try:
        return Medium(remind_type)
    except ValueError:
        raise INVALID(f"remindType must be 1, 2 or 3, is {remind_type}") from None

"""Cards: made where they are wanted, brought there when they were made and reached nobody, and changed in place.

Their bodies are in `payloads`; whether an intent is a card at all says `ways`.
"""

from __future__ import annotations

from cloud_bridge.dingtalk import acts
from cloud_bridge.dingtalk.calls import Calls
from cloud_bridge.dingtalk.config import DingTalkConfig
from cloud_bridge.dingtalk.endpoints import CARD_CREATE, CARD_DELIVER, CARD_UPDATE, Request
from cloud_bridge.dingtalk.errors import judge_delivery, results_of
from cloud_bridge.dingtalk.payloads import Mention, create_card, deliver_card, is_out_track_id, update_card
from cloud_bridge.dingtalk.verdicts import Accepted, Exists, ended
from cloud_bridge.dingtalk.ways import RaiseCard, Space
from cloud_bridge.marks import Marks
from edge.model.intent import Claim, Delivered, Intent, Outcome, Refused
from edge.model.person import Directory


class Cards:
    def __init__(self, config: DingTalkConfig, calls: Calls, directory: Directory) -> None:
        self._config = config
        self._calls = calls
        self._directory = directory

    async def make(self, claim: Claim, card: RaiseCard, marks: Marks) -> Outcome:
        intent = claim.intent
        if not is_out_track_id(intent.card):
            return Refused(f"{intent.card!r} cannot be a card's id: 1 to 64 of A-Z a-z 0-9 . _ -")
        body = create_card(
            intent,
            template_id=card.template,
            robot_code=self._config.robot,
            space=card.space,
            marks=marks,
            mention=self.mention(intent),
            rest=acts.link_of(intent, self._config),
            route_key=None if self._config.callbacks is None else self._config.callbacks.route_key,
        )
        answer = await self._calls.make(Request(CARD_CREATE, body))
        if not isinstance(answer, Accepted | Exists):
            return ended(answer)
        is_first = claim.attempt == 1 and not claim.after_unknown
        if is_first and isinstance(answer, Exists):
            # Not ours: names began anew with a new database. Updating it would ring nobody's phone.
            return Refused(f"a card {intent.card} exists that this gateway never made: was its database replaced?")
        results = results_of(answer)
        problem = judge_delivery(results)
        if problem is None:
            return Delivered(intent.card)
        if is_first and results:
            return problem
        return await self._bring(intent, card.space, marks)

    async def update(self, intent: Intent, marks: Marks) -> Outcome:
        body = update_card(intent, marks=marks, rest=acts.link_of(intent, self._config))
        answer = await self._calls.make(Request(CARD_UPDATE, body))
        is_done = isinstance(answer, Accepted) and bool(answer.body.get("success") or answer.body.get("result"))
        return acts.delivered(answer, intent.card if is_done else None)

    async def _bring(self, intent: Intent, space: Space, marks: Marks) -> Outcome:
        """A card that was made, by an earlier attempt most likely: that it is there does not say that it reached anybody, nor
        that it shows what is wanted now."""
        body = deliver_card(intent, robot_code=self._config.robot, space=space, mention=self.mention(intent))
        answer = await self._calls.make(Request(CARD_DELIVER, body))
        if not isinstance(answer, Accepted):
            return ended(answer)
        return judge_delivery(results_of(answer)) or await self.update(intent, marks)

    def mention(self, intent: Intent) -> Mention:
        """How those are called here whom the intent names; who has no address here is not named."""
        persons = [person for each in intent.mention if (person := self._directory.persons.get(each)) is not None]
        return {str(each.addresses["dingtalk"]["user_id"]): each.name for each in persons if "dingtalk" in each.addresses}

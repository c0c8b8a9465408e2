"""What persons do with their phones: press a card's button, say something to the robot, look, read.

A press or a message becomes a push on a stream connection; its outcome comes back to the phone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulators.dingtalk.cards import Card, CardBook
from simulators.dingtalk.directory import Directory
from simulators.dingtalk.frames import Topic
from simulators.dingtalk.gateway import Ended, Outcome, Push, StreamGateway
from simulators.dingtalk.http_callbacks import HttpCallbacks
from simulators.dingtalk.ledger import PUSHES, Direction, Effect, Ledger
from simulators.dingtalk.limits import Quota
from simulators.dingtalk.organisation import Person
from simulators.dingtalk.phone import Glance, PhoneView, view_phone
from simulators.dingtalk.presses import Hindrance, PersonError, Press, PressBook, callback_data, settle_press
from simulators.dingtalk.timeline import Conversation, ConversationKind, Kind, Timeline, robot_conversation_id
from simulators.dingtalk.webhook import WebhookRobots
from simulators.dingtalk.wire import SECOND_US, Chance, new_id

TEXT_MAX = 5_000

#: What a push carries instead of its text when the monthly quota is spent (reference 0.5).
EMPTIED = {"errorCode": 20001, "errorMessage": "Webhook and Stream quota of this month is used up"}


@dataclass(frozen=True, slots=True)
class Said:
    """reaches_robot: in a group only what mentions the robot does."""

    message_id: str
    reaches_robot: bool


class Handsets:
    """oapi_url: where answers to a message go (`sessionWebhook`)."""

    def __init__(
        self,
        *,
        directory: Directory,
        timeline: Timeline,
        cards: CardBook,
        gateway: StreamGateway,
        webhooks: WebhookRobots,
        callbacks: HttpCallbacks,
        ledger: Ledger,
        pushes: Quota,
        chance: Chance,
        oapi_url: str,
    ) -> None:
        self._directory = directory
        self._timeline = timeline
        self._cards = cards
        self._gateway = gateway
        self._webhooks = webhooks
        self._callbacks = callbacks
        self._ledger = ledger
        self._pushes = pushes
        self._chance = chance
        self._oapi_url = oapi_url
        self._presses = PressBook()

    def view(self, user_id: str) -> PhoneView:
        """What the person's phone shows now; raises PersonError for an unknown person."""
        return view_phone(self.known(user_id), self._timeline, self._cards, self._presses)

    def glance(self, user_id: str, conversation_id: str, since_us: int) -> PhoneView:
        """The phone with one chat open: of that one the messages that changed at or after the moment, of the others none.
        What a page needs to follow a phone; raises PersonError for an unknown person."""
        return view_phone(self.known(user_id), self._timeline, self._cards, self._presses, Glance(conversation_id, since_us))

    def mark_read(self, user_id: str, conversation_id: str) -> None:
        self._timeline.mark_read(user_id, conversation_id)

    def find_press(self, press_id: str) -> Press | None:
        return self._presses.find(press_id)

    def press(
        self, user_id: str, out_track_id: str, action: str, params: Mapping[str, str], now_us: int, *, stale: bool
    ) -> Press:
        """Touch a button. stale: the phone still shows an older card, so any action goes. Raises PersonError."""
        person = self._person(user_id)
        card = self._cards.find(out_track_id)
        if card is None:
            raise PersonError(Hindrance.NO_SUCH_CARD, out_track_id)
        conversation = self._conversation_with(card, person)
        if not stale:
            _check_button(card, person, action, params)
        press = Press(new_id(self._chance), user_id, out_track_id, action, dict(params), conversation.conversation_id, now_us)
        self._presses.add(press)
        self._timeline.changed()
        self._ledger.add(
            now_us,
            Direction.PERSON,
            "press",
            Effect.PRESS,
            subject=out_track_id,
            summary={"userId": user_id, "action": action, **params, "press": press.press_id},
        )
        self._push_press(press, card, now_us)
        return press

    def say(self, user_id: str, conversation_id: str, text: str, now_us: int) -> Said:
        """Write into a chat; conversation_id empty = the chat with the robot. Raises PersonError."""
        person = self._person(user_id)
        conversation = self._timeline.conversation(conversation_id or robot_conversation_id(user_id))
        if conversation is None or conversation.disbanded or user_id not in conversation.members:
            raise PersonError(Hindrance.NO_SUCH_CONVERSATION, conversation_id)
        text = text.strip()[:TEXT_MAX]
        if not text:
            raise PersonError(Hindrance.NOTHING_SAID, conversation_id)
        message_id = f"msg{new_id(self._chance)}"
        self._timeline.show(
            now_us,
            conversation.conversation_id,
            Kind.TEXT,
            {"text": text},
            message_id=message_id,
            sender_name=person.name,
            sender_id=user_id,
        )
        heard = self._heard(conversation, text)
        self._ledger.add(
            now_us,
            Direction.PERSON,
            "say",
            Effect.SAID,
            subject=message_id,
            summary={"userId": user_id, "conversationId": conversation.conversation_id, "text": text},
            notes=() if heard is not None else ("does not mention the robot: it does not reach the app",),
        )
        if heard is not None:
            self._push_message(person, conversation, message_id, heard, now_us)
        return Said(message_id, heard is not None)

    def _push_press(self, press: Press, card: Card, now_us: int) -> None:
        def settled(ended: Ended, now_us: int) -> None:
            revision = card.revision
            notes = settle_press(press, card, ended, now_us)
            self._timeline.changed()
            updated = card.revision != revision
            if updated or notes:
                effect = Effect.CARD_UPDATED if updated else Effect.MALFORMED
                subject = press.out_track_id
                self._ledger.add(now_us, Direction.FROM_APP, "answer", effect, subject=subject, notes=notes)

        data = callback_data(press, self._directory.app.corp_id)
        if card.callback_type != "STREAM":

            def answered(answer: Mapping[str, Any] | None, now_us: int) -> None:
                if answer is None:
                    settled(Ended(Outcome.NO_ANSWER, "not answered in time, or not with JSON"), now_us)
                else:
                    settled(Ended(Outcome.ANSWERED, data={"response": answer}), now_us)

            if card.callback_type == "HTTP" and self._callbacks.post_press(
                card.route_key, press.press_id, data, answered, now_us
            ):
                return
            why = "the card was created with neither callbackType STREAM nor a registered callbackRouteKey"
            self._ledger.add(
                now_us, Direction.CONTROL, str(Topic.CARD_ACTION), Effect.LOST, subject=press.press_id, notes=(why,)
            )
            settled(Ended(Outcome.LOST, why), now_us)
            return
        within_us = int(self._directory.behaviour.card_answer_within_s * SECOND_US)
        push = Push(press.press_id, Topic.CARD_ACTION, data, within_us, (), settled)
        if self._directory.behaviour.card_actions_counted and self._pushes.take(now_us):
            push.cost = {PUSHES: 1}
        self._gateway.push(push, now_us)

    def _push_message(self, person: Person, conversation: Conversation, message_id: str, heard: str, now_us: int) -> None:
        behaviour = self._directory.behaviour
        data = self._message_data(person, conversation, message_id, now_us)
        has_quota = self._pushes.take(now_us)
        if has_quota:
            data["text"] = {"content": heard}
        else:
            data |= EMPTIED
        if self._directory.app.message_url:

            def replied(reply: Mapping[str, Any], now_us: int) -> None:
                self._webhooks.show_reply(conversation.conversation_id, reply, now_us)

            self._callbacks.post_message(message_id, data, replied, now_us)
            return
        again_us = int(behaviour.robot_message_redelivery_s * SECOND_US)
        push = Push(
            message_id,
            Topic.ROBOT_MESSAGE,
            data,
            again_us,
            (again_us,) * behaviour.robot_message_redeliveries,
            lambda _ended, _now_us: None,
            cost={PUSHES: 1} if has_quota else {},
        )
        self._gateway.push(push, now_us)

    def _message_data(self, person: Person, conversation: Conversation, message_id: str, now_us: int) -> dict[str, Any]:
        app = self._directory.app
        session, expires_us = self._webhooks.open_session(conversation.conversation_id, now_us)
        robot_id = f"$:LWCP_v1:${app.robot_code}"
        data: dict[str, Any] = {
            "msgtype": "text",
            "msgId": message_id,
            "createAt": now_us // 1000,
            "conversationId": conversation.conversation_id,
            "conversationType": "2" if conversation.kind is ConversationKind.GROUP else "1",
            "senderId": f"$:LWCP_v1:${person.union_id}",
            "senderNick": person.name,
            "senderStaffId": person.user_id,
            "senderUnionId": person.union_id,
            "senderCorpId": app.corp_id,
            "chatbotCorpId": app.corp_id,
            "chatbotUserId": robot_id,
            "isAdmin": False,
            "robotCode": app.robot_code,
            "sessionWebhook": f"{self._oapi_url}/robot/sendBySession?session={session}",
            "sessionWebhookExpiredTime": expires_us // 1000,
        }
        if conversation.kind is ConversationKind.GROUP:
            data |= {
                "conversationTitle": conversation.title,
                "isInAtList": True,
                "atUsers": [{"dingtalkId": robot_id}],
            }
        return data

    def _heard(self, conversation: Conversation, text: str) -> str | None:
        """What the robot gets of a text: the mention of itself is taken out. None = it gets nothing."""
        if conversation.kind is ConversationKind.ROBOT:
            return text
        group = self._directory.group(conversation.conversation_id)
        mention = f"@{self._directory.app.name}"
        if group is None or not group.robot_is_member or mention not in text:
            return None
        return text.replace(mention, "").strip()

    def known(self, user_id: str) -> Person:
        """Also one who left. Raises PersonError."""
        person = self._directory.known(user_id)
        if person is None:
            raise PersonError(Hindrance.NO_SUCH_PERSON, user_id)
        return person

    def _person(self, user_id: str) -> Person:
        person = self._directory.person(user_id)
        if person is None:
            raise PersonError(Hindrance.NO_SUCH_PERSON, user_id)
        return person

    def _conversation_with(self, card: Card, person: Person) -> Conversation:
        for conversation in self._timeline.of_person(person.user_id):
            for message in conversation.seen_by(person.user_id):
                if message.kind is Kind.CARD and message.content["out_track_id"] == card.out_track_id:
                    return conversation
        raise PersonError(Hindrance.NOT_ON_THIS_PHONE, card.out_track_id)


def _check_button(card: Card, person: Person, action: str, params: Mapping[str, str]) -> None:
    button = card.rendered_for(person.user_id).button(action)
    if button is None:
        raise PersonError(Hindrance.NO_SUCH_BUTTON, action)
    if button.choices and params.get("choice") not in {choice.id for choice in button.choices}:
        raise PersonError(Hindrance.NO_SUCH_CHOICE, action)

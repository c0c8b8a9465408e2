"""The card API: create, deliver, both at once, update (reference 6.1, 6.2, 6.4).

The trap worth knowing: an answer with `success: true` may hold deliverResults that failed. A space needs both its
SpaceModel (when the card is created) and its DeliverModel (when it is delivered).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from simulators.dingtalk.calls import Call, Done, Handler, mapping_of, text_of, texts_of
from simulators.dingtalk.cards import Card, CardBook, Space, read_params
from simulators.dingtalk.directory import Directory
from simulators.dingtalk.ledger import Effect
from simulators.dingtalk.organisation import Person
from simulators.dingtalk.routes import CallName
from simulators.dingtalk.template import Template
from simulators.dingtalk.timeline import Kind, Timeline, robot_conversation_id
from simulators.dingtalk.wire import Chance, NewFamilyError, new_id

OPEN_SPACE_ID_MAX = 1_000
CALLBACK_TYPES = ("", "STREAM", "HTTP")

#: Space type -> the key of its SpaceModel and of its DeliverModel.
MODELS: Mapping[str, tuple[str, str]] = {
    "IM_GROUP": ("imGroupOpenSpaceModel", "imGroupOpenDeliverModel"),
    "IM_ROBOT": ("imRobotOpenSpaceModel", "imRobotOpenDeliverModel"),
    "IM_SINGLE": ("imSingleOpenSpaceModel", "imSingleOpenDeliverModel"),
    "ONE_BOX": ("topOpenSpaceModel", "topOpenDeliverModel"),
}

_SPACE = re.compile(r"dtv1\.card//([a-z_]+)\.(.+)", re.IGNORECASE)


class CardCalls:
    """Cards of one app. templates: those published and linked to it, by id. undelivered: ids of spaces where no card arrives,
    with the errorMsg that deliverResults say."""

    def __init__(
        self,
        directory: Directory,
        templates: Mapping[str, Template],
        book: CardBook,
        timeline: Timeline,
        chance: Chance,
    ) -> None:
        self._directory = directory
        self._templates = templates
        self._book = book
        self._timeline = timeline
        self._chance = chance
        self.undelivered: Mapping[str, str] = {}

    def calls(self) -> Mapping[CallName, Handler]:
        return {
            CallName.CARD_CREATE: self.create,
            CallName.CARD_UPDATE: self.update,
            CallName.CARD_DELIVER: self.deliver,
            CallName.CARD_CREATE_AND_DELIVER: self.create_and_deliver,
        }

    def create(self, call: Call) -> Done:
        """`POST v1.0/card/instances`."""
        card = self._present(call)
        if card is not None:
            answer = {"result": card.out_track_id, "success": True}
            return Done(answer, Effect.DUPLICATE_IGNORED, card.out_track_id)
        card, notes = self._create(call)
        return Done({"result": card.out_track_id, "success": True}, Effect.CARD_CREATED, card.out_track_id, notes)

    def deliver(self, call: Call) -> Done:
        """`POST v1.0/card/instances/deliver`: into a space where the card already is, nothing happens again."""
        card = self._existing(call.body)
        results, shown, notes = self._deliver(card, call, self._spaces(call.body))
        if shown:
            effect = Effect.CARD_DELIVERED
        else:
            effect = Effect.DUPLICATE_IGNORED if all(result["success"] for result in results) else Effect.NOT_SHOWN
        return Done({"result": results, "success": True}, effect, card.out_track_id, notes)

    def create_and_deliver(self, call: Call) -> Done:
        """`POST v1.0/card/instances/createAndDeliver`: safe to repeat. Whether a repeat delivers is not documented."""
        self._out_track_id(call.body)
        spaces = self._spaces(call.body)
        card = self._present(call)
        created = card is None
        notes: tuple[str, ...] = ()
        if card is None:
            card, notes = self._create(call)
        is_delivered = created or self._directory.behaviour.repeated_out_track_id != "undelivered"
        results, shown, more_notes = self._deliver(card, call, spaces if is_delivered else ())
        if created:
            effect = Effect.CARD_CREATED_AND_DELIVERED if shown else Effect.CARD_CREATED
        else:
            effect = Effect.CARD_DELIVERED if shown else Effect.DUPLICATE_IGNORED
        answer = {"success": True, "result": {"outTrackId": card.out_track_id, "deliverResults": results}}
        return Done(answer, effect, card.out_track_id, notes + more_notes)

    def update(self, call: Call) -> Done:
        """`PUT v1.0/card/instances`: overwrites, unless cardUpdateOptions say by key."""
        card = self._existing(call.body)
        public, private, notes = self._data(call.body)
        options = mapping_of(call.body, "cardUpdateOptions")
        if public is not None:
            notes += card.put(public, call.now_us, by_key=options.get("updateCardDataByKey") is True)
        for user_id, params in private.items():
            notes += card.put_private(user_id, params, call.now_us, by_key=options.get("updatePrivateDataByKey") is True)
        self._timeline.changed()
        return Done({"success": True, "result": True}, Effect.CARD_UPDATED, card.out_track_id, notes)

    def _present(self, call: Call) -> Card | None:
        card = self._book.find(self._out_track_id(call.body))
        if card is not None and self._directory.behaviour.repeated_out_track_id == "refused":
            raise _bad("param.cardAlreadyExist", "卡片已存在")
        return card

    def _existing(self, body: Mapping[str, Any]) -> Card:
        card = self._book.find(self._out_track_id(body))
        if card is None:
            raise _bad("param.cardNotExist", "卡片不存在")
        return card

    def _out_track_id(self, body: Mapping[str, Any]) -> str:
        out_track_id, longest = text_of(body, "outTrackId"), self._directory.behaviour.out_track_id_longest
        if not out_track_id:
            raise _bad("param.outTrackIdEmpty", "outTrackId 不能为空")
        if len(out_track_id) > longest:
            raise _bad("param.invalid", f"outTrackId 超过 {longest} 个字符")
        return out_track_id

    def _create(self, call: Call) -> tuple[Card, tuple[str, ...]]:
        body = call.body
        template_id = text_of(body, "cardTemplateId")
        if not template_id:
            raise _bad("param.cardTemplateIdEmpty", "cardTemplateId 不能为空")
        template = self._templates.get(template_id)
        if template is None:
            raise _bad("param.templateNotExist", f"模板 {template_id} 不存在")
        callback_type = text_of(body, "callbackType")
        if callback_type not in CALLBACK_TYPES:
            raise _bad("param.invalid", "callbackType 只能是 STREAM 或 HTTP")
        public, private, notes = self._data(body)
        present = [space_type for space_type, (space_model, _) in MODELS.items() if space_model in body]
        card = Card(self._out_track_id(body), template, callback_type, frozenset(present), _last_message(body, present))
        notes += card.put(public or {}, call.now_us, by_key=True)
        for user_id, params in private.items():
            notes += card.put_private(user_id, params, call.now_us, by_key=True)
        card.route_key = text_of(body, "callbackRouteKey")
        if callback_type == "" or (callback_type == "HTTP" and not card.route_key):
            notes += ("no callbackType, or HTTP without a callbackRouteKey: presses reach nobody here",)
        self._book.add(card)
        return card, notes

    def _data(self, body: Mapping[str, Any]) -> tuple[dict[str, str] | None, dict[str, dict[str, str]], tuple[str, ...]]:
        if "cardData" not in body and "privateData" not in body:
            raise _bad("param.cardDataAndPrivateDataBothEmpty", "cardData 与 privateData 不能同时为空")
        notes: tuple[str, ...] = ()
        public = None
        if "cardData" in body:
            public, notes = read_params(mapping_of(mapping_of(body, "cardData"), "cardParamMap"))
        private: dict[str, dict[str, str]] = {}
        for key, data in mapping_of(body, "privateData").items():
            person = self._find_person(key, body)
            if person is None:
                raise _bad("param.userIdNotExist", f"用户 {key} 不存在")
            raw = data if isinstance(data, Mapping) else {}
            private[person.user_id], more_notes = read_params(mapping_of(raw, "cardParamMap"))
            notes += more_notes
        return public, private, notes

    def _spaces(self, body: Mapping[str, Any]) -> tuple[Space, ...]:
        open_space_id = text_of(body, "openSpaceId")
        if not open_space_id:
            raise _bad("param.openSpaceIdEmpty", "openSpaceId 不能为空")
        matches = [_SPACE.fullmatch(part) for part in open_space_id.split(";") if part]
        spaces = tuple(Space(match[1].upper(), match[2]) for match in matches if match)
        known = all(space.type in MODELS for space in spaces)
        if len(open_space_id) > OPEN_SPACE_ID_MAX or len(spaces) < len(matches) or not known:
            raise _bad("param.openSpaceIdInvalid", "openSpaceId 格式不正确")
        deliver_models = [deliver_model for _, deliver_model in MODELS.values() if deliver_model in body]
        if not deliver_models:
            raise _bad("param.openDeliverModelEmpty", "缺少 OpenDeliverModel")
        if "imGroupOpenDeliverModel" in body and not text_of(mapping_of(body, "imGroupOpenDeliverModel"), "robotCode"):
            raise _bad("param.openDeliverModelError", "imGroupOpenDeliverModel.robotCode 不能为空")
        return spaces

    def _deliver(self, card: Card, call: Call, spaces: tuple[Space, ...]) -> tuple[list[dict[str, Any]], bool, tuple[str, ...]]:
        """deliverResults in the order of the spaces, whether the card appeared anywhere new, and notes."""
        results: list[dict[str, Any]] = []
        notes: list[str] = []
        shown = False
        for space in spaces:
            result: dict[str, Any] = {"spaceType": space.type, "spaceId": space.id, "success": True}
            if space not in card.carriers:
                problem = self._hindrance(card, call.body, space)
                if problem:
                    results.append(result | {"success": False, "errorMsg": problem})
                    notes.append(f"{space.type}.{space.id}: {problem}")
                    continue
                self._show(card, call, space)
                shown = True
            results.append(result | {"carrierId": card.carriers[space], "errorMsg": ""})
        return results, shown, tuple(notes)

    def _hindrance(self, card: Card, body: Mapping[str, Any], space: Space) -> str:
        deliver_model = MODELS[space.type][1]
        if space.id in self.undelivered:
            return self.undelivered[space.id]
        if space.type not in card.space_types:
            return "spaces of card is empty"
        if deliver_model not in body:
            return f"{deliver_model} is empty"
        if space.type == "IM_GROUP":
            return self._group_hindrance(space.id, text_of(mapping_of(body, deliver_model), "robotCode"))
        if space.type == "IM_ROBOT":
            return "" if self._find_person(space.id, body) else "user does not exist"
        return f"{space.type} is not played by this stand-in"

    def _group_hindrance(self, conversation_id: str, robot_code: str) -> str:
        group = self._directory.group(conversation_id)
        if group is None or group.disbanded:
            return "conversation does not exist"
        if not group.robot_is_member or robot_code != self._directory.app.robot_code:
            return "robot is not a member of the group"
        return ""

    def _find_person(self, key: str, body: Mapping[str, Any]) -> Person | None:
        """userIdType says what the keys of a call are: 1 userId (default), 2 unionId."""
        by_union_id = body.get("userIdType") == 2
        return self._directory.person_by_union_id(key) if by_union_id else self._directory.person(key)

    def _show(self, card: Card, call: Call, space: Space) -> None:
        carrier_id = new_id(self._chance)
        card.carriers[space] = carrier_id
        conversation_id = space.id
        mentions: tuple[str, ...] = ()
        visible_to: tuple[str, ...] | None = None
        if space.type == "IM_ROBOT":
            person = self._find_person(space.id, call.body)
            conversation_id = robot_conversation_id(person.user_id if person else space.id)
        else:
            model = mapping_of(call.body, "imGroupOpenDeliverModel")
            visible_to = texts_of(model, "recipients") or None
            mentions = self._mentions(space.id, mapping_of(model, "atUserIds"))
        self._timeline.show(
            call.now_us,
            conversation_id,
            Kind.CARD,
            {"out_track_id": card.out_track_id, "last_message": card.last_message},
            message_id=carrier_id,
            sender_name=self._directory.app.name,
            mentions=mentions,
            visible_to=visible_to,
        )

    def _mentions(self, conversation_id: str, at_user_ids: Mapping[str, Any]) -> tuple[str, ...]:
        group = self._directory.group(conversation_id)
        members = group.members if group else ()
        if "@ALL" in at_user_ids:
            return members
        return tuple(user_id for user_id in at_user_ids if user_id in members)


def _last_message(body: Mapping[str, Any], space_types: list[str]) -> dict[str, str]:
    """What the list of chats shows of the card, by language (`ZH_CN`, `EN_US`)."""
    for space_type in space_types:
        texts = mapping_of(mapping_of(body, MODELS[space_type][0]), "lastMessageI18n")
        if texts:
            return {language: text for language, text in texts.items() if isinstance(text, str)}
    return {}


def _bad(code: str, message: str) -> NewFamilyError:
    return NewFamilyError(400, code, message)

"""An intent's message as the bodies of DingTalk's calls. Pure.

    create_card      POST card/instances/createAndDeliver     keyed by outTrackId
    update_card      PUT  card/instances                      the full state, so repeating it changes nothing
    webhook_markdown POST robot/send                          keyed by msgUuid
    robot_markdown   msgKey and msgParam of the app's robot   unkeyed

Everything in a card's `cardParamMap` is a text, structures are JSON inside a text (dingtalk-api 6.3), each at most 1 KB. The
template must show its variables in plain text components; the messages are markdown, and neutralised accordingly.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cloud_bridge.dingtalk.hints import Where, hint
from cloud_bridge.fitting import ELLIPSIS, cut, fold, one_line, plain_markdown, size
from cloud_bridge.marks import IN_TIME, Marks, in_language, mark_texts
from edge.model.intent import Button, Intent, Message

#: A card variable's limit (dingtalk-api 6.1), a webhook's whole body (2.4), the app robot's msgParam (3.1).
VALUE_BYTES_MAX = 1_024
WEBHOOK_BYTES_MAX = 20_000
PARAM_BYTES_MAX = 15_000
#: What a field of a markdown message may take, so that a message without its lines always fits.
TITLE_BYTES_MAX = 400
FIELD_BYTES_MAX = 1_000
GUIDANCE_BYTES_MAX = 4_000
LINES_MAX = 40
#: What label and text of a card's line may each take when its lines would not fit.
ROW_BYTES_MAX = 240
#: Button labels and choices are shortened step by step to these lengths until a card's buttons fit.
LABEL_BYTES_STEPS = (120, 60, 30, 15)

#: Who is named in a group: by userId, what people are called there. Members of the group only (dingtalk-api 2.2).
Mention = Mapping[str, str]
NOBODY: Mention = {}

#: What makes a card fit to be delivered to a space, by the space's type.
_SPACE_MODELS = {"IM_ROBOT": "imRobotOpenSpaceModel", "IM_GROUP": "imGroupOpenSpaceModel"}
_OUT_TRACK_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def is_out_track_id(card: str) -> bool:
    """Whether a card's name can be its outTrackId: 64 characters hold for every call that takes one."""
    return _OUT_TRACK_ID.fullmatch(card) is not None


def msg_uuid(key: str) -> str:
    """A webhook's idempotency key for an intent key of any length."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:32]


# --- cards ----------------------------------------------------------------------------------------------------------


def create_card(
    intent: Intent,
    *,
    template_id: str,
    robot_code: str,
    space: tuple[str, str],
    marks: Marks,
    mention: Mention = NOBODY,
    rest: str = "",
    route_key: str | None = None,
) -> dict[str, Any]:
    """space: (`IM_ROBOT`, user id) or (`IM_GROUP`, open conversation id). rest: where phones find what has no room; empty: they
    cannot reach us. route_key: of the registered address that its presses go to; None: they come by Stream mode."""
    headline = " · ".join((one_line(intent.message.headline), *mark_texts(marks, intent.message.language)))
    space_model = {
        "supportForward": False,
        "lastMessageI18n": {"ZH_CN": headline, "EN_US": headline},
        "notification": {"alertContent": headline, "notificationOff": False},
    }
    # A space wants both models; without its SpaceModel the call succeeds and nobody sees a card (dingtalk-api 6.1).
    return {
        "cardTemplateId": template_id,
        **({"callbackType": "STREAM"} if route_key is None else {"callbackType": "HTTP", "callbackRouteKey": route_key}),
        "cardData": {"cardParamMap": card_params(intent.message, marks, rest)},
        _SPACE_MODELS[space[0]]: space_model,
        **deliver_card(intent, robot_code=robot_code, space=space, mention=mention),
    }


def deliver_card(intent: Intent, *, robot_code: str, space: tuple[str, str], mention: Mention = NOBODY) -> dict[str, Any]:
    """Brings a card that was made to its space; where it is already, nothing happens."""
    space_type, space_id = space
    body: dict[str, Any] = {
        "outTrackId": intent.card,
        "userIdType": 1,
        "openSpaceId": f"dtv1.card//{space_type}.{space_id}",
    }
    if space_type == "IM_ROBOT":
        body["imRobotOpenDeliverModel"] = {"spaceType": "IM_ROBOT", "robotCode": robot_code}
    else:
        body["imGroupOpenDeliverModel"] = {"robotCode": robot_code, **({"atUserIds": dict(mention)} if mention else {})}
    return body


def update_card(intent: Intent, *, marks: Marks, rest: str = "") -> dict[str, Any]:
    """A state in time leaves the footer alone: what the raise said of itself, that it came late or may be a repeat, stays."""
    params = card_params(intent.message, marks, rest)
    if marks == IN_TIME:
        del params["footer"]
    return {
        "outTrackId": intent.card,
        "cardData": {"cardParamMap": params},
        "cardUpdateOptions": {"updateCardDataByKey": True},
    }


def card_params(message: Message, marks: Marks, rest: str = "") -> dict[str, str]:
    """All variables of the card: what shows a state then leaves nothing of an older one behind."""
    footer = " · ".join(text for text in (one_line(message.footer), *mark_texts(marks, message.language)) if text)
    return {
        "headline": cut(one_line(message.headline), VALUE_BYTES_MAX),
        "priority": str(message.priority),
        "priority_text": cut(one_line(message.priority_text), VALUE_BYTES_MAX),
        "state": message.state,
        "state_text": cut(one_line(message.state_text), VALUE_BYTES_MAX),
        "lines": _rows(message.lines),
        "guidance": fold(one_line(message.guidance), VALUE_BYTES_MAX, rest),
        "footer": cut(footer, VALUE_BYTES_MAX),
        "buttons": _buttons(message.buttons),
        "language": message.language,
    }


def _rows(lines: Sequence[tuple[str, str]]) -> str:
    """All lines; where they do not fit, as many as do, long ones cut, and an ellipsis that tells that some are missing."""
    rows = [{"label": one_line(label), "text": one_line(text)} for label, text in lines]
    if size(as_json(rows)) <= VALUE_BYTES_MAX:
        return as_json(rows)
    kept: list[dict[str, str]] = []
    for row in rows:
        short = {name: cut(text, ROW_BYTES_MAX) for name, text in row.items()}
        if size(as_json([*kept, short, _MORE])) > VALUE_BYTES_MAX:
            break
        kept.append(short)
    return as_json(kept if len(kept) == len(rows) else [*kept, _MORE])


_MORE = {"label": ELLIPSIS, "text": ""}


def _buttons(buttons: Sequence[Button]) -> str:
    """All buttons, with shorter labels where they would not fit; at the worst without those that ask a question."""
    for label_bytes in LABEL_BYTES_STEPS:
        text = as_json([_button(button, label_bytes) for button in buttons])
        if size(text) <= VALUE_BYTES_MAX:
            return text
    return as_json([_button(button, LABEL_BYTES_STEPS[-1]) for button in buttons if not button.choices])


def _button(button: Button, label_bytes: int) -> dict[str, Any]:
    return {
        "action": button.action,
        "label": cut(one_line(button.label), label_bytes),
        "choices": [{"id": choice, "label": cut(one_line(label), label_bytes)} for choice, label in button.choices],
    }


# --- messages -------------------------------------------------------------------------------------------------------


def webhook_markdown(intent: Intent, *, marks: Marks, mention: Mention = NOBODY, rest: str = "") -> dict[str, Any]:
    """Who is named stands in the text, too: without that nobody's phone says so (dingtalk-api 2.2)."""
    named = "\n\n" + " ".join(f"@{user}" for user in mention) if mention else ""
    at = {"at": {"atUserIds": list(mention)}} if mention else {}
    for title, text in markdowns(intent.message, marks, rest):
        markdown = {"title": title, "text": text + named}
        body = {"msgtype": "markdown", "msgUuid": msg_uuid(intent.key), "markdown": markdown, **at}
        if size(as_json(body)) <= WEBHOOK_BYTES_MAX:
            break
    return body


def robot_markdown(intent: Intent, *, robot_code: str, marks: Marks, rest: str = "") -> dict[str, Any]:
    """What `oToMessages/batchSend` and `groupMessages/send` have in common; the caller adds whom."""
    for title, text in markdowns(intent.message, marks, rest, Where.HERE):
        param = as_json({"title": title, "text": text})
        if size(param) <= PARAM_BYTES_MAX:
            break
    return {"robotCode": robot_code, "msgKey": "sampleMarkdown", "msgParam": param}


def markdowns(message: Message, marks: Marks, rest: str = "", where: Where = Where.ELSEWHERE) -> Iterator[tuple[str, str]]:
    """(title, text) with all lines, then with fewer and fewer, down to none. rest: the address of what is left out. where:
    answers to it are read."""
    answers = hint(message, where)
    marked = [plain_markdown(text) for text in mark_texts(marks, message.language)]
    headline = cut(plain_markdown(message.headline), TITLE_BYTES_MAX)
    title = " · ".join((headline, *marked))
    lines = [f"**{_field(label)}** {_field(text)}" for label, text in message.lines[:LINES_MAX]]
    guidance = fold(plain_markdown(message.guidance), GUIDANCE_BYTES_MAX)
    more = f"{ELLIPSIS} [{in_language(message.language, 'dingtalk.rest')}]({rest})" if rest else ELLIPSIS
    for count in range(len(lines), -1, -1):
        shown = lines if count == len(message.lines) else [*lines[:count], more]
        parts = [f"### {headline}", *(f"**{text}**" for text in marked), *shown]
        parts += [f"> {guidance}"] if guidance else []
        parts += [answers] if answers else []
        parts += [_field(message.footer)] if message.footer else []
        # A blank line is the one line break that every client shows (dingtalk-api 2.2).
        yield title, "\n\n".join(parts)


def _field(text: str) -> str:
    return fold(plain_markdown(text), FIELD_BYTES_MAX)


def as_json(value: Any) -> str:
    """As it goes over the wire."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

"""Robot messages of every type, read into the normalised content that conversations keep (see `timeline.Kind`).

Two vocabularies say the same things: `msgtype` objects of webhooks and session replies (reference 2.2), and `msgKey`
with `msgParam` of the app's robot (reference 3.3).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from simulators.dingtalk.calls import mapping_of, text_of
from simulators.dingtalk.timeline import Kind
from simulators.dingtalk.wire import OldFamilyError


def read_webhook_message(body: Mapping[str, Any]) -> tuple[Kind, Mapping[str, Any]]:
    """The normalised content of a message body (reference 2.2); raises OldFamilyError 400105 or 40035."""
    msgtype = text_of(body, "msgtype")
    reader = _READERS.get(msgtype)
    if reader is None:
        raise OldFamilyError(400105, f"unsupported msgtype {msgtype}")
    return reader(mapping_of(body, msgtype))


def _required(part: Mapping[str, Any], key: str) -> str:
    value = text_of(part, key)
    if not value:
        raise OldFamilyError(40035, f"缺少参数 {key}")
    return value


def _text(part: Mapping[str, Any]) -> tuple[Kind, Mapping[str, Any]]:
    return Kind.TEXT, {"text": _required(part, "content")}


def _markdown(part: Mapping[str, Any]) -> tuple[Kind, Mapping[str, Any]]:
    return Kind.MARKDOWN, {"title": _required(part, "title"), "text": _required(part, "text")}


def _link(part: Mapping[str, Any]) -> tuple[Kind, Mapping[str, Any]]:
    # The spelling differs on purpose from feedCard's messageURL and picURL: so it is on the real server.
    return Kind.LINK, {
        "title": _required(part, "title"),
        "text": _required(part, "text"),
        "url": _required(part, "messageUrl"),
        "picture": text_of(part, "picUrl"),
    }


def _action_card(part: Mapping[str, Any]) -> tuple[Kind, Mapping[str, Any]]:
    title, text = _required(part, "title"), _required(part, "text")
    if text_of(part, "singleTitle"):
        buttons = [{"title": text_of(part, "singleTitle"), "url": _required(part, "singleURL")}]
    else:
        raw = part.get("btns")
        items = [item for item in raw if isinstance(item, Mapping)] if isinstance(raw, list) else []
        buttons = [{"title": _required(item, "title"), "url": _required(item, "actionURL")} for item in items]
        if not buttons:
            raise OldFamilyError(40035, "缺少参数 btns")
    horizontal = part.get("btnOrientation") == "1"
    return Kind.ACTION_CARD, {"title": title, "text": text, "buttons": buttons, "horizontal": horizontal}


def _feed_card(part: Mapping[str, Any]) -> tuple[Kind, Mapping[str, Any]]:
    raw = part.get("links")
    items = [item for item in raw if isinstance(item, Mapping)] if isinstance(raw, list) else []
    if not items:
        raise OldFamilyError(40035, "缺少参数 links")
    return Kind.FEED_CARD, {
        "links": [
            {
                "title": _required(item, "title"),
                "url": _required(item, "messageURL"),
                "picture": text_of(item, "picURL"),
            }
            for item in items
        ]
    }


_READERS: Mapping[str, Callable[[Mapping[str, Any]], tuple[Kind, Mapping[str, Any]]]] = {
    "text": _text,
    "markdown": _markdown,
    "link": _link,
    "actionCard": _action_card,
    "feedCard": _feed_card,
}


#: msgKey -> the fields its msgParam must have. Action cards with numbered buttons are read by `_numbered_buttons`.
ROBOT_TEMPLATES: Mapping[str, tuple[str, ...]] = {
    "sampleText": ("content",),
    "sampleMarkdown": ("title", "text"),
    "sampleImageMsg": ("photoURL",),
    "sampleLink": ("title", "text", "messageUrl"),
    "sampleActionCard": ("title", "text", "singleTitle", "singleURL"),
    "sampleActionCard2": ("title", "text", "actionTitle1", "actionURL1", "actionTitle2", "actionURL2"),
    "sampleActionCard3": ("title", "text", "actionTitle1", "actionURL1", "actionTitle3", "actionURL3"),
    "sampleActionCard4": ("title", "text", "actionTitle1", "actionURL1", "actionTitle4", "actionURL4"),
    "sampleActionCard5": ("title", "text", "actionTitle1", "actionURL1", "actionTitle5", "actionURL5"),
    "sampleActionCard6": ("title", "text", "buttonTitle1", "buttonUrl1", "buttonTitle2", "buttonUrl2"),
    "sampleAudio": ("mediaId", "duration"),
    "sampleFile": ("mediaId", "fileName", "fileType"),
    "sampleVideo": ("duration", "videoMediaId", "videoType", "picMediaId"),
}


def read_robot_message(msg_key: str, fields: Mapping[str, Any]) -> tuple[Kind, Mapping[str, Any]] | None:
    """The normalised content of a known msgKey; None when a mandatory field is missing or no text."""
    if any(not text_of(fields, name) for name in ROBOT_TEMPLATES[msg_key]):
        return None
    if msg_key == "sampleText":
        return Kind.TEXT, {"text": fields["content"]}
    if msg_key == "sampleMarkdown":
        return Kind.MARKDOWN, {"title": fields["title"], "text": fields["text"]}
    if msg_key == "sampleLink":
        picture = text_of(fields, "picUrl")
        return Kind.LINK, {
            "title": fields["title"],
            "text": fields["text"],
            "url": fields["messageUrl"],
            "picture": picture,
        }
    if msg_key.startswith("sampleActionCard"):
        return Kind.ACTION_CARD, {
            "title": fields["title"],
            "text": fields["text"],
            "buttons": _numbered_buttons(fields),
            "horizontal": msg_key == "sampleActionCard6",
        }
    return Kind.MEDIA, {"type": msg_key, "fields": dict(fields)}


def _numbered_buttons(fields: Mapping[str, Any]) -> list[dict[str, str]]:
    if text_of(fields, "singleTitle"):
        return [{"title": fields["singleTitle"], "url": fields["singleURL"]}]
    titles = sorted(key for key in fields if re.fullmatch(r"(action|button)Title[1-9]", key))
    buttons = []
    for key in titles:
        url = text_of(fields, f"actionURL{key[-1]}") or text_of(fields, f"buttonUrl{key[-1]}")
        buttons.append({"title": text_of(fields, key), "url": url})
    return buttons

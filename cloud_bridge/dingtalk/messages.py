"""A message that somebody wrote to the robot, as the callback brings it, and the body of an answer to it. Pure
(dingtalk-api 3.6, 2.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cloud_bridge.fitting import cut, plain_markdown

#: An answer lists at most this much.
ANSWER_BYTES_MAX = 4_000


@dataclass(frozen=True, slots=True)
class Said:
    """msg_id: the same when the message is sent again. session: of the address for answers; good for 90 min, empty where there
    is none. text: empty for a picture or a recording."""

    msg_id: str
    user_id: str
    text: str
    session: str


def read_said(data: Mapping[str, Any]) -> Said | None:
    """None when nobody wrote it, or it cannot be told from its repeats."""
    text = data.get("text")
    content = text.get("content") if isinstance(text, Mapping) else None
    said = Said(
        _text(data.get("msgId")), _text(data.get("senderStaffId")), _text(content), _session(_text(data.get("sessionWebhook")))
    )
    return said if said.msg_id and said.user_id else None


def answer_body(title: str, lines: tuple[str, ...]) -> dict[str, Any]:
    """A blank line is the one line break that every client shows (dingtalk-api 2.2)."""
    text = cut("\n\n".join(plain_markdown(line) for line in lines), ANSWER_BYTES_MAX)
    return {"msgtype": "markdown", "markdown": {"title": plain_markdown(title), "text": text}}


def _session(address: str) -> str:
    """Of the address only its session: where answers go is ours to say, and no message's."""
    try:
        return parse_qs(urlsplit(address).query).get("session", [""])[0]
    except ValueError:
        return ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""

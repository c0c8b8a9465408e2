"""Scene groups: a chat group of its own for an incident, from a template that brings the robot in. Pure. dingtalk-api 8.1.

Field names are snake_case in `sceneGroup/*` and camelCase elsewhere. `uuid` keeps a repeated creation from making a second
group; for how long DingTalk remembers it is not documented.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloud_bridge.dingtalk.endpoints import GROUP_ADD, GROUP_CREATE, GROUP_DISBAND, GROUP_UPDATE, Request
from cloud_bridge.dingtalk.payloads import msg_uuid
from cloud_bridge.dingtalk.verdicts import Accepted, Answer
from cloud_bridge.fitting import cut_signs, one_line

TITLE_SIGNS_MAX = 30
MEMBERS_MAX = 999


def create(group: str, title: str, *, template_id: str, owner: str, members: Sequence[str]) -> Request:
    """owner, members: user ids; the owner must be in the app's visible range."""
    body: dict[str, Any] = {
        "title": cut_signs(one_line(title), TITLE_SIGNS_MAX),
        "template_id": template_id,
        "owner_user_id": owner,
        "user_ids": list(dict.fromkeys((owner, *members)))[:MEMBERS_MAX],
        "uuid": msg_uuid(group),
    }
    return Request(GROUP_CREATE, body)


def add(conversation: str, members: Sequence[str]) -> Request:
    return Request(GROUP_ADD, {"open_conversation_id": conversation, "user_ids": list(members)})


def archive(conversation: str, title: str) -> Request:
    """It stays to be read, under a title that says that it is over, and nobody but those in charge may write."""
    body = {
        "open_conversation_id": conversation,
        "title": cut_signs(one_line(title), TITLE_SIGNS_MAX),
        "management_options": {"chat_banned_type": 1},
    }
    return Request(GROUP_UPDATE, body)


def disband(conversation: str) -> Request:
    return Request(GROUP_DISBAND, {"openConversationId": conversation})


def conversation_of(answer: Answer) -> str | None:
    """The open conversation id of the group that was made; None when the answer holds none."""
    conversation = answer.body.get("open_conversation_id") if isinstance(answer, Accepted) else None
    return str(conversation) if conversation else None

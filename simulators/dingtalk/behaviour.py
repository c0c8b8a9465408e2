"""What is selectable in the stand-in: where the sources disagree, or where an edition of DingTalk decides.

Every field has the standard edition's figure or the best-documented variant as its default. Figures and variants:
reference 0.5 (editions), 2.3 and 2.4 (webhook), 6.4 (repeated card), 7.4 (redelivery), 19 (conflicts in the sources).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: The values a field may take, for the fields that are a choice among known variants.
VARIANTS: Mapping[str, tuple[Any, ...]] = {
    "webhook_too_fast_code": (130101, 410100, 660026),
    "webhook_unknown_token_code": (400101, 300005),
    "webhook_security_wording": ("bare", "described"),
    "repeated_out_track_id": ("ignored", "undelivered", "refused"),
    "sdk_only_calls": ("answered", "refused"),
    "repeated_group_uuid": ("earlier", "refused"),
    "iot_calls": ("closed", "open", "bound"),
    "repeated_device_event": ("ignored", "again"),
    "callback_owner_key": ("client_id", "corp_id"),
    "repeated_client_token": ("refused", "earlier"),
}


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Fields without a word here say all by their name; `_s` is in seconds. None, or 0 where it makes sense: no limit, never.

    Limits. calls_per_second: per app and API; 60 with the add-on pack. calls_in_20_s: of all APIs from one address, which is
    banned for 5 minutes beyond it. token_calls_per_second, stream_connections_most: undocumented. dings_per_minute: of one
    robot, about. users_per_batch: of one message to persons; an error text has 100. conferences_at_once, conference_lasts_s: of
    the free edition. out_track_id_longest: 64 for a card at the top of a chat.

    Repeats. repeated_out_track_id: `ignored` heeds neither template nor data and delivers where the card is not yet;
    `undelivered` does not deliver either; `refused` answers param.cardAlreadyExist.
    repeated_group_uuid: `earlier` answers with the group that was opened with it. repeated_client_token: `refused` with the
    documented 409, or `earlier` as other sources have it; the rows are there once in both. repeated_device_event: of the same
    eventId; unverified. msg_uuid_remembered_s, group_uuid_remembered_s, client_token_remembered_s: undocumented.
    redelivery_keeps_message_id: unknown of the real server.

    Words. webhook_quota_code: undocumented, hence free to choose. benefit_code_api_calls, benefit_code_pushes: by what
    names the quotas are asked for: undocumented. errcode_as_text: old replies carry "0" instead of 0, as some samples show.
    callback_owner_key: corp_id for callbacks of the old API.

    Who may. sdk_only_calls: those of the official SDK without a documentation page; `refused` = as without their permission.
    iot_calls: those of DingTalk's IoT clouds, which are closed to new apps; `bound` = open, and the system was bound long ago.
    card_actions_counted: against the monthly pushes; unknown of the real server. event_post_within_s: of an HTTP callback; an
    older page has 1.5. notice_progress_kept_s: an older page has a day.
    """

    calls_per_second: int = 20
    calls_in_20_s: int = 10_000
    token_calls_per_second: int = 0
    api_calls_per_month: int | None = 5_000
    pushes_per_month: int | None = 3_000
    dings_per_minute: int = 6_000
    users_per_batch: int = 20
    conferences_at_once: int = 3
    conference_lasts_s: float = 3_600.0
    stream_connections_most: int = 0
    out_track_id_longest: int = 100

    webhook_per_minute: int = 20
    webhook_block_s: float = 600.0
    webhook_too_fast_code: int = 130101
    webhook_unknown_token_code: int = 400101
    webhook_security_wording: str = "described"
    webhook_quota_code: int = 90020

    repeated_out_track_id: str = "ignored"
    repeated_group_uuid: str = "earlier"
    repeated_client_token: str = "refused"
    repeated_device_event: str = "ignored"
    msg_uuid_remembered_s: float = 3_600.0
    group_uuid_remembered_s: float = 86_400.0
    client_token_remembered_s: float = 86_400.0
    notice_progress_kept_s: float = 604_800.0

    card_answer_within_s: float = 2.0
    card_actions_counted: bool = False
    event_answer_within_s: float = 3.0
    event_post_within_s: float = 2.5
    callback_owner_key: str = "client_id"
    robot_message_redelivery_s: float = 60.0
    robot_message_redeliveries: int = 3
    redelivery_keeps_message_id: bool = True
    ping_every_s: float = 60.0
    connection_life_s: float = 0.0

    sdk_only_calls: str = "answered"
    iot_calls: str = "closed"
    benefit_code_api_calls: str = "openapi_call"
    benefit_code_pushes: str = "webhook_stream_push"
    xml_without_json_accept: bool = True
    errcode_as_text: bool = False


def behaviour_from(data: Mapping[str, Any], problems: list[str], where: str = "behaviour") -> Behaviour:
    """Read the selectable behaviour; what is wrong is added to `problems` and the default stands."""
    fields = {field.name: field for field in dataclasses.fields(Behaviour)}
    chosen: dict[str, Any] = {}
    for name, value in data.items():
        if name not in fields:
            problems.append(f"{where}.{name}: unknown; known are {', '.join(sorted(fields))}")
            continue
        problem = _problem(name, value, fields[name].default)
        if problem:
            problems.append(f"{where}.{name}: {problem}")
        else:
            chosen[name] = value
    return Behaviour(**chosen)


def _problem(name: str, value: Any, default: Any) -> str:
    if name in VARIANTS:
        known = ", ".join(str(variant) for variant in VARIANTS[name])
        return "" if value in VARIANTS[name] else f"must be one of {known}, is {value!r}"
    if isinstance(default, str | bool):
        wanted = "a text" if isinstance(default, str) else "true or false"
        return "" if isinstance(value, type(default)) else f"must be {wanted}, is {value!r}"
    if value is None and name.endswith("_per_month"):
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        return f"must be a number of 0 or more, is {value!r}"
    if isinstance(default, int) and not isinstance(value, int):
        return f"must be a whole number, is {value!r}"
    return ""

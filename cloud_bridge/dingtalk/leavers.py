"""What the organisation's directory says of our persons: who has left, by an event or by a look. Pure.

event user_leave_org       userId: the ids of those who have left (Stream); UserId over HTTP
topapi/v2/user/get         errcode or sub_code 60121, 33012: there is no such person (dingtalk-api 0.4, 12.1)
"""

from __future__ import annotations

from cloud_bridge.dingtalk.frames import OrgEvent

LEFT_EVENT = "user_leave_org"
#: Ids that one event may name; an organisation sends one event for a few people.
IDS_MAX = 1_000


def leavers_of(event: OrgEvent) -> tuple[str, ...]:
    """The user ids of those who have left; none for any other event."""
    if event.kind != LEFT_EVENT:
        return ()
    named = event.data.get("userId", event.data.get("UserId"))
    ids = named if isinstance(named, list) else [named]
    return tuple(each for each in ids[:IDS_MAX] if isinstance(each, str) and each)

"""Who has left the organisation: by its event, or by looking everybody up. Pure.

    event user_leave_org       userId: the ids of those who have left (Stream); UserId over HTTP
    topapi/v2/user/get         says that there is no such person: `Nobody` (dingtalk-api 0.4, 12.1)

A look decides only when the one before said the same. And a look that newly misses most people, or all, says nothing about
them: the credentials are those of another organisation, or an administrator has cut down what the app may see. That silences
nobody. So the last one to be seen is taken out by the event alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from cloud_bridge.dingtalk.frames import OrgEvent

LEFT_EVENT = "user_leave_org"
#: Ids that one event may name; an organisation sends one event for a few people.
IDS_MAX = 1_000
#: So many may be missed at once, however few there are, while somebody is seen.
MISSED_SURELY = 2


@dataclass(frozen=True, slots=True)
class Look:
    """Ids of persons. Who is in neither could not be looked up."""

    present: frozenset[str] = frozenset()
    missed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Changes:
    left: tuple[str, ...]
    returned: tuple[str, ...]


def is_doubtful(look: Look, known_left: frozenset[str]) -> bool:
    """Whether it misses too many to be believed."""
    newly = len(look.missed - known_left)
    return newly > 0 and (not look.present or MISSED_SURELY < newly >= len(look.present))


def changes(before: Look, now: Look, known_left: frozenset[str]) -> Changes:
    """What two looks in a row say, beside what is known."""
    if is_doubtful(now, known_left):
        return Changes((), ())
    left = (before.missed & now.missed) - known_left
    return Changes(tuple(sorted(left)), tuple(sorted(before.present & now.present & known_left)))


def leavers_of(event: OrgEvent) -> tuple[str, ...]:
    """The user ids of those who have left; none for any other event."""
    if event.kind != LEFT_EVENT:
        return ()
    named = event.data.get("userId", event.data.get("UserId"))
    ids = named if isinstance(named, list) else [named]
    return tuple(each for each in ids[:IDS_MAX] if isinstance(each, str) and each)

"""Acts that are more than telling: which of them this plant's DingTalk can do, and what a repeat of them does. Pure.

    act                             can, if cloud.yaml has        key
    Call                            calls                         none: SMS and phone are never repeated, the app once, marked
    OpenOrder, CloseOrder           -                             sourceId = the order
    OpenGroup, CloseGroup           group_template_id             uuid = the group
    OpenConference, CloseConference -                             none: looked for by its title before it is repeated
    WriteRow                        tables, documents or events   clientToken = the row; a document's name; eventId = the row
    AskApproval                     approvals                     none: looked for by our key, where the form has a field for it

What one intent opened another closes: it is found by the receipt of the first, which begins with DingTalk's id of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cloud_bridge.dingtalk import endpoints
from cloud_bridge.dingtalk.config import DingTalkConfig
from cloud_bridge.dingtalk.endpoints import Endpoint, Repeat
from cloud_bridge.dingtalk.verdicts import Accepted, Answer, ended
from cloud_bridge.page import page_of
from edge.model.act import (
    Act,
    AskApproval,
    Call,
    CallMedium,
    CloseConference,
    CloseGroup,
    CloseOrder,
    OpenConference,
    OpenGroup,
    OpenOrder,
    Tell,
    WriteRow,
)
from edge.model.intent import Claim, Delivered, Intent, Outcome, Refused, Unknown
from edge.model.person import Directory


def can(act: type[Act], config: DingTalkConfig) -> bool:
    if act is Call:
        return bool(config.calls)
    if act in (OpenGroup, CloseGroup):
        return config.group_template_id is not None
    if act is WriteRow:
        return bool(config.tables or config.documents or config.events)
    return bool(config.approvals) if act is AskApproval else True


#: The call that an act is about; others may come before it, and only look.
_MAKES: Mapping[type[Act], Endpoint] = {
    OpenOrder: endpoints.TODO_CREATE,
    CloseOrder: endpoints.TODO_UPDATE,
    OpenGroup: endpoints.GROUP_CREATE,
    CloseGroup: endpoints.GROUP_DISBAND,
    OpenConference: endpoints.CONFERENCE_CREATE,
    CloseConference: endpoints.CONFERENCE_CLOSE,
    WriteRow: endpoints.ROW_INSERT,
    AskApproval: endpoints.APPROVAL_START,
}


def repeat_of(act: Act, config: DingTalkConfig) -> Repeat:
    """What a repeat of an act does that is more than telling."""
    match act:
        case Call(medium):
            return (endpoints.DING_APP if medium is CallMedium.APP else endpoints.DING_PAID).repeat
        case WriteRow(table) if table in config.events:
            return (endpoints.IOT_EVENT if config.iot == "diot" else endpoints.DEVICE_EVENT).repeat
        case AskApproval(process) if process in config.approvals and config.approvals[process].key_field is None:
            # There is nothing by which it could be looked for.
            return Repeat.TWICE
    return _MAKES[type(act)].repeat


def is_keyed(act: Act, config: DingTalkConfig) -> bool:
    """Whether the act may be repeated until its outcome is known."""
    return repeat_of(act, config) in (Repeat.SHOWN_ONCE, Repeat.SAME_STATE, Repeat.LOOK_FIRST)


def problem(claim: Claim, config: DingTalkConfig) -> Refused | Unknown | None:
    """Why an attempt is not to be made, beside what the cloud would say; None: it may be."""
    act = claim.intent.act
    name = type(act).__name__
    if not can(type(act), config):
        return Refused(f"dingtalk in cloud.yaml does not allow this act: {name}")
    if not isinstance(act, Tell | WriteRow) and user_of(claim.intent) is None:
        return Refused(f"{claim.intent.recipient} is no person on DingTalk: only a person can be asked for {name}")
    if claim.after_unknown and repeat_of(act, config) is Repeat.NEVER:
        return Unknown("it may have rung already: a call is not repeated for that")
    missing = _missing(act, config)
    return None if missing is None else Refused(f"{missing} of cloud.yaml")


def _missing(act: Act, config: DingTalkConfig) -> str | None:
    """What the act names and the configuration does not."""
    match act:
        case Call(medium) if medium not in config.calls:
            return f"{medium} is not among dingtalk.calls"
        case WriteRow(table) if not any(table in places for places in (config.tables, config.documents, config.events)):
            return f"{table} is under none of dingtalk.tables, dingtalk.documents and dingtalk.events"
        case AskApproval(process) if process not in config.approvals:
            return f"{process} is not under dingtalk.approvals"
    return None


def user_of(intent: Intent) -> str | None:
    """The user id of a recipient who is a person."""
    user = intent.address.get("user_id")
    return user if isinstance(user, str) else None


@dataclass(frozen=True, slots=True)
class Members:
    """present: (user id, name) pairs. absent: ids of persons who are unknown, or have no address on DingTalk."""

    present: tuple[tuple[str, str], ...]
    absent: tuple[str, ...]


def members_of(persons: Iterable[str], directory: Directory, *, without: str) -> Members:
    """persons: ids in the directory, once each. without: the user id of who is in anyway."""
    present: dict[str, str] = {}
    absent = []
    for each in dict.fromkeys(persons):
        person = directory.persons.get(each)
        user = None if person is None else person.addresses.get("dingtalk", {}).get("user_id")
        if person is None or user is None:
            absent.append(each)
        elif user != without:
            present[user] = person.name
    return Members(tuple(present.items()), tuple(absent))


def receipt(handle: str, absent: Iterable[str] = ()) -> str:
    """handle: DingTalk's id of what was made. Who could not be reached is named beside it."""
    missing = ", ".join(absent)
    return f"{handle} (not on DingTalk: {missing})" if missing else handle


def handle_of(receipt: str | None) -> str | None:
    """The id with which a receipt begins; ids hold no spaces."""
    return (receipt or "").partition(" ")[0] or None


def link_of(intent: Intent, config: DingTalkConfig) -> str:
    """Where phones find all of it; empty when they cannot reach us."""
    return page_of(intent, config.public_url)


def delivered(answer: Answer, made: str | None, members: Members | None = None) -> Outcome:
    """How an attempt ends. made: what the receipt begins with; None: the answer should have held it."""
    if not isinstance(answer, Accepted):
        return ended(answer)
    if not made:
        return Unknown("DingTalk took it, and its answer does not say what it made")
    return Delivered(receipt(made, () if members is None else members.absent))

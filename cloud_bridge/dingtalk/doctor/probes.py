"""The harmless call for each permission: what it is about does not exist, so that it can have no effect. Pure.

DingTalk asks for the permission first and looks at the call then (dingtalk-api 0.3): a refusal of what the call names says that
the permission is there. A refusal of a kind that is not foreseen here says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cloud_bridge.dingtalk.bodies import approvals, attendance, conferences, contacts, documents, groups, notices
from cloud_bridge.dingtalk.config import DingTalkConfig, GroupConfig
from cloud_bridge.dingtalk.doctor.findings import Reason
from cloud_bridge.dingtalk.doctor.heard import Heard
from cloud_bridge.dingtalk.endpoints import (
    CARD_MAKE,
    CARD_UPDATE,
    DING_RECALL,
    DOCUMENT_WRITE,
    ROBOT_TO_PERSON,
    ROBOTS_OF_GROUP,
    ROW_UPDATE,
    TODO_BY_SOURCE,
    TODO_UPDATE,
    Request,
    Scope,
)
from edge.model.moment import MILLISECOND, Moment

#: A person, card, group, table that no organisation has.
NOBODY = "andon-doctor-nobody"
NO_GROUP = "cidAndonDoctorNoSuchGroup=="
NO_MOBILE = "10000000000"

_ROBOT: Mapping[str, Reason] = {
    "invalidParameter.robotCode.": Reason.ROBOT_UNKNOWN,
    "invalid.chatbotId": Reason.ROBOT_UNKNOWN,
    "bot.stopped": Reason.ROBOT_OFF,
    "robot.oto.notExist": Reason.ROBOT_OFF,
}


@dataclass(frozen=True, slots=True)
class Probe:
    """accepted: what it means when the call is taken. refused: what it means when it is not, by code; a code that ends in a dot
    stands for all that begin with it; the first that fits counts."""

    request: Request
    accepted: Reason
    refused: Mapping[str, Reason] = field(default_factory=dict)

    def meaning(self, answer: Heard) -> Reason:
        if answer.reason is not None:
            return answer.reason
        if answer.is_accepted:
            return self.accepted
        for code, reason in self.refused.items():
            if answer.code == code or (code.endswith(".") and answer.code.startswith(code)):
                return reason
        return Reason.UNCLEAR


def scope_probe(scope: Scope, config: DingTalkConfig, now: Moment) -> Probe | None:
    """How a permission is tried out; None: there is no call that could not have an effect."""
    probe = _probes(config, now).get(scope)
    if probe is None:
        return None
    request, codes, robot = probe
    return Probe(request, Reason.GRANTED, {**(_ROBOT if robot else {}), **dict.fromkeys(codes, Reason.GRANTED)})


def _probes(config: DingTalkConfig, now: Moment) -> Mapping[Scope, tuple[Request, tuple[str, ...], bool]]:
    """By scope: the call, the codes of what it is refused for, and whether it names our robot."""
    someone = config.shifts.operator if config.shifts is not None else NOBODY
    table = {"base": NOBODY, "sheet": NOBODY}
    approval = approvals.start(NOBODY, {}, user=NOBODY, department_id=-1, key_field=None, key="")
    card = {"outTrackId": NOBODY, "cardData": {"cardParamMap": {}}, "cardUpdateOptions": {"updateCardDataByKey": True}}
    # A message without receivers and without content.
    message = {"robotCode": config.robot, "userIds": [], "msgKey": "", "msgParam": ""}
    ding = {"robotCode": config.robot, "openDingId": NOBODY}
    todo = {"union": NOBODY, "task": NOBODY}
    source = {"union": NOBODY, "source": NOBODY}
    contact = ("60121", "33012", "40103", "40035", "400002")
    rows = ("invalidRequest.", "notFound.", "forbidden.", "operationIllegal.", "HTTP 404")
    meeting = ("roomNotFound", "paramsError", "unknownUserError", "resourceClose", "permissionError", "noPermission")
    return {
        Scope.ROBOT: (Request(ROBOT_TO_PERSON, message), ("invalidParameter.", "miss.", "staffId.notExisted"), True),
        Scope.CARD: (Request(CARD_UPDATE, card), ("param.",), False),
        Scope.DING: (Request(DING_RECALL, ding), ("recall.ding.exception", "invalidParameter."), True),
        Scope.GROUP: (groups.add(NO_GROUP, ()), ("parameter.", "invalid.", "permession.checkFailed", "resource."), False),
        Scope.CONFERENCE: (conferences.close(NOBODY, host=NOBODY), meeting, False),
        Scope.CONFERENCE_READ: (conferences.get(NOBODY), meeting, False),
        Scope.TODO: (Request(TODO_UPDATE, {}, todo, {"operatorId": NOBODY}), ("todo.",), False),
        Scope.TODO_READ: (Request(TODO_BY_SOURCE, None, source), ("todo.",), False),
        Scope.APPROVAL: (approval, ("processInstanceInvalidParameter", "processCodeError", "needAuth"), False),
        Scope.APPROVAL_READ: (approvals.get(NOBODY), ("processInstanceInvalidParameter", "processInstanceIdError"), False),
        Scope.TABLE: (Request(ROW_UPDATE, {"records": []}, table, {"operatorId": NOBODY}), rows, False),
        Scope.WIKI: (documents.create(NOBODY, NOBODY, operator=NOBODY), rows, False),
        Scope.WIKI_CONTENT: (Request(DOCUMENT_WRITE, {}, {"document": NOBODY}, {"operatorId": NOBODY}), rows, False),
        Scope.BASE: (contacts.by_code(NOBODY), ("40078", "40029", "40035"), False),
        Scope.MEMBER: (contacts.user(NOBODY), contact, False),
        Scope.MEMBER_BY_MOBILE: (contacts.by_mobile(NO_MOBILE), ("40104", *contact), False),
        Scope.DEPARTMENT: (contacts.sub_departments(contacts.ROOT_DEPARTMENT), ("60003",), False),
        Scope.SHIFTS: (attendance.schedule([someone], now, operator=someone), contact, False),
        Scope.LEAVES: (attendance.leaves([someone], now), contact, False),
    }


def template_probe(template_id: str, now: Moment) -> Probe:
    """A card of the template is made and goes nowhere: it is made, not delivered (dingtalk-api 6.2). Each try has a name of its
    own, because of a name that DingTalk knows it does not look at the template again."""
    body = {
        "cardTemplateId": template_id,
        "outTrackId": f"andon-doctor-{now // MILLISECOND}",
        "callbackType": "STREAM",
        "cardData": {"cardParamMap": {}},
    }
    meanings = {
        "param.templateNotExist": Reason.TEMPLATE_UNKNOWN,
        "param.templateUnpublished": Reason.TEMPLATE_UNPUBLISHED,
        "param.cardAlreadyExist": Reason.TEMPLATE_KNOWN,
    }
    return Probe(Request(CARD_MAKE, body), Reason.TEMPLATE_KNOWN, meanings)


def agent_probe(agent_id: int) -> Probe:
    """What became of a work notice that was never sent: of another app's agent nothing is told at all."""
    unknown = dict.fromkeys(("41030", "40078", "41011"), Reason.AGENT_UNKNOWN)
    return Probe(notices.result("1", agent_id=agent_id), Reason.AGENT_KNOWN, {**unknown, "40035": Reason.AGENT_KNOWN})


def group_probe(group: GroupConfig) -> Probe:
    """Which robots are in the group; whether ours is among them says `robot_in`."""
    meanings = {
        "invalid.openConversationId": Reason.GROUP_UNKNOWN,
        "parameter.invalid": Reason.GROUP_UNKNOWN,
        "resource.not.found": Reason.GROUP_UNKNOWN,
        "group.disbanded": Reason.GROUP_GONE,
    }
    return Probe(Request(ROBOTS_OF_GROUP, {"openConversationId": group.conversation_id}), Reason.ROBOT_IS_IN, meanings)


def robot_in(answer: Heard, robot: str) -> Reason:
    """Of an accepted answer to `group_probe`."""
    listed = (answer.body or {}).get("chatbotInstanceVOList")
    if not isinstance(listed, list):
        return Reason.UNCLEAR
    codes = {str(each.get("robotCode")) for each in listed if isinstance(each, Mapping)}
    return Reason.ROBOT_IS_IN if robot in codes else Reason.ROBOT_IS_NOT_IN


def person_probe(user_id: str) -> Probe:
    unknown = dict.fromkeys(("60121", "33012", "40103"), Reason.PERSON_UNKNOWN)
    return Probe(contacts.user(user_id), Reason.FOUND, {**unknown, "50002": Reason.PERSON_HIDDEN})


#: A message of a kind that there is not: it can be shown nowhere. Its answer tells a wrong token; whether the signature is
#: looked at before the kind is not documented.
WEBHOOK_BODY = {"msgtype": "andon-doctor"}

#: Of `robot/send` (dingtalk-api 2.3), by code.
_WEBHOOK: Mapping[str, Reason] = {
    "400105": Reason.WEBHOOK_KNOWN,
    "40035": Reason.WEBHOOK_KNOWN,
    "400101": Reason.WEBHOOK_UNKNOWN,
    "300005": Reason.WEBHOOK_UNKNOWN,
    "400102": Reason.WEBHOOK_OFF,
    "400013": Reason.GROUP_GONE,
    "400106": Reason.WEBHOOK_OFF,
    "130101": Reason.WEBHOOK_BLOCKED,
    "410100": Reason.WEBHOOK_BLOCKED,
    "660026": Reason.WEBHOOK_BLOCKED,
}
#: Of errcode 310000, by what its text contains (dingtalk-api 2.1).
_SECURITY = (
    ("invalid timestamp", Reason.STAMP_REFUSED),
    ("sign not match", Reason.SIGNATURE_WRONG),
    ("keywords not in content", Reason.KEYWORDS),
    ("not in whitelist", Reason.WEBHOOK_ADDRESS),
)


def webhook_meaning(answer: Heard) -> Reason:
    if answer.reason is not None:
        return answer.reason
    if answer.code == "310000":
        return next((reason for phrase, reason in _SECURITY if phrase in answer.words), Reason.UNCLEAR)
    return _WEBHOOK.get(answer.code, Reason.UNCLEAR)

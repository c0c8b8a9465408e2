"""The codes of both families, and the verdict on each. Pure.

Order of the sections as in the reference: 0.4 of all calls, 1 credentials, 2 webhook, 3 robot, 4 DING, 6 cards, 8 groups,
9 conferences, 10 to-do, 11 approvals, 12 people, 13 documents.
"""

from __future__ import annotations

from collections.abc import Mapping

from cloud_bridge.dingtalk.verdicts import (
    BLOCKED_AFTER_S,
    BUSY_AFTER_S,
    QUOTA_AFTER_S,
    Verdict,
    exists,
    gone,
    insecure,
    mend,
    next_minute,
    nobody,
    refuse,
    retry,
    robot_refused,
    scope,
    token,
    unknown,
)
from edge.model.intent import Scope as Reach

#: What a refused DING says when no SMS or calls are left to send: what comes after it need not wait.
EMPTY_BALANCE = "no balance of SMS and calls is left"

_CREDENTIALS = mend("client_id or client_secret is not the app's", reach=Reach.CHANNEL)
_IP_LIST = mend("this machine's address is not in the app's IP list", reach=Reach.CHANNEL)
_QUOTA = mend("the organisation's monthly quota is spent", QUOTA_AFTER_S)
_OUR_MISTAKE = refuse("DingTalk does not understand the call")
_NOBODY = nobody("user_id names nobody in the organisation")
_UNSAFE = refuse("DingTalk's moderation refuses the content")
_NO_SUCH_WEBHOOK = mend("the webhook's token names no robot")
_BLOCKED = retry(BLOCKED_AFTER_S)
_BUSY = retry(BUSY_AFTER_S)
_DOWN = retry(BUSY_AFTER_S, Reach.CHANNEL)

#: By `code`, or by its end after the last dot where a row begins with a dot. The first row that fits counts.
NEW_FAMILY: tuple[tuple[str, Verdict], ...] = (
    ("InvalidAuthentication", token),
    ("AuthenticationFailed.MissingParameter", _OUR_MISTAKE),
    (".AccessTokenPermissionDenied", scope),
    (".IpNotInWhiteList", _IP_LIST),
    (".QpsLimitForApi", _BUSY),
    (".QpsLimitForAppkeyAndApi", _BUSY),
    (".QpmLimitForAppkeyAndApi", next_minute),
    (".ApiCountLimitForOrg", _QUOTA),
    ("invalidClientIdOrSecret", _CREDENTIALS),
    ("authFailed", _CREDENTIALS),
    ("param.cardAlreadyExist", exists),
    ("param.templateNotExist", mend("card_template_id names no template of this app")),
    ("param.templateUnpublished", mend("the card template is not published")),
    ("param.cardNotExist", refuse("there is no such card to update")),
    ("param.userIdNotExist", _NOBODY),
    ("staffId.notExisted", _NOBODY),
    ("invalidParameter.robotCode.notExsit", mend("robot_code names no robot of this app")),
    ("resource.not.found", mend("the app's robot is not in the group, or there is no such group")),
    ("bot.stopped", robot_refused),
    ("chatbotId.notAllow.sendOTO", robot_refused),
    ("robot.oto.notExist", robot_refused),
    ("invalid.openConversationId", refuse("conversation_id names no group")),
    ("group.disbanded", gone("the group was dissolved")),
    ("send.too.fast", retry(60.0)),
    ("send.byToken.tooFast", retry(60.0)),
    ("toomuch.msg", retry(60.0)),
    ("ding.serverquota.insufficient", refuse(EMPTY_BALANCE)),
    ("invalid.chatbotId", mend("robot_code names no robot of this app")),
    ("miss.staffId", _NOBODY),
    ("groupTemplate.notFound", mend("group_template_id names no template of a scene group")),
    ("member.exceed", refuse("the group is full")),
    ("member.notFound", refuse("a member's user_id names nobody in the organisation")),
    ("unknownUserError", _NOBODY),
    ("orgAccessForbidden", mend("the organisation's plan does not allow conferences")),
    ("waterLimitError", refuse("all conference rooms of the plan are in use")),
    ("roomNotFound", gone("the conference has ended")),
    ("resourceClose", gone("the conference has ended")),
    ("todo.taskCreate.paramError", exists),
    ("todo.taskCreate.lockError", _BUSY),
    ("todo.taskCreate.flowControlError", _BUSY),
    ("todo.taskCreate.systemError", _BUSY),
    ("needAuth", mend("the approval's process does not let this app start it")),
    ("invalidRequest.duplicateClientToken", exists),
    ("invalidRequest.workspaceNode.nameConflict", exists),
    ("system.error", _DOWN),
    ("system.busy", _DOWN),
    ("ServiceUnavailable", _DOWN),
)

OLD_FAMILY: Mapping[str, Verdict] = {
    "-1": _DOWN,
    "15": unknown,
    "88": unknown,
    "404": mend("there is no such call: is api_base right?"),
    "40000": _OUR_MISTAKE,
    "40001": token,
    "40014": token,
    "42001": token,
    "40035": _OUR_MISTAKE,
    "41001": _OUR_MISTAKE,
    "33012": _NOBODY,
    "40078": refuse("the log-in code is not known, or was used"),
    "40104": nobody("nobody in the organisation has this mobile number"),
    "43002": _OUR_MISTAKE,
    "43004": _OUR_MISTAKE,
    "50002": refuse("the person is outside the app's visible range"),
    "50004": refuse("the department is outside the app's visible range"),
    "60003": refuse("there is no such department"),
    "60011": scope,
    "60020": _IP_LIST,
    "60121": _NOBODY,
    "90002": _BUSY,
    "90018": _BUSY,
    "90020": _QUOTA,
    "130101": _BLOCKED,
    "410100": _BLOCKED,
    "660026": _BLOCKED,
    "310000": insecure,
    "400013": gone("the group was dissolved"),
    "400101": _NO_SUCH_WEBHOOK,
    "300005": _NO_SUCH_WEBHOOK,
    "400102": mend("the webhook robot is switched off"),
    "400106": mend("the robot is not in the group"),
    "430101": _UNSAFE,
    "430102": _UNSAFE,
    "430103": _UNSAFE,
    "430104": _UNSAFE,
    "460101": _OUR_MISTAKE,
}

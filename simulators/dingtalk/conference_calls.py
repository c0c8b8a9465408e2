"""The calls of video conferences: create, invite, close, look (reference 9).

All persons are unionIds, also in the field called `userId`. There is no idempotency key: after an unknown outcome one looks
at `conference/users/lists`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulators.dingtalk.calls import Call, Done, Handler
from simulators.dingtalk.conferences import Attendance, Conference, ConferenceBook, Participant, Step
from simulators.dingtalk.directory import Directory
from simulators.dingtalk.events import Tell
from simulators.dingtalk.fields import Fields, new_family
from simulators.dingtalk.ledger import Effect
from simulators.dingtalk.organisation import Person
from simulators.dingtalk.routes import CallName
from simulators.dingtalk.timeline import Timeline
from simulators.dingtalk.wire import SECOND_US, Chance, NewFamilyError, new_id

TITLE_MAX = 256
PARTICIPANTS_MAX = 100
MEMBERS_PER_PAGE = 100

INVALID = new_family("paramsError")


class ConferenceCalls:
    def __init__(
        self, directory: Directory, book: ConferenceBook, timeline: Timeline, chance: Chance, tell: Tell, join_url: str
    ) -> None:
        """join_url: what the links into conferences begin with."""
        self._directory = directory
        self._book = book
        self._timeline = timeline
        self._chance = chance
        self._tell = tell
        self._join_url = join_url
        self._sequence = 0

    def calls(self) -> Mapping[CallName, Handler]:
        return {
            CallName.CONFERENCE_CREATE: self.create,
            CallName.CONFERENCE_INVITE: self.invite,
            CallName.CONFERENCE_CLOSE: self.close,
            CallName.CONFERENCE_GET: self.get,
            CallName.CONFERENCE_MEMBERS: self.members,
            CallName.CONFERENCE_QUERY: self.query,
            CallName.CONFERENCE_KICK: self.kick,
            CallName.CONFERENCE_OF_USER: self.of_user,
        }

    def create(self, call: Call) -> Done:
        """`POST v1.0/conference/videoConferences`."""
        fields = Fields(call.body, INVALID)
        host = self._person(fields.text("userId"))
        if not isinstance(call.body.get("confTitle"), str) or not 1 <= len(call.body["confTitle"]) <= TITLE_MAX:
            raise NewFamilyError(400, "paramsTitleError", f"confTitle: 1 to {TITLE_MAX} characters")
        title = fields.text("confTitle")
        invited = [self._person(union_id) for union_id in fields.texts("inviteUserIds", most=PARTICIPANTS_MAX)]
        if fields.flag("inviteCaller", default=True):
            invited.insert(0, host)
        behaviour = self._directory.behaviour
        if len(self._book.going_on) >= behaviour.conferences_at_once:
            raise NewFamilyError(404, "waterLimitError", f"more than {behaviour.conferences_at_once} conferences at once")
        conference_id, code = new_id(self._chance), f"{self._chance.randrange(10**9):09d}"
        ends_us = call.now_us + int(behaviour.conference_lasts_s * SECOND_US)
        link = f"{self._join_url}{conference_id}"
        conference = Conference(conference_id, title, host.union_id, code, link, call.now_us, ends_us)
        conference.participants[host.union_id] = Participant(host.union_id, host.name, Attendance.INITIAL, call.now_us)
        for person in invited:
            conference.call(_called(person, call.now_us))
        self._book.add(conference)
        self.report(conference, call.now_us, "create")
        answer = {
            "conferenceId": conference_id,
            "conferencePassword": code[:6],
            "hostPassword": code[3:],
            "externalLinkUrl": link,
            "phoneNumbers": ["057128095818"],
            "roomCode": code,
        }
        return Done(answer, Effect.CONFERENCE_OPENED, conference_id, fields.notes())

    def invite(self, call: Call) -> Done:
        """`POST .../videoConferences/{conferenceId}/users/invite`."""
        conference = self._going_on(call)
        fields = Fields(call.body, INVALID)
        self._person(fields.text("unionId"))
        called: list[Participant] = []
        for entry in fields.objects("inviteeList"):
            person = self._person(entry.text("unionId"))
            called.append(_called(person, call.now_us, entry.text("nick")))
        for entry in fields.objects("phoneInviteeList"):
            number = entry.text("phoneNumber")
            called.append(Participant("", entry.text("nick", number), Attendance.RINGING, call.now_us, phone=number))
        if not called:
            raise INVALID("inviteeList or phoneInviteeList is missing")
        if len(conference.participants) + len(called) > PARTICIPANTS_MAX:
            raise NewFamilyError(404, "waterLimitError", f"more than {PARTICIPANTS_MAX} participants")
        for participant in called:
            conference.call(participant)
        self.report(conference, call.now_us, "invite")
        return Done({"success": True}, Effect.CONFERENCE_CHANGED, conference.conference_id, fields.notes())

    def kick(self, call: Call) -> Done:
        """`POST .../videoConferences/{conferenceId}/members/kick`."""
        conference = self._going_on(call)
        fields = Fields(call.body, INVALID)
        fields.allow("forbiddenRejoin", "unionId")
        for entry in fields.objects("userList", mandatory=True):
            if not conference.step(entry.text("unionId"), Step.KICK, call.now_us):
                raise NewFamilyError(400, "unknownUserError", "unknownUserError")
        self.report(conference, call.now_us, "kick")
        return Done({"success": True}, Effect.CONFERENCE_CHANGED, conference.conference_id, fields.notes())

    def close(self, call: Call) -> Done:
        """`DELETE .../videoConferences/{conferenceId}?unionId=`: by its host only."""
        conference = self._going_on(call)
        if self._person(call.request.query.get("unionId", "")).union_id != conference.host_id:
            raise NewFamilyError(403, "noPermission", "noPermission")
        conference.end(call.now_us)
        self.report(conference, call.now_us, "close")
        return Done({"code": 200, "cause": "success"}, Effect.CONFERENCE_CLOSED, conference.conference_id)

    def get(self, call: Call) -> Done:
        """`GET .../videoConferences/{conferenceId}`."""
        conference = self._existing(call.parts["conferenceId"])
        return Done({"confInfo": self._info(conference, call.now_us)}, Effect.LOOKED_UP, conference.conference_id)

    def members(self, call: Call) -> Done:
        """`GET .../videoConferences/{conferenceId}/members?nextToken&maxResults`."""
        conference = self._existing(call.parts["conferenceId"])
        models = [_member(participant, conference) for participant in conference.participants.values()]
        start = call.request.query.get("nextToken", "") or "0"
        if not start.isdecimal():
            raise INVALID("nextToken is not one of ours")
        page = models[int(start) : int(start) + MEMBERS_PER_PAGE]
        answer: dict[str, Any] = {"memberModels": page, "totalCount": len(models)}
        if len(models) > int(start) + MEMBERS_PER_PAGE:
            answer["nextToken"] = str(int(start) + MEMBERS_PER_PAGE)
        return Done(answer, Effect.LOOKED_UP, conference.conference_id)

    def query(self, call: Call) -> Done:
        """`POST .../videoConferences/query`: those of the list that there are."""
        fields = Fields(call.body, INVALID)
        found = [self._book.find(key) for key in fields.texts("conferenceIdList", mandatory=True, most=100)]
        infos = [
            self._info(conference, call.now_us)
            | {"userList": [_member(participant, conference) for participant in conference.participants.values()]}
            for conference in found
            if conference is not None
        ]
        return Done({"infos": infos}, Effect.LOOKED_UP, notes=fields.notes())

    def of_user(self, call: Call) -> Done:
        """`GET v1.0/conference/users/lists?unionId=`: where the person is, or is being called to."""
        person = self._person(call.request.query.get("unionId", ""))
        found = [each for each in self._book.of_person(person.union_id) if not each.ended_us]
        models = {
            conference.conference_id: _member(conference.participants[person.union_id], conference)
            | {"conferenceId": conference.conference_id}
            for conference in found
        }
        ids = [conference.conference_id for conference in found]
        return Done({"onGoingConfIdList": ids, "memberModelMap": models}, Effect.LOOKED_UP, person.union_id)

    def report(self, conference: Conference, now_us: int, scene: str) -> None:
        """Something changed: for the phones, and for the app as events."""
        self._timeline.changed()
        self._sequence += 1
        model = {
            "conferenceId": conference.conference_id,
            "title": conference.title,
            "status": int(conference.status),
            "creatorId": conference.host_id,
            "startTime": conference.started_us // 1_000,
            "endTime": conference.ended_us // 1_000,
        }
        if scene in ("create", "close"):
            status = {"openConfModel": model, "statusSeqNum": self._sequence, "changeScene": scene}
            self._tell("meeting_status_change", status, now_us)
        members = [_member(participant, conference) for participant in conference.participants.values()]
        member_status = {"conferenceId": conference.conference_id, "openMemberModels": members, "changeScene": scene}
        self._tell("meeting_member_status_change", member_status, now_us)

    def _info(self, conference: Conference, now_us: int) -> dict[str, Any]:
        host = self._directory.person_by_union_id(conference.host_id)
        until_us = conference.ended_us or now_us
        return {
            "conferenceId": conference.conference_id,
            "title": conference.title,
            "status": int(conference.status),
            "startTime": conference.started_us // 1_000,
            "endTime": conference.ended_us // 1_000,
            "confDuration": (until_us - conference.started_us) // SECOND_US,
            "activeNum": conference.count(Attendance.IN),
            "attendNum": conference.count(Attendance.IN, Attendance.LEFT, Attendance.KICKED),
            "invitedNum": len(conference.participants),
            "creatorId": conference.host_id,
            "creatorNick": host.name if host else "",
            "roomCode": conference.room_code,
            "externalLinkUrl": conference.link,
            "bizType": "openAPI",
        }

    def _person(self, union_id: str) -> Person:
        person = self._directory.person_by_union_id(union_id)
        if person is None:
            # A userId in place of a unionId ends here as well.
            raise NewFamilyError(400, "unknownUserError", "unknownUserError")
        return person

    def _existing(self, conference_id: str) -> Conference:
        conference = self._book.find(conference_id)
        if conference is None:
            raise NewFamilyError(404, "roomNotFound", "roomNotFound")
        return conference

    def _going_on(self, call: Call) -> Conference:
        conference = self._existing(call.parts["conferenceId"])
        if conference.ended_us:
            raise NewFamilyError(400, "resourceClose", "The meeting has ended")
        return conference


def _called(person: Person, now_us: int, name: str = "") -> Participant:
    return Participant(person.union_id, name or person.name, Attendance.RINGING, now_us)


def _member(participant: Participant, conference: Conference) -> dict[str, Any]:
    until_us = participant.left_us or conference.ended_us or participant.joined_us
    return {
        "unionId": participant.union_id,
        "userNick": participant.name,
        "attendStatus": int(participant.status),
        "joinTime": participant.joined_us // 1_000,
        "leaveTime": participant.left_us // 1_000,
        "duration": max(0, until_us - participant.joined_us) // 1_000,
        "host": participant.union_id == conference.host_id,
        "coHost": False,
        "pstnJoin": bool(participant.phone),
        "outerOrgMember": False,
    }

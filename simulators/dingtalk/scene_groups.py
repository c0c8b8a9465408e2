"""Scene groups: opened from a template with members and robot, changed, and dissolved (reference 8).

The traps worth knowing: `im/sceneGroup/*` spells its fields with underscores, `im/sceneGroups/*` and `scenegroup/disband` in
camel case; and a group made from a template without a robot takes nothing from the app's robot.

    open --disband--> dissolved     for good: nobody can write there any more
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from simulators.dingtalk.calls import Call, Done, Handler
from simulators.dingtalk.directory import Directory
from simulators.dingtalk.events import Tell
from simulators.dingtalk.fields import Fields, new_family
from simulators.dingtalk.ledger import Effect
from simulators.dingtalk.organisation import Group
from simulators.dingtalk.routes import CallName
from simulators.dingtalk.timeline import Timeline
from simulators.dingtalk.wire import SECOND_US, Chance, NewFamilyError, new_id

TITLE_MAX = 30
MEMBERS_MAX = 1_000
SUB_ADMINS_MAX = 12
MEMBERS_PER_PAGE_MAX = 1_000
REMEMBERED_MAX = 5_000

INVALID = new_family("parameter.invalid")


@dataclass(frozen=True, slots=True)
class Scene:
    """What a scene group has beside what every group has. sub_admins: userIds."""

    chat_id: str
    template_id: str
    opened_us: int
    uuid: str = ""
    sub_admins: tuple[str, ...] = ()
    muted: tuple[str, ...] = ()


class SceneGroups:
    """scenes: by conversation id."""

    def __init__(self, directory: Directory, timeline: Timeline, chance: Chance, tell: Tell) -> None:
        self._directory = directory
        self._timeline = timeline
        self._chance = chance
        self._tell = tell
        self.scenes: dict[str, Scene] = {}

    def calls(self) -> Mapping[CallName, Handler]:
        return {
            CallName.SCENE_GROUP_CREATE: self.create,
            CallName.SCENE_GROUP_CREATE_CAMEL: self.create_camel,
            CallName.SCENE_GROUP_UPDATE: self.update,
            CallName.SCENE_GROUP_ADD: self.add_members,
            CallName.SCENE_GROUP_DELETE: self.delete_members,
            CallName.SCENE_GROUP_DISBAND: self.disband,
            CallName.SCENE_GROUP_QUERY: self.query,
            CallName.SCENE_GROUP_MEMBERS: self.query_members,
            CallName.SCENE_GROUP_SUB_ADMINS: self.set_sub_admins,
            CallName.GROUP_ROBOTS: self.query_robots,
        }

    def create(self, call: Call) -> Done:
        """`POST v1.0/im/sceneGroup/create`."""
        fields = Fields(call.body, INVALID)
        fields.allow("icon", "management_options", "show_history_type", "searchable")
        group, done = self._create(
            call,
            fields.text("title", longest=TITLE_MAX),
            fields.text("template_id"),
            fields.text("owner_user_id"),
            (*fields.texts("user_ids"), *fields.texts("subadmin_ids")),
            fields.text("uuid", ""),
        )
        scene = self.scenes[group.conversation_id]
        answer = {"open_conversation_id": group.conversation_id, "chat_id": scene.chat_id}
        return replace(done, answer=answer, notes=done.notes + fields.notes())

    def create_camel(self, call: Call) -> Done:
        """`POST v1.0/im/sceneGroups`: the same in camel case."""
        fields = Fields(call.body, INVALID)
        fields.allow("icon", "managementOptions", "features")
        group, done = self._create(
            call,
            fields.text("groupName", longest=TITLE_MAX),
            fields.text("templateId"),
            fields.text("groupOwnerId"),
            fields.texts("userIdList"),
            fields.text("uuid", ""),
        )
        return replace(done, answer={"openConversationId": group.conversation_id}, notes=done.notes + fields.notes())

    def update(self, call: Call) -> Done:
        """`POST v1.0/im/sceneGroup/update`."""
        fields = Fields(call.body, INVALID)
        group = self._open_group(fields.text("open_conversation_id"))
        title = fields.text("title", group.title, longest=TITLE_MAX)
        owner = fields.text("owner_user_id", group.owner)
        fields.allow("icon", "management_options")
        if owner != group.owner:
            self._check_known((owner,))
        changed = replace(group, title=title, owner=owner, members=_unique((owner, *group.members)))
        self._put(changed)
        base = self._event(changed)
        if title != group.title:
            self._tell("chat_update_title", base | {"title": title}, call.now_us)
        if owner != group.owner:
            self._tell("chat_update_owner", base | {"owner": owner}, call.now_us)
        return Done({"success": True}, Effect.GROUP_CHANGED, group.conversation_id, fields.notes())

    def add_members(self, call: Call) -> Done:
        """`POST v1.0/im/sceneGroup/member/add`: who is a member already stays one."""
        fields, group, user_ids = self._members(call)
        members = _unique((*group.members, *user_ids))
        if len(members) > MEMBERS_MAX:
            raise NewFamilyError(400, "member.exceed", "群成员数量超出限制")
        return self._changed(call, fields, group, members, "chat_add_member")

    def delete_members(self, call: Call) -> Done:
        """`POST v1.0/im/sceneGroup/member/delete`: the owner stays."""
        fields, group, user_ids = self._members(call)
        if group.owner in user_ids:
            raise INVALID("the owner cannot be taken out of the group")
        members = tuple(member for member in group.members if member not in user_ids)
        return self._changed(call, fields, group, members, "chat_remove_member")

    def disband(self, call: Call) -> Done:
        """`POST v1.0/im/chat/scenegroup/disband`: of groups made from a template only."""
        fields = Fields(call.body, INVALID)
        group = self._open_group(fields.text("openConversationId"))
        if group.conversation_id not in self.scenes:
            raise INVALID("not a scene group: an ordinary group has no call that dissolves it")
        self._put(replace(group, disbanded=True))
        self._tell("chat_disband", self._event(group), call.now_us)
        return Done({"success": True}, Effect.GROUP_DISSOLVED, group.conversation_id, fields.notes())

    def query(self, call: Call) -> Done:
        """`POST v1.0/im/sceneGroups/query`."""
        fields = Fields(call.body, INVALID)
        fields.allow("coolAppCode")
        group = self._known_group(fields.text("openConversationId"))
        scene = self.scenes.get(group.conversation_id)
        answer = {
            "success": True,
            "title": group.title,
            "ownerUserId": group.owner,
            # 1 open, 2 dissolved: unverified, the documentation names no values.
            "status": 2 if group.disbanded else 1,
            "templateId": scene.template_id if scene else "",
            "icon": "",
            "groupUrl": f"dingtalk://dingtalkclient/page/conversation?cid={group.conversation_id}",
            "openConversationId": group.conversation_id,
        }
        return Done(answer, Effect.LOOKED_UP, group.conversation_id, fields.notes())

    def query_members(self, call: Call) -> Done:
        """`POST v1.0/im/sceneGroups/members/batchQuery`."""
        fields = Fields(call.body, INVALID)
        fields.allow("coolAppCode")
        group = self._known_group(fields.text("openConversationId"))
        size, start = fields.whole("maxResults"), fields.text("nextToken", "0")
        if not 1 <= size <= MEMBERS_PER_PAGE_MAX or not start.isdecimal():
            raise INVALID("maxResults or nextToken is out of range")
        page = group.members[int(start) : int(start) + size]
        has_more = len(group.members) > int(start) + size
        persons = [person for user_id in page if (person := self._directory.person(user_id))]
        answer: dict[str, Any] = {
            "success": True,
            "memberUserIds": list(page),
            "unionIdList": [person.union_id for person in persons],
            "staffIdNickMap": {person.user_id: person.name for person in persons},
            "hasMore": has_more,
        }
        if has_more:
            answer["nextToken"] = str(int(start) + size)
        return Done(answer, Effect.LOOKED_UP, group.conversation_id, fields.notes())

    def set_sub_admins(self, call: Call) -> Done:
        """`PUT v1.0/im/sceneGroups/subAdmins`: role 2 makes sub-administrators, 3 ordinary members again."""
        fields = Fields(call.body, INVALID)
        group = self._open_group(fields.text("openConversationId"))
        user_ids, role = fields.texts("userIds", mandatory=True, most=SUB_ADMINS_MAX), fields.whole("role")
        if role not in (2, 3) or not set(user_ids) <= set(group.members):
            raise INVALID("role must be 2 or 3, and userIds members of the group")
        scene = self._scene(group)
        others = tuple(user_id for user_id in scene.sub_admins if user_id not in user_ids)
        self.scenes[group.conversation_id] = replace(scene, sub_admins=others + user_ids if role == 2 else others)
        return Done({"success": True}, Effect.GROUP_CHANGED, group.conversation_id, fields.notes())

    def query_robots(self, call: Call) -> Done:
        """`POST v1.0/robot/groups/robots/query`: which robots are in the group."""
        fields = Fields(call.body, INVALID)
        group = self._known_group(fields.text("openConversationId"))
        app = self._directory.app
        robots = []
        if group.robot_is_member:
            robots.append({"robotCode": app.robot_code, "name": app.name, "downloadIconURL": "", "openRobotType": 2})
        return Done({"chatbotInstanceVOList": robots}, Effect.LOOKED_UP, group.conversation_id, fields.notes())

    def _create(
        self, call: Call, title: str, template_id: str, owner: str, user_ids: Iterable[str], uuid: str
    ) -> tuple[Group, Done]:
        templates = {template.template_id: template for template in self._directory.app.group_templates}
        if template_id not in templates:
            raise NewFamilyError(400, "groupTemplate.notFound", "群模板不存在或者已下线")
        members = _unique((owner, *user_ids))
        self._check_known(members)
        if len(members) > MEMBERS_MAX:
            raise NewFamilyError(400, "member.exceed", "群成员数量超出限制")
        earlier = self._of_uuid(uuid, call.now_us)
        if earlier is not None:
            if self._directory.behaviour.repeated_group_uuid == "refused":
                raise INVALID(f"uuid {uuid} was used before")
            return earlier, Done({}, Effect.DUPLICATE_IGNORED, earlier.conversation_id)
        conversation_id = f"cid{new_id(self._chance)[:24]}=="
        robot = templates[template_id].robot
        group = Group(conversation_id, title, members, robot_is_member=robot, owner=owner)
        self.scenes[conversation_id] = Scene(f"chat{new_id(self._chance)}", template_id, call.now_us, uuid)
        while len(self.scenes) > REMEMBERED_MAX:
            del self.scenes[next(iter(self.scenes))]
        self._put(group)
        notes = () if robot else ("the template brings no robot in: the app's robot can send nothing here",)
        return group, Done({}, Effect.GROUP_CREATED, conversation_id, notes)

    def _of_uuid(self, uuid: str, now_us: int) -> Group | None:
        window_us = int(self._directory.behaviour.group_uuid_remembered_s * SECOND_US)
        for conversation_id, scene in self.scenes.items():
            if uuid and scene.uuid == uuid and now_us < scene.opened_us + window_us:
                return self._directory.group(conversation_id)
        return None

    def _members(self, call: Call) -> tuple[Fields, Group, tuple[str, ...]]:
        """The userIds that a change of members names, by either kind of id."""
        fields = Fields(call.body, INVALID)
        group = self._open_group(fields.text("open_conversation_id"))
        user_ids = list(fields.texts("user_ids"))
        for union_id in fields.texts("union_ids"):
            person = self._directory.person_by_union_id(union_id)
            if person is None:
                raise NewFamilyError(400, "member.notFound", f"不存在的员工 {union_id}")
            user_ids.append(person.user_id)
        if not user_ids:
            raise INVALID("user_ids is missing")
        self._check_known(user_ids)
        return fields, group, _unique(user_ids)

    def _changed(self, call: Call, fields: Fields, group: Group, members: tuple[str, ...], event_type: str) -> Done:
        changed = replace(group, members=members)
        moved = set(members) ^ set(group.members)
        self._put(changed)
        if moved:
            persons = [person for user_id in sorted(moved) if (person := self._directory.person(user_id))]
            who = {"userId": [person.user_id for person in persons], "unionId": [person.union_id for person in persons]}
            self._tell(event_type, self._event(changed) | who, call.now_us)
        return Done({"success": True}, Effect.GROUP_CHANGED, group.conversation_id, fields.notes())

    def _event(self, group: Group) -> dict[str, Any]:
        chat_id = self._scene(group).chat_id
        return {"openConversationId": group.conversation_id, "chatId": chat_id, "operator": group.owner}

    def _scene(self, group: Group) -> Scene:
        return self.scenes.get(group.conversation_id) or Scene(f"chat-{group.conversation_id}", "", 0)

    def _put(self, group: Group) -> None:
        self._directory.put(group)
        self._timeline.put_group(group)

    def _check_known(self, user_ids: Iterable[str]) -> None:
        for user_id in user_ids:
            # A unionId in place of a userId ends here as well.
            if self._directory.person(user_id) is None:
                raise NewFamilyError(400, "member.notFound", f"不存在的员工 {user_id}")

    def _known_group(self, conversation_id: str) -> Group:
        group = self._directory.group(conversation_id)
        if group is None:
            raise INVALID("无效的 openConversationId")
        return group

    def _open_group(self, conversation_id: str) -> Group:
        group = self._known_group(conversation_id)
        if group.disbanded:
            raise NewFamilyError(400, "group.disbanded", "群已解散")
        return group


def _unique(user_ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(user_id for user_id in user_ids if user_id))

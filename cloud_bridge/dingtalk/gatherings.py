"""Groups and conferences, opened with their members and closed. The bodies are in `bodies/groups` and `bodies/conferences`.

What stands already, by the receipt of an earlier intent of the same card, is not opened again: members who are new join it.
"""

from __future__ import annotations

from cloud_bridge.base import FindReceipt
from cloud_bridge.dingtalk.acts import Members, delivered, handle_of, members_of, receipt
from cloud_bridge.dingtalk.bodies import conferences, groups
from cloud_bridge.dingtalk.calls import Calls
from cloud_bridge.dingtalk.people import People
from cloud_bridge.dingtalk.verdicts import Accepted, Gone, Nobody, ended
from cloud_bridge.marks import in_language
from edge.model.act import CloseConference, CloseGroup, OpenConference, OpenGroup
from edge.model.intent import Claim, Delivered, Intent, Outcome, Refused, Retry
from edge.model.person import Directory


class Gatherings:
    """template_id: of scene groups; empty where there are none."""

    def __init__(self, template_id: str, calls: Calls, people: People, directory: Directory, find_receipt: FindReceipt) -> None:
        self._template_id = template_id
        self._calls = calls
        self._people = people
        self._directory = directory
        self._find_receipt = find_receipt

    # --- groups -------------------------------------------------------------------------------------------------------

    async def open_group(self, intent: Intent, act: OpenGroup, owner: str) -> Outcome:
        """A group that is there already gets those members who are new."""
        members = members_of(act.members, self._directory, without=owner)
        users = [user for user, _ in members.present]
        conversation = handle_of(await self._find_receipt(intent.card))
        if conversation is None:
            request = groups.create(act.group, act.title, template_id=self._template_id, owner=owner, members=users)
            answer = await self._calls.make(request)
            conversation = groups.conversation_of(answer)
        elif users:
            answer = await self._calls.make(groups.add(conversation, users))
        else:
            return Delivered(conversation)
        return delivered(answer, conversation, members)

    async def close_group(self, intent: Intent, act: CloseGroup) -> Outcome:
        conversation = handle_of(await self._find_receipt(intent.card))
        if conversation is None:
            return Refused(f"no group {act.group} that this gateway opened is known")
        if act.archive:
            title = " · ".join((in_language(intent.message.language, "dingtalk.group_over"), intent.message.headline))
            answer = await self._calls.make(groups.archive(conversation, title))
        else:
            answer = await self._calls.make(groups.disband(conversation))
        return Delivered(conversation) if isinstance(answer, Gone) else delivered(answer, conversation)

    # --- conferences --------------------------------------------------------------------------------------------------

    async def conference(self, claim: Claim, act: OpenConference | CloseConference, user: str) -> Outcome:
        host = await self._people.union_id(user)
        if not isinstance(host, str):
            return ended(host)
        opened = handle_of(await self._find_receipt(claim.intent.card))
        is_looked_for = opened is None and (claim.after_unknown or isinstance(act, CloseConference))
        running = await self._running(act.conference, host) if is_looked_for else None
        if isinstance(running, Retry | Refused):
            return running
        if isinstance(act, OpenConference):
            if running is not None:
                # By an earlier attempt, which called its members then.
                return Delivered(receipt(running, members_of(act.members, self._directory, without=user).absent))
            return await self._open_conference(act, user, host, opened)
        conference = opened or running
        if conference is None:
            return Delivered("it has ended already")
        answer = await self._calls.make(conferences.close(conference, host=host))
        return Delivered(conference) if isinstance(answer, Gone) else delivered(answer, conference)

    async def _open_conference(self, act: OpenConference, user: str, host: str, conference: str | None) -> Outcome:
        """conference: one that another intent of the card opened: its members join that."""
        members = members_of(act.members, self._directory, without=user)
        called: list[tuple[str, str]] = []
        absent = list(members.absent)
        for member, name in members.present:
            union = await self._people.union_id(member)
            if isinstance(union, str):
                called.append((union, name))
            elif isinstance(union, Retry):
                return union
            else:
                absent.append(name)
        members = Members(tuple(called), tuple(absent))
        if conference is not None:
            if not called:
                return Delivered(receipt(conference, absent))
            return delivered(
                await self._calls.make(conferences.invite(conference, host=host, members=called)), conference, members
            )
        title = conferences.title_of(act.conference, act.title)
        answer = await self._calls.make(conferences.create(title, host=host, members=[union for union, _ in called]))
        return delivered(answer, conferences.receipt_of(answer), members)

    async def _running(self, conference: str, host: str) -> str | Retry | Refused | None:
        """Its id when the host is in it now."""
        listed = await self._calls.read(conferences.of_user(host))
        if not isinstance(listed, Accepted):
            return Refused(listed.reason) if isinstance(listed, Nobody) else listed
        for each in conferences.ongoing(listed):
            looked_at = await self._calls.read(conferences.get(each))
            if isinstance(looked_at, Retry):
                return looked_at
            if isinstance(looked_at, Accepted) and conferences.is_it(looked_at, conference):
                return each
        return None

"""Groups and conferences, opened with their members and closed. The bodies are in `bodies/groups` and `bodies/conferences`.

What stands already, by the receipt of an earlier intent of the same card, is not opened again: members who are new join it.
"""

from __future__ import annotations

import structlog

from cloud_bridge.base import FindReceipt
from cloud_bridge.dingtalk.acts import Members, delivered, handle_of, members_of, receipt
from cloud_bridge.dingtalk.bodies import conferences, groups
from cloud_bridge.dingtalk.calls import Calls
from cloud_bridge.dingtalk.cards import Cards
from cloud_bridge.dingtalk.config import DingTalkConfig
from cloud_bridge.dingtalk.people import People
from cloud_bridge.dingtalk.verdicts import Accepted, Gone, Nobody, ended
from cloud_bridge.dingtalk.ways import RaiseCard
from cloud_bridge.marks import Marks, in_language
from edge.model.act import CloseConference, CloseGroup, OpenConference, OpenGroup
from edge.model.intent import Claim, Delivered, Intent, Outcome, Refused, Retry
from edge.model.person import Directory

log = structlog.get_logger()


class Gatherings:
    def __init__(
        self,
        config: DingTalkConfig,
        calls: Calls,
        people: People,
        directory: Directory,
        find_receipt: FindReceipt,
        cards: Cards,
    ) -> None:
        self._group_template = config.group_template_id or ""
        self._card_template = config.card_template_id
        self._cards = cards
        self._calls = calls
        self._people = people
        self._directory = directory
        self._find_receipt = find_receipt

    # --- groups -------------------------------------------------------------------------------------------------------

    async def open_group(self, claim: Claim, act: OpenGroup, owner: str, marks: Marks) -> Outcome:
        """A group that is there already gets those members who are new."""
        members = members_of(act.members, self._directory, without=owner)
        users = [user for user, _ in members.present]
        conversation = handle_of(await self._find_receipt(claim.intent.card))
        if conversation is not None:
            if not users:
                return Delivered(conversation)
            return delivered(await self._calls.make(groups.add(conversation, users)), conversation, members)
        request = groups.create(act.group, act.title, template_id=self._group_template, owner=owner, members=users)
        answer = await self._calls.make(request)
        conversation = groups.conversation_of(answer)
        if conversation is not None:
            await self._show_card(claim, conversation, marks)
        return delivered(answer, conversation, members)

    async def _show_card(self, claim: Claim, conversation: str, marks: Marks) -> None:
        """What the group is about, as a card of the intent's own name, so that later intents of that card change it. A group
        without it is a group all the same: opening another one for its sake would part the people."""
        if self._card_template is None:
            return
        shown = await self._cards.make(claim, RaiseCard(("IM_GROUP", conversation), self._card_template), marks)
        if not isinstance(shown, Delivered):
            log.warning("a group was opened, and its card is not in it", channel="dingtalk", reason=shown.reason)

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

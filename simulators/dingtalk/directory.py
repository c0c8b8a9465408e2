"""The organisation as it is now: who is in it and which groups there are. The organisation file is how it began.

A person who left is no longer found by any call, and in no group any more.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address, ip_network

from simulators.dingtalk.organisation import Department, Group, Organisation, Person


class Directory:
    """left: userIds of those who were in the organisation and are not any more. source_address: where calls come from, as the
    cloud sees it (settable)."""

    def __init__(self, organisation: Organisation) -> None:
        self._organisation = organisation
        self.app = organisation.app
        self.behaviour = organisation.behaviour
        self.departments: tuple[Department, ...] = organisation.departments
        self.left: set[str] = set()
        self.source_address = "127.0.0.1"
        self._groups = {group.conversation_id: group for group in organisation.groups}

    def admits(self, addresses: tuple[str, ...]) -> bool:
        """May calls that come from where they come from use what has this list? An empty list admits all."""
        if not addresses:
            return True
        source = ip_address(self.source_address)
        return any(source in ip_network(address) for address in addresses)

    @property
    def persons(self) -> tuple[Person, ...]:
        return tuple(person for person in self._organisation.persons if person.user_id not in self.left)

    def person(self, user_id: str) -> Person | None:
        return None if user_id in self.left else self._organisation.person(user_id)

    def person_by_union_id(self, union_id: str) -> Person | None:
        return next((person for person in self.persons if person.union_id == union_id), None)

    def person_by_mobile(self, mobile: str) -> Person | None:
        return next((person for person in self.persons if person.mobile == mobile), None) if mobile else None

    def known(self, user_id: str) -> Person | None:
        """Also one who left: that phone can still be looked at."""
        return self._organisation.person(user_id)

    def leave(self, user_id: str) -> tuple[Group, ...]:
        """The person leaves the organisation, and with it all groups; returns these as they are then."""
        self.left.add(user_id)
        emptied = [group for group in self.groups if user_id in group.members]
        for group in emptied:
            self.put(replace(group, members=tuple(member for member in group.members if member != user_id)))
        return tuple(self._groups[group.conversation_id] for group in emptied)

    def come_back(self, user_id: str) -> None:
        """Into the organisation, and into no group."""
        self.left.discard(user_id)

    @property
    def groups(self) -> tuple[Group, ...]:
        return tuple(self._groups.values())

    def group(self, conversation_id: str) -> Group | None:
        return self._groups.get(conversation_id)

    def group_of_webhook(self, token: str) -> Group | None:
        return next((group for group in self.groups if group.webhook and group.webhook.token == token), None)

    def put(self, group: Group) -> None:
        """A new group, or an old one as it is now."""
        self._groups[group.conversation_id] = group

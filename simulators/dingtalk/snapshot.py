"""What the stand-in keeps over a restart, as one value: `take` reads it off a cloud, `put_back` brings it into a fresh one.

Kept: chats with their messages and who has read them, cards, DINGs, to-dos, groups, conferences, approvals, notices, rows,
documents, devices, who left, the app's token, webhook repeats, callback routes, quotas, balances. Not kept: connections, what
was on its way over them, log-ins of persons, presses, faults, and the ledger. The organisation file is read anew; where it and
the snapshot differ in a group, the snapshot wins, and a card whose template is gone is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import TypeAdapter, ValidationError

from simulators.dingtalk.approvals import Instance
from simulators.dingtalk.cards import Card, CardChange, Space
from simulators.dingtalk.cloud import Cloud
from simulators.dingtalk.conferences import Conference
from simulators.dingtalk.devices import Device, DeviceEvent
from simulators.dingtalk.dings import Ding
from simulators.dingtalk.documents import Document
from simulators.dingtalk.notices import Notice
from simulators.dingtalk.organisation import Group
from simulators.dingtalk.scene_groups import Scene
from simulators.dingtalk.tables import Row
from simulators.dingtalk.timeline import ConversationKind, Message
from simulators.dingtalk.todos import Task

FORMAT = 1


@dataclass(frozen=True, slots=True)
class ConversationKept:
    conversation_id: str
    title: str
    kind: ConversationKind
    members: tuple[str, ...]
    messages: tuple[Message, ...]
    read_to: dict[str, int]
    disbanded: bool


@dataclass(frozen=True, slots=True)
class CardKept:
    """carriers: (type, id, carrierId) of each space."""

    out_track_id: str
    template_id: str
    callback_type: str
    space_types: tuple[str, ...]
    last_message: dict[str, str]
    params: dict[str, str]
    private: dict[str, dict[str, str]]
    carriers: tuple[tuple[str, str, str], ...]
    revision: int
    changed_us: int
    updates: int
    route_key: str
    history: tuple[CardChange, ...]


@dataclass(frozen=True, slots=True)
class SheetKept:
    base_id: str
    sheet: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class QuotaKept:
    used: int
    month: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """shown_uuids: (webhook token, msgUuid, until). token: the app's, with its end. routes: (key, url, apiSecret) of HTTP
    callbacks."""

    format: int
    conversations: tuple[ConversationKept, ...]
    sequence: int
    cards: tuple[CardKept, ...]
    dings: tuple[Ding, ...]
    todos: tuple[Task, ...]
    conferences: tuple[Conference, ...]
    approvals: tuple[Instance, ...]
    notices: tuple[Notice, ...]
    sheets: tuple[SheetKept, ...]
    documents: tuple[Document, ...]
    devices: tuple[Device, ...]
    device_events: tuple[DeviceEvent, ...]
    is_bound: bool
    groups: tuple[Group, ...]
    scenes: dict[str, Scene]
    left: tuple[str, ...]
    token: tuple[str, int]
    shown_uuids: tuple[tuple[str, str, int], ...]
    routes: tuple[tuple[str, str, str], ...]
    api_calls: QuotaKept
    pushes: QuotaKept
    balances: dict[str, int] = field(default_factory=dict)


_ADAPTER = TypeAdapter(Snapshot)


class SnapshotError(Exception):
    """The text is no snapshot of this version."""


def encode_snapshot(snapshot: Snapshot) -> bytes:
    return _ADAPTER.dump_json(snapshot)


def decode_snapshot(text: bytes) -> Snapshot:
    """Raises SnapshotError."""
    try:
        snapshot = _ADAPTER.validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SnapshotError(f"{where or 'the text'}: {first['msg']}") from None
    if snapshot.format != FORMAT:
        raise SnapshotError(f"format {snapshot.format}, this version reads {FORMAT}")
    return snapshot


def take(cloud: Cloud) -> Snapshot:
    timeline, tokens = cloud.timeline, cloud.tokens
    return Snapshot(
        FORMAT,
        conversations=tuple(
            ConversationKept(
                each.conversation_id,
                each.title,
                each.kind,
                each.members,
                tuple(each.messages),
                dict(each.read_to),
                each.disbanded,
            )
            for each in timeline
        ),
        sequence=timeline.sequence,
        cards=tuple(_kept_card(card) for card in cloud.cards),
        dings=tuple(cloud.dings),
        todos=tuple(cloud.todos),
        conferences=tuple(cloud.conferences),
        approvals=tuple(cloud.approvals),
        notices=tuple(cloud.notices.notices.values()),
        sheets=tuple(
            SheetKept(base_id, name, tuple(sheet.rows.values())) for (base_id, name), sheet in cloud.tables.sheets.items()
        ),
        documents=tuple(cloud.documents.documents.values()),
        devices=tuple(cloud.devices.devices.values()),
        device_events=tuple(cloud.devices.events.values()),
        is_bound=cloud.devices.is_bound,
        groups=cloud.directory.groups,
        scenes=dict(cloud.scene_groups.scenes),
        left=tuple(sorted(cloud.directory.left)),
        token=(tokens.token, tokens.expires_us),
        shown_uuids=tuple((token, uuid, until_us) for (token, uuid), until_us in cloud.webhooks.shown_uuids.items()),
        routes=tuple((key, url, secret) for key, (url, secret) in cloud.callbacks.routes.items()),
        api_calls=QuotaKept(cloud.api_calls.used, cloud.api_calls.month),
        pushes=QuotaKept(cloud.pushes.used, cloud.pushes.month),
        balances={name: balance.left for name, balance in cloud.balances.items()},
    )


def put_back(cloud: Cloud, snapshot: Snapshot) -> None:
    """Into a cloud that has done nothing yet."""
    cloud.directory.left |= set(snapshot.left)
    for group in snapshot.groups:
        cloud.directory.put(group)
        cloud.timeline.put_group(group)
    for each in snapshot.conversations:
        conversation = cloud.timeline.open(each.conversation_id, each.title, each.kind, each.members)
        conversation.messages.extend(each.messages)
        conversation.read_to |= each.read_to
        conversation.disbanded = each.disbanded
    cloud.timeline.sequence = snapshot.sequence
    for kept in snapshot.cards:
        _put_back_card(cloud, kept)
    for ding in snapshot.dings:
        cloud.dings.add(ding)
    for task in snapshot.todos:
        cloud.todos.add(task)
    for conference in snapshot.conferences:
        cloud.conferences.add(conference)
    for instance in snapshot.approvals:
        cloud.approvals.add(instance)
    cloud.notices.notices |= {notice.task_id: notice for notice in snapshot.notices}
    for sheet in snapshot.sheets:
        if (sheet.base_id, sheet.sheet) in cloud.tables.sheets:
            cloud.tables.sheets[sheet.base_id, sheet.sheet].rows |= {row.row_id: row for row in sheet.rows}
    cloud.documents.documents |= {document.key: document for document in snapshot.documents}
    cloud.devices.devices |= {device.device_id: device for device in snapshot.devices}
    cloud.devices.events |= {event.event_id: event for event in snapshot.device_events}
    cloud.devices.is_bound |= snapshot.is_bound
    cloud.scene_groups.scenes |= snapshot.scenes
    cloud.tokens.token, cloud.tokens.expires_us = snapshot.token
    cloud.webhooks.shown_uuids |= {(token, uuid): until_us for token, uuid, until_us in snapshot.shown_uuids}
    cloud.callbacks.routes |= {key: (url, secret) for key, url, secret in snapshot.routes}
    for quota, quota_kept in ((cloud.api_calls, snapshot.api_calls), (cloud.pushes, snapshot.pushes)):
        quota.used, quota.month = quota_kept.used, quota_kept.month
    for name, left in snapshot.balances.items():
        cloud.balances[name].left = left


def _kept_card(card: Card) -> CardKept:
    return CardKept(
        card.out_track_id,
        card.template.template_id,
        card.callback_type,
        tuple(sorted(card.space_types)),
        dict(card.last_message),
        card.params,
        card.private,
        tuple((space.type, space.id, carrier_id) for space, carrier_id in card.carriers.items()),
        card.revision,
        card.changed_us,
        card.updates,
        card.route_key,
        tuple(card.history),
    )


def _put_back_card(cloud: Cloud, kept: CardKept) -> None:
    template = cloud.templates.get(kept.template_id)
    if template is None:
        return
    card = Card(
        kept.out_track_id,
        template,
        kept.callback_type,
        frozenset(kept.space_types),
        kept.last_message,
        kept.params,
        kept.private,
        {Space(kind, key): carrier_id for kind, key, carrier_id in kept.carriers},
        kept.revision,
        kept.changed_us,
        kept.updates,
        kept.route_key,
    )
    card.history.extend(kept.history)
    cloud.cards.add(card)

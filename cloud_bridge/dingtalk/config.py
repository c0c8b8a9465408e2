"""What `cloud.yaml` says under `dingtalk:`, and what `people.yaml` says about how DingTalk reaches a person or a group."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, Field, model_validator

from cloud_bridge.base import Sentence
from cloud_bridge.quota.config import QuotaConfig
from edge.config.text.values import FileModel, Host, Name, SecretRef, refuse
from edge.model.act import CallMedium

_IDENTIFIER = re.compile(r"[\x21-\x3a\x3c-\x7e]{1,200}")
_USER_ID = re.compile(r"[A-Za-z0-9_.@-]{1,64}")
_ENCRYPTED = {"https": True, "wss": True, "http": False, "ws": False}


def _identifier(given: str) -> str:
    # A semicolon would separate two spaces in a card's openSpaceId.
    if not _IDENTIFIER.fullmatch(given):
        raise refuse("dingtalk.config.identifier_form")
    return given


def _user_id(given: str) -> str:
    if not _USER_ID.fullmatch(given):
        raise refuse("dingtalk.config.user_id_form")
    return given


def _base(given: str) -> str:
    parts = _parts(given)
    is_bare = parts is not None and not (parts.query or parts.fragment or parts.username or parts.password)
    if parts is None or not is_bare or parts.scheme not in ("https", "http"):
        raise refuse("dingtalk.config.base_form")
    return given.rstrip("/")


def _published(given: str) -> str:
    base = _base(given)
    if not base.startswith("https://"):
        raise refuse("dingtalk.config.published_form")
    return base


def _parts(url: str) -> SplitResult | None:
    """The parts of an address that has a host, and a port that can be one; else None."""
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and parts.port != 0 and not re.search(r"\s", url)
    except ValueError:
        return None
    return parts if has_host else None


#: An id that DingTalk gave out: printable ASCII without spaces and semicolons.
Identifier = Annotated[str, AfterValidator(_identifier)]
#: The name of a sheet, of a column, of a form's field, as people see it.
Column = Annotated[str, Field(min_length=1, max_length=100)]
#: A person's userId (staffId) in the organisation.
UserId = Annotated[str, AfterValidator(_user_id)]


class WebhookConfig(FileModel):
    """A custom robot of a group. token: `access_token` of its address. secret: of its signature mode (`SEC...`), if set."""

    token: SecretRef
    secret: SecretRef | None = None


class CallbacksConfig(FileModel):
    """HTTP callbacks in the place of Stream mode. url: under which DingTalk reaches our API. card_secret: by which it signs
    presses; ours to choose. route_key: what cards call the address. event_token, event_key: as the console shows them for
    events; without them, there are none."""

    url: Annotated[str, AfterValidator(_published)]
    card_secret: SecretRef
    route_key: Name = "andon"
    event_token: SecretRef | None = None
    event_key: SecretRef | None = None

    @model_validator(mode="after")
    def _has_both_or_none(self) -> Self:
        if (self.event_token is None) != (self.event_key is None):
            raise refuse("dingtalk.config.event_half")
        return self


class GroupConfig(FileModel):
    """How a group is reached: by the app's own robot, by a webhook robot, or by both."""

    conversation_id: Identifier | None = None
    webhook: WebhookConfig | None = None

    @model_validator(mode="after")
    def _has_a_way(self) -> Self:
        if self.conversation_id is None and self.webhook is None:
            raise refuse("dingtalk.config.group_without_way")
        return self


class TableConfig(FileModel):
    """A sheet of an AI table. key_column: a text column that we fill with the row's name, to find the row again. operator: the
    userId of a person who may edit it."""

    base_id: Identifier
    sheet: Column
    key_column: Column
    operator: UserId


class DocumentsConfig(FileModel):
    """A workspace in which each row is a document. operator: the userId of a person who may write there."""

    workspace_id: Identifier
    operator: UserId


class EventsConfig(FileModel):
    """A table whose rows are events of DingTalk's IoT cloud. device_column: the column that holds the device's id there."""

    event_type: Annotated[str, Field(min_length=1, max_length=20)]
    event_name: Annotated[str, Field(min_length=4, max_length=20)]
    device_column: Column | None = None


class ApprovalConfig(FileModel):
    """A process of the organisation's approvals. key_field: a text field of its form that we fill with a key of our own, by
    which a start is found again; without one, a start whose outcome nobody knows is made twice."""

    process_code: Identifier
    department_id: int = -1
    key_field: Column | None = None


class ShiftsConfig(FileModel):
    """operator: the userId of a person with the right to see everybody's attendance."""

    operator: UserId


Voice = Literal[
    "Standard_Female_Voice",
    "Standard_Male_Voice",
    "Cantonese_Female_Voice",
    "Gentine_Female_Voice",
    "Overbearing_Female_Voice",
    "Lovely_Girl_Voice",
]


class DingTalkConfig(FileModel):
    """One internal app with its robot and card template, and what else the organisation's plan allows.

    card_template_id: without one, alarms go as messages that people answer by text. card_template_file: in the plant folder, as
    the card platform exports it: for `check`. agent_id: of the app; with it, work notices
    go to whom the robot cannot write to. calls: by what people may be rung; SMS and phone are bought. group_template_id: of a
    scene group that holds the app's robot. public_url: under which phones reach our pages.
    """

    client_id: Identifier
    client_secret: SecretRef
    card_template_id: Identifier | None = None
    card_template_file: Annotated[str, Field(min_length=1, max_length=400)] | None = None
    robot_code: Identifier | None = None
    groups: Mapping[Name, GroupConfig] = Field(default_factory=dict, max_length=500)
    agent_id: Annotated[int, Field(gt=0)] | None = None
    calls: tuple[CallMedium, ...] = Field(default=(CallMedium.APP,), max_length=3)
    voice: Voice = "Standard_Female_Voice"
    group_template_id: Identifier | None = None
    tables: Mapping[Name, TableConfig] = Field(default_factory=dict, max_length=50)
    documents: Mapping[Name, DocumentsConfig] = Field(default_factory=dict, max_length=50)
    approvals: Mapping[Name, ApprovalConfig] = Field(default_factory=dict, max_length=50)
    shifts: ShiftsConfig | None = None
    iot: Literal["off", "diot", "devicemng"] = "off"
    events: Mapping[Name, EventsConfig] = Field(default_factory=dict, max_length=50)
    public_url: Annotated[str, AfterValidator(_base)] | None = None
    callbacks: CallbacksConfig | None = None
    api_base: Annotated[str, AfterValidator(_base)] = "https://api.dingtalk.com"
    oapi_base: Annotated[str, AfterValidator(_base)] = "https://oapi.dingtalk.com"
    plain_http_hosts: tuple[Host, ...] = Field(default=(), max_length=20)
    quota: QuotaConfig = QuotaConfig()

    @model_validator(mode="after")
    def _is_encrypted(self) -> Self:
        for base in (self.api_base, self.oapi_base):
            if not self.may_talk_to(base):
                raise refuse("dingtalk.config.not_encrypted", base=base)
        return self

    @model_validator(mode="after")
    def _rows_have_one_place(self) -> Self:
        names = [*self.tables, *self.documents, *self.events]
        for name in names:
            if names.count(name) > 1:
                raise refuse("dingtalk.config.two_places", name=name)
        if self.events and self.iot == "off":
            raise refuse("dingtalk.config.iot_off")
        return self

    @property
    def robot(self) -> str:
        """For an internal app the robot's code is the app's client id unless the console says otherwise (dingtalk-api 0.6)."""
        return self.robot_code or self.client_id

    def may_talk_to(self, url: str) -> bool:
        """Tokens and people's names go only over TLS, or unencrypted to this machine and to hosts listed for that."""
        parts = _parts(url)
        if parts is None or parts.hostname is None or parts.scheme not in _ENCRYPTED:
            return False
        return _ENCRYPTED[parts.scheme] or is_loopback(parts.hostname) or parts.hostname in self.plain_http_hosts


class PersonAddress(FileModel):
    """user_id: the person's userId (staffId) in the organisation; not the mobile number, not the unionId."""

    user_id: UserId


class GroupAddress(FileModel):
    """group: a key under `dingtalk.groups` of `cloud.yaml`."""

    group: Name


def address_problem(config: DingTalkConfig, address: PersonAddress | GroupAddress) -> Sentence | None:
    """A group's address must name a group that the configuration knows."""
    if isinstance(address, GroupAddress) and address.group not in config.groups:
        return "dingtalk.config.unknown_group", {"group": address.group, "known": ", ".join(sorted(config.groups)) or "-"}
    return None


def is_answered_by_text(config: DingTalkConfig) -> bool:
    """Without a card template there are no buttons: people type the number of the alarm."""
    return config.card_template_id is None


def is_exclusive(config: DingTalkConfig) -> bool:
    """Connections of one application share the presses between them (dingtalk-api 7.4). A stand-in, on this machine or reached
    without TLS, is nobody else's."""
    parts = _parts(config.api_base)
    return parts is not None and parts.scheme == "https" and not is_loopback(parts.hostname or "")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine: `localhost` or a loopback address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

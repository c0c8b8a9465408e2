"""What can be set for an OPC UA device and its tags, with defaults, ranges and what each means.

Not here: the sentences for people (`edge/texts/drivers.*.yaml`), values (`codec.py`), sessions (`link.py`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    PlainValidator,
    ValidationInfo,
    field_validator,
    model_validator,
)

from drivers.opcua.address import NodeAddress, PathAddress, parse_node, parse_path
from edge.config.point import Point, Touched
from edge.config.text.finding import Phrase
from edge.config.text.values import FileModel, SecretRef, duration, refuse
from edge.model.device_alarm import AlarmPart
from edge.model.moment import HOUR, MINUTE, SECOND, Span
from edge.model.tag import Device

SCHEME = "opc.tcp://"
NONE = "none"


class Mode(StrEnum):
    """How values are got."""

    SUBSCRIBE = "subscribe"
    """The server tells of changes."""
    READ = "read"
    """We ask, in a rhythm."""


class Policy(StrEnum):
    """Security policies that are not withdrawn (Part 7, 6.6): the last part of their URI."""

    BASIC256SHA256 = "Basic256Sha256"
    AES128 = "Aes128_Sha256_RsaOaep"
    AES256 = "Aes256_Sha256_RsaPss"


class Protection(StrEnum):
    SIGN = "sign"
    SIGN_AND_ENCRYPT = "sign_and_encrypt"


class TimeOf(StrEnum):
    """Which of the two time stamps of a value says when it was so."""

    SOURCE = "source"
    """When the device behind the server measured it, or when it last changed."""
    SERVER = "server"
    """When the server last knew it to be so; some give the time of the last change here, too."""
    RECEIVED = "received"
    """When we received it; where we read, that is when it was so."""


class ValueType(StrEnum):
    FLOAT = "float"
    BOOL = "bool"
    TEXT = "text"


def _url(given: str) -> str:
    if not given.startswith(SCHEME) or "@" in given or not given.removeprefix(SCHEME).partition("/")[0]:
        raise refuse("drivers.opcua.url_form")
    return given


def _file(given: str, info: ValidationInfo) -> str:
    """A relative path counts from the plant folder, as those of secrets do."""
    folder = (info.context or {}).get("folder")
    return given if given.startswith("/") or folder is None else f"{folder}/{given}"


def _node(given: Any) -> NodeAddress:
    try:
        return parse_node(given)
    except (ValueError, TypeError):
        raise refuse("drivers.opcua.node_form") from None


def _path(given: Any) -> PathAddress:
    try:
        return parse_path(given)
    except (ValueError, TypeError, AttributeError):
        raise refuse("drivers.opcua.path_form") from None


def _switched_off(given: Any) -> Any:
    return None if given == NONE else given


FilePath = Annotated[str, Field(min_length=1, max_length=400, pattern=r"^[^\x00{}]+$"), AfterValidator(_file)]
Uri = Annotated[str, Field(min_length=1, max_length=400)]
ShortName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,39}$")]
Rhythm = Annotated[Span, duration("10ms", "1h")]


def _key_file(given: SecretRef | None) -> SecretRef | None:
    if given is not None and given.kept_in[0] != "file":
        raise refuse("drivers.opcua.key_file")
    return given


KeyFile = Annotated[SecretRef, AfterValidator(_key_file)]


class TimeWindow(FileModel):
    """How far a time stamp may be from the time we received it. Beyond that, the received time is used and marked."""

    past: Annotated[Span, duration("0s", "30d")] = Field(default=1 * HOUR, description="How old a time stamp may be.")
    future: Annotated[Span, duration("0s", "1d")] = Field(
        default=5 * MINUTE, description="How far ahead of ours the server's clock may be."
    )


class Security(FileModel):
    """The server's certificate is always checked; what the server does not offer is never replaced by less."""

    policy: Policy = Policy.BASIC256SHA256
    mode: Protection = Protection.SIGN_AND_ENCRYPT
    cert: FilePath = Field(description="Our own certificate, .pem or .der; its URI is how the server knows us.")
    key: KeyFile = Field(description="Its private key, ${file:path}, without a passphrase.")
    server_cert: FilePath | None = Field(default=None, description="The one certificate that the server may have.")
    trusted: FilePath | None = Field(
        default=None, description="A folder of certificates: of servers, or of authorities that sign theirs."
    )

    @model_validator(mode="after")
    def _trusts_somebody(self) -> Security:
        if (self.server_cert is None) == (self.trusted is None):
            raise refuse("drivers.opcua.trust_one_of")
        return self


class UserCertificate(FileModel):
    cert: FilePath
    key: KeyFile


class OpcUaConnection(FileModel):
    """`connection:` of a device. Devices for which all but every, window, time and namespaces is the same share one session."""

    url: Annotated[str, Field(max_length=400), AfterValidator(_url)] = Field(
        description="As the server shows it: opc.tcp://10.0.0.7:4840."
    )
    mode: Mode = Field(default=Mode.SUBSCRIBE, description="subscribe: the server tells of changes; read: we ask.")
    every: Rhythm = Field(default=1 * SECOND, description="How often the server publishes, or we read.")
    security: Annotated[Security | None, BeforeValidator(_switched_off)] = Field(
        default=None, description="none, or policy, mode, cert, key and server_cert or trusted."
    )
    username: str | None = Field(default=None, min_length=1, max_length=200, description="As the server knows us.")
    password: SecretRef | None = Field(default=None, description="A reference, ${env:NAME} or ${file:path}.")
    plain_password: bool = Field(
        default=False, description="true: the password may go over the network readable, where the server has it no other way."
    )
    user: UserCertificate | None = Field(default=None, description="cert and key: a certificate in place of username.")
    timeout: Annotated[Span, duration("100ms", "1min")] = Field(default=4 * SECOND, description="For each answer.")
    keepalive: Annotated[Span, duration("1s", "10min")] = Field(
        default=5 * SECOND, description="A server that is gone without a word is noticed within two of these."
    )
    max_nodes: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=500, description="In one request; the server says its limit under OperationLimits."
    )
    namespaces: dict[ShortName, Uri] = Field(
        default_factory=dict, max_length=50, description="Short names for URIs, for paths."
    )
    time: TimeOf | None = Field(
        default=None, description="source, server or received; left out: source where the server tells, received where we read."
    )
    window: TimeWindow = Field(default=TimeWindow(), description="Which time stamps are believed.")

    @property
    def time_of(self) -> TimeOf:
        """Where we read, an old time stamp of a value that has not changed would be no sign of life."""
        return self.time or (TimeOf.SOURCE if self.mode is Mode.SUBSCRIBE else TimeOf.RECEIVED)

    @field_validator("password")
    @classmethod
    def _password_needs_a_user(cls, given: SecretRef | None, info: ValidationInfo) -> SecretRef | None:
        if given is not None and info.data.get("username", "") is None:
            raise refuse("drivers.opcua.password_without_user")
        return given

    @field_validator("user")
    @classmethod
    def _one_user(cls, given: UserCertificate | None, info: ValidationInfo) -> UserCertificate | None:
        if given is not None and info.data.get("username") is not None:
            raise refuse("drivers.opcua.two_users")
        return given


class OpcUaPoint(Point):
    """What a tag of an OPC UA device says beyond the keys that every tag has. One of node, path and alarm is there."""

    node: Annotated[NodeAddress, PlainValidator(_node, json_schema_input_type=str)] | None = Field(
        default=None, description="ns=2;s=Line.Temp, or safer nsu=http://vendor.example/plc;s=Line.Temp."
    )
    path: Annotated[PathAddress, PlainValidator(_path, json_schema_input_type=str)] | None = Field(
        default=None, description="From the root: Objects/plc:Line/plc:Temp, plc being one of namespaces."
    )
    alarm: Annotated[str, Field(min_length=3, max_length=400, pattern=r"^[^\x00]+/[^\x00]+$")] | None = Field(
        default=None, description="SOURCE/CONDITION, as the server names them."
    )
    part: AlarmPart = Field(default=AlarmPart.SEVERITY, description="Of an alarm: severity, message or acknowledged.")
    type: ValueType = Field(default=ValueType.FLOAT, description="float, bool or text.")
    index: Annotated[int, Field(ge=0, le=1_000_000)] | None = Field(default=None, description="Of an array: which, from 0.")
    sampling: Annotated[Span, duration("0s", "1h")] | None = Field(
        default=None, description="How often the server looks; 0s: as often as it can; left out: as often as it publishes."
    )
    queue: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=10, description="Values that the server keeps between two publications; the eldest are dropped first."
    )
    deadband: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = Field(
        default=None, description="Smaller changes are not told, in the raw number's unit."
    )
    deadband_percent: Annotated[float, Field(gt=0, le=100)] | None = Field(
        default=None, description="The same in percent of the node's own range (EURange)."
    )

    @model_validator(mode="after")
    def _one_source(self) -> OpcUaPoint:
        if sum(each is not None for each in (self.node, self.path, self.alarm)) != 1:
            raise refuse("drivers.opcua.point_one_of")
        if self.alarm is None and "part" in self.model_fields_set:
            raise refuse("drivers.opcua.part_without_alarm")
        ofs_value = {"type", "index", "sampling", "queue", "deadband", "deadband_percent"} & self.model_fields_set
        if self.alarm is not None and ofs_value:
            raise refuse("drivers.opcua.key_of_a_value", keys=", ".join(sorted(ofs_value)))
        if self.deadband is not None and self.deadband_percent is not None:
            raise refuse("drivers.opcua.deadband_twice")
        if self.type is not ValueType.FLOAT and (self.deadband is not None or self.deadband_percent is not None):
            raise refuse("drivers.opcua.deadband_of_number")
        return self

    @property
    def is_switch(self) -> bool:
        return self.part is AlarmPart.ACKNOWLEDGED if self.alarm is not None else self.type is ValueType.BOOL

    @property
    def is_text(self) -> bool:
        return self.part.is_text if self.alarm is not None else self.type is ValueType.TEXT

    @property
    def passes_on(self) -> bool:
        return self.alarm is not None

    def kept(self, device: Device) -> tuple[Touched, ...]:
        """A node by its id is compared with nodes by their ids, a way with ways: which node a way leads to, only the server
        knows."""
        if not isinstance(device.connection, OpcUaConnection):
            raise TypeError(f"{device.name} is no OPC UA device")
        node = self.node or self.path
        return () if node is None else (Touched(("opcua", device.connection.url.lower().rstrip("/"), node)),)

    def misfit(self, connection: BaseModel) -> Phrase | None:
        if isinstance(connection, OpcUaConnection) and self.path is not None:
            unknown = sorted(self.path.short_names - connection.namespaces.keys())
            if unknown:
                return Phrase("drivers.opcua.unknown_namespace", {"short": unknown[0]})
        return None

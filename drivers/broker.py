"""How a broker is reached: what the devices of every driver that listens to one say alike.

Not here: what is listened to, and what is done with it (each driver's `config.py`); the connection (`drivers/mqtt/link.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from edge.config.text.values import FileModel, Host, Port, SecretRef, duration, refuse
from edge.model.moment import HOUR, MINUTE, SECOND, Span
from edge.ports import MqttAccess, MqttTls, MqttWill

TLS_PORT = 8883


def _file(given: str, info: ValidationInfo) -> str:
    """A relative path counts from the plant folder, as those of secrets do."""
    folder = (info.context or {}).get("folder")
    return given if given.startswith("/") or folder is None else f"{folder}/{given}"


def _switched(given: Any) -> Any:
    """`tls: true` is TLS with all its defaults, `tls: false` is none."""
    return ({} if given else None) if isinstance(given, bool) else given


def _version(given: Any) -> Any:
    return str(given) if given == 5 and not isinstance(given, bool) else given


FilePath = Annotated[str, Field(min_length=1, max_length=400, pattern=r"^[^\x00{}]+$"), AfterValidator(_file)]


class TimeWindow(FileModel):
    """How far a device's time stamp may be from the time we received it. Beyond that, the received time is used and marked."""

    past: Annotated[Span, duration("0s", "30d")] = Field(default=1 * HOUR, description="How old a time stamp may be.")
    future: Annotated[Span, duration("0s", "1d")] = Field(
        default=5 * MINUTE, description="How far ahead of ours a device's clock may be."
    )


class Tls(FileModel):
    """The broker's certificate is always checked, its name too; there is no setting that leaves this out."""

    ca: FilePath | None = Field(
        default=None, description="PEM file of who signed the broker's certificate; left out: those this machine trusts."
    )
    cert: FilePath | None = Field(default=None, description="PEM file of our own certificate, where the broker wants one.")
    key: SecretRef | None = Field(default=None, description="Its private key, ${file:path}, without a passphrase.")
    server_name: Host | None = Field(
        default=None, description="The name in the broker's certificate, where it is not that of host."
    )

    @field_validator("key")
    @classmethod
    def _key_is_a_file(cls, given: SecretRef | None, info: ValidationInfo) -> SecretRef | None:
        if given is not None and given.kept_in[0] != "file":
            raise refuse("drivers.mqtt.tls_key_file")
        if given is not None and info.data.get("cert", "") is None:
            raise refuse("drivers.mqtt.tls_key_without_cert")
        return given

    @model_validator(mode="after")
    def _cert_has_its_key(self) -> Tls:
        if self.cert is not None and self.key is None:
            raise refuse("drivers.mqtt.tls_cert_without_key")
        return self

    @property
    def files(self) -> MqttTls:
        """For a link, which reads them itself."""
        return MqttTls(self.ca, self.cert, None if self.key is None else self.key.kept_in[1], self.server_name)


class BrokerConnection(FileModel):
    """The part of `connection:` that says which broker, as whom and how. Devices alike in it may share a connection."""

    host: Host = Field(description="Address or name of the broker.")
    port: Port = Field(default=1883, description="TCP port; with tls 8883, where nothing else is said.")
    version: Annotated[Literal["3.1.1", "5"], BeforeValidator(_version)] = Field(
        default="3.1.1", description="Of MQTT; every broker speaks 3.1.1, and 5 says more exactly why it refuses."
    )
    tls: Annotated[Tls | None, BeforeValidator(_switched)] = Field(
        default=None, description="true, or ca, cert, key and server_name; left out: neither encrypted nor checked."
    )
    username: str | None = Field(default=None, min_length=1, max_length=200, description="As the broker knows us.")
    password: SecretRef | None = Field(default=None, description="A reference, ${env:NAME} or ${file:path}.")
    client_id: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_.:-]{1,64}$",
        description="As the broker sees us, unique there; left out: andon- and the name of the connection's first device.",
    )
    keepalive: Annotated[Span, duration("1s", "10min")] = Field(
        default=5 * SECOND, description="A broker that is gone without a word is noticed within two of these."
    )

    @model_validator(mode="before")
    @classmethod
    def _tls_has_a_port_of_its_own(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("tls") not in (None, False) and "port" not in given:
            return {**given, "port": TLS_PORT}
        return given

    @field_validator("password")
    @classmethod
    def _password_needs_a_user(cls, given: SecretRef | None, info: ValidationInfo) -> SecretRef | None:
        if given is not None and info.data.get("username", "") is None:
            raise refuse("drivers.mqtt.password_without_user")
        return given

    def access(self, device: str, secret: Callable[[str], str], will: MqttWill | None) -> MqttAccess:
        """device: the connection's first; its name makes the client id where none is set. secret: reveals a reference."""
        return MqttAccess(
            client_id=self.client_id or f"andon-{device}",
            username=self.username,
            password=None if self.password is None else secret(self.password),
            version=self.version,
            keepalive_s=max(1, self.keepalive // SECOND),
            tls=None if self.tls is None else self.tls.files,
            will=will,
        )

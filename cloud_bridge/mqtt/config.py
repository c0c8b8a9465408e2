"""What `cloud.yaml` says under `mqtt:`, and what `people.yaml` says about the topic that a subscriber listens to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, model_validator

from edge.config.text.values import FileModel, Host, Port, SecretRef, duration, refuse
from edge.model.moment import SECOND, Span
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


_File = Annotated[str, Field(min_length=1, max_length=400, pattern=r"^[^\x00{}]+$"), AfterValidator(_file)]
#: One level of a topic: what MQTT and people's tools read alike.
_Level = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]


class Tls(FileModel):
    """The broker's certificate is always checked, its name too. ca: PEM file of who signed it; left out: those this machine
    trusts. cert, key: our own, where the broker wants one. server_name: in the certificate, where it is not that of host."""

    ca: _File | None = None
    cert: _File | None = None
    key: _File | None = None
    server_name: Host | None = None

    @model_validator(mode="after")
    def _cert_and_key_go_together(self) -> Self:
        if (self.cert is None) != (self.key is None):
            raise refuse("mqtt.config.cert_and_key")
        return self


class MqttConfig(FileModel):
    """One broker. prefix: the first level of all our topics. client_id: left out: andon-SITE-AGENT."""

    host: Host
    port: Port | None = None
    version: Annotated[Literal["3.1.1", "5"], BeforeValidator(_version)] = "3.1.1"
    tls: Annotated[Tls | None, BeforeValidator(_switched)] = None
    username: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    password: SecretRef | None = None
    client_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")] | None = None
    keepalive: Annotated[Span, duration("1s", "10min")] = 10 * SECOND
    prefix: _Level = "andon"

    @model_validator(mode="after")
    def _password_has_a_user(self) -> Self:
        if self.password is not None and self.username is None:
            raise refuse("mqtt.config.user_missing")
        return self

    @property
    def broker(self) -> tuple[str, int]:
        """Host and port."""
        return self.host, self.port or (1883 if self.tls is None else TLS_PORT)

    def access(self, called: str, secret: Callable[[str], str], will: MqttWill) -> MqttAccess:
        """called: the client id where none is set. secret: reveals a reference, or raises ConfigError."""
        tls = self.tls
        return MqttAccess(
            client_id=self.client_id or called,
            username=self.username,
            password=None if self.password is None else secret(self.password),
            version=self.version,
            keepalive_s=max(1, self.keepalive // SECOND),
            tls=None if tls is None else MqttTls(tls.ca, tls.cert, tls.key, tls.server_name),
            will=will,
        )


class SubscriberAddress(FileModel):
    """topic: the last level of the topic on which this subscriber gets its events: `andon/SITE/TOPIC`."""

    topic: _Level = "events"

    @model_validator(mode="after")
    def _is_not_ours(self) -> Self:
        if self.topic in ("alarms", "presence"):
            raise refuse("mqtt.config.own_topic")
        return self

"""What a probe of a broker was asked for, from the words of the command line. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drivers.broker import TLS_PORT
from edge.config.text.values import parse_duration
from edge.model.moment import HOUR, SECOND
from edge.ports import MqttAccess, MqttTls
from edge.probe.mqtt import Wish
from edge.probe.target import parse_target
from edge.texts import render

PORT = 1883
VERSIONS = ("3.1.1", "5")


class NotAWish(ValueError):
    """The words cannot be followed; `render` says why."""

    def __init__(self, key: str, **arguments: object) -> None:
        super().__init__(key)
        self._key, self._arguments = key, arguments

    def render(self, language: str) -> str:
        return render(f"probe.{self._key}", self._arguments, language)


def wish_of(
    where: str,
    *,
    topic: str,
    listen_for: str,
    user: str,
    password_env: str,
    version: str,
    tls: Mapping[str, str] | None,
    client_id: str,
    environ: Mapping[str, str],
) -> Wish:
    """tls: ca, cert, key and server_name, empty where nothing was said; None: no TLS. Raises NotAWish."""
    try:
        target = parse_target(where, PORT if tls is None else TLS_PORT)
    except ValueError:
        raise NotAWish("no_target", given=where) from None
    try:
        span = parse_duration(listen_for)
    except ValueError:
        raise NotAWish("mqtt.no_duration", given=listen_for) from None
    if not SECOND // 10 <= span <= HOUR:
        raise NotAWish("mqtt.no_duration", given=listen_for)
    if version not in VERSIONS:
        raise NotAWish("mqtt.no_version", given=version)
    access: dict[str, Any] = {"client_id": client_id, "version": version, "username": user or None}
    if password_env:
        if not user:
            raise NotAWish("mqtt.no_user")
        if not environ.get(password_env):
            raise NotAWish("mqtt.no_password", name=password_env)
        access["password"] = environ[password_env]
    if tls is not None:
        if bool(tls["cert"]) != bool(tls["key"]):
            raise NotAWish("mqtt.no_key")
        access["tls"] = MqttTls(**{name: given or None for name, given in tls.items()})
    return Wish(target, MqttAccess(**access), topic, span, password_env)

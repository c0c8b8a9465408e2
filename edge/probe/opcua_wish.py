"""What a probe of an OPC UA server was asked for, from the words of the command line. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from drivers.opcua.address import parse_node
from drivers.opcua.config import SCHEME, Policy
from edge.ports import OpcUaAccess, OpcUaSecurity
from edge.probe.opcua import OBJECTS, Wish
from edge.texts import render


class NotAWish(ValueError):
    """The words cannot be followed; `render` says why."""

    def __init__(self, key: str, **arguments: object) -> None:
        super().__init__(key)
        self._key, self._arguments = key, arguments

    def render(self, language: str) -> str:
        return render(f"probe.opcua.{self._key}", self._arguments, language)


def wish_of(
    url: str,
    *,
    node: str,
    most: int,
    user: str,
    password_env: str,
    plain_password: bool,
    security: Mapping[str, str],
    sign_only: bool,
    environ: Mapping[str, str],
) -> Wish:
    """url: with `opc.tcp://` or without. security: policy, cert, key, server_cert and trusted, empty where nothing was said.
    Raises NotAWish."""
    if "://" not in url:
        url = f"{SCHEME}{url}"
    if not url.startswith(SCHEME) or not url.removeprefix(SCHEME):
        raise NotAWish("no_url", given=url)
    try:
        parse_node(node or OBJECTS)
    except ValueError:
        raise NotAWish("no_node", given=node) from None
    if password_env and not user:
        raise NotAWish("no_user")
    if password_env and not environ.get(password_env):
        raise NotAWish("no_password", name=password_env)
    access = OpcUaAccess(
        url,
        security=_security(security, sign_only=sign_only),
        username=user or None,
        password=environ.get(password_env) if password_env else None,
        plain_password=plain_password,
    )
    return Wish(access, node or OBJECTS, most, password_env)


def _security(given: Mapping[str, str], *, sign_only: bool) -> OpcUaSecurity | None:
    if not any(given.values()):
        return None
    if not given["cert"] or not given["key"] or bool(given["server_cert"]) == bool(given["trusted"]):
        raise NotAWish("no_security")
    policy = given["policy"] or str(Policy.BASIC256SHA256)
    if policy not in list(Policy):
        raise NotAWish("no_policy", given=policy, known=", ".join(Policy))
    trusts = {name: given[name] or None for name in ("server_cert", "trusted")}
    return OpcUaSecurity(policy, sign_only, given["cert"], given["key"], **trusts)

"""What `cloud.yaml` says under `apprise:`, and what `people.yaml` says about by which service somebody is told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import quote

from pydantic import AfterValidator, Field

from cloud_bridge.base import Sentence
from edge.config.text.values import FileModel, Name, SecretRef, refuse

#: What stands in a service's address where a person's own address goes.
TO = "{to}"
_BASE = re.compile(r"https?://[^\s/?#@]+(/[^\s?#]*)?")
_TO = re.compile(r"[A-Za-z0-9][A-Za-z0-9.@+_-]{0,253}")


def _to(given: str) -> str:
    if not _TO.fullmatch(given):
        raise refuse("apprise.config.to_form")
    return given


def _base(given: str) -> str:
    if not _BASE.fullmatch(given):
        raise refuse("apprise.config.base_form")
    return given.rstrip("/")


class ServiceConfig(FileModel):
    """url: where the service's apprise address is kept. The whole of it is a secret, because it holds the credentials; `{to}`
    in it is the place of each recipient's own address. personal: whether it has that place."""

    url: SecretRef
    personal: bool = False


class AppriseConfig(FileModel):
    """The services that messages go to, by the names that people.yaml uses. public_url: under which people's devices reach our
    pages: what has no room in a message is a link away."""

    services: Mapping[Name, ServiceConfig] = Field(min_length=1, max_length=100)
    public_url: Annotated[str, AfterValidator(_base)] | None = None


class ServiceAddress(FileModel):
    """service: a key under `apprise.services` of `cloud.yaml`. to: the recipient's own mail address or number, of a service
    that is personal."""

    service: Name
    to: Annotated[str, AfterValidator(_to)] | None = None


def address_problem(config: AppriseConfig, address: ServiceAddress) -> Sentence | None:
    """An address must name a service that the configuration knows, and have a place to go where the service wants one."""
    service = config.services.get(address.service)
    if service is None:
        return "apprise.config.unknown_service", {"service": address.service, "known": ", ".join(sorted(config.services))}
    if service.personal and address.to is None:
        return "apprise.config.to_missing", {"service": address.service}
    if not service.personal and address.to is not None:
        return "apprise.config.to_unused", {"service": address.service}
    return None


def addressed(url: str, to: str | None) -> str | None:
    """A service's address with the recipient's own in its place; None when only one of the two wants the other."""
    if (TO in url) != (to is not None):
        return None
    return url if to is None else url.replace(TO, quote(to, safe=""))

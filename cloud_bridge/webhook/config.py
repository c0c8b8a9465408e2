"""What `cloud.yaml` says under `webhook:`, and what `people.yaml` says about which endpoint somebody is told by."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import ip_address, ip_network
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, PlainValidator, model_validator

from cloud_bridge.base import Sentence
from cloud_bridge.webhook.guard import judge
from edge.config.text.values import FileModel, Host, Name, SecretRef, duration, refuse
from edge.model.moment import SECOND, Span
from edge.ports import Network

EVENTS_MAX = 100


def _url(given: str) -> str:
    if not is_url(given):
        raise refuse("webhook.config.url_form")
    return given


def is_url(text: str) -> bool:
    """Whether it is an address that can be posted to: http or https, a host that can be a name, no user in it."""
    try:
        parts = urlsplit(text)
        (parts.hostname or "").encode("idna")
        return bool(
            parts.scheme in ("http", "https")
            and parts.hostname
            and parts.port != 0
            and parts.username is None
            and not parts.fragment
            and not re.search(r"[\s\x00-\x1f\x7f]", text)
        )
    except ValueError:
        return False


def _network(given: Any) -> Network:
    # A bare number is a network to ipaddress: 10 is 0.0.0.10.
    if isinstance(given, str):
        with suppress(ValueError):
            return ip_network(given)
    raise refuse("webhook.config.network_form")


#: Plain: what files hold is read strictly and as JSON, which knows of no networks and would refuse what is made of the text.
WrittenNetwork = Annotated[Network, PlainValidator(_network, json_schema_input_type=str)]


class EndpointConfig(FileModel):
    """Where events are posted. url: the address; url_from: where it is kept, of an address that holds a key. secret: signs each
    request; without one it is not signed. batch: events in a request at most. timeout: for an answer."""

    url: Annotated[str, AfterValidator(_url)] | None = None
    url_from: SecretRef | None = None
    secret: SecretRef | None = None
    batch: Annotated[int, Field(ge=1, le=EVENTS_MAX)] = EVENTS_MAX
    timeout: Annotated[Span, duration("1s", "20s")] = 10 * SECOND

    @model_validator(mode="after")
    def _has_one_url(self) -> Self:
        if (self.url is None) == (self.url_from is None):
            raise refuse("webhook.config.one_url")
        return self


class WebhookConfig(FileModel):
    """allow: networks that may be posted to though they are not public, such as the plant's own. plain_http_hosts: hosts that
    may be reached without TLS."""

    endpoints: Mapping[Name, EndpointConfig] = Field(min_length=1, max_length=100)
    allow: tuple[WrittenNetwork, ...] = Field(default=(), max_length=50)
    plain_http_hosts: tuple[Host, ...] = Field(default=(), max_length=50)

    @model_validator(mode="after")
    def _may_all_be_reached(self) -> Self:
        for endpoint in self.endpoints.values():
            if endpoint.url is not None and (problem := self.problem_with(endpoint.url)) is not None:
                raise refuse(problem[0], **problem[1])
        return self

    def problem_with(self, url: str) -> Sentence | None:
        """Why an address may not be posted to; None: it may. What a name leads to is judged when it is resolved."""
        if not is_url(url):
            return "webhook.config.secret_url_form", {}
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme == "http" and host not in self.plain_http_hosts:
            return "webhook.config.not_encrypted", {"host": host}
        try:
            # An address in signs of another width is read as one by who connects.
            verdict = judge(str(ip_address(host.encode("idna").decode())), self.allow)
        except ValueError:
            return None
        return None if verdict.may_be_sent_to else ("webhook.config.barred", {"host": host, "what": str(verdict)})


class EndpointAddress(FileModel):
    """endpoint: a key under `webhook.endpoints` of `cloud.yaml`."""

    endpoint: Name


def address_problem(config: WebhookConfig, address: EndpointAddress) -> Sentence | None:
    """An address must name an endpoint that the configuration knows."""
    if address.endpoint not in config.endpoints:
        return "webhook.config.unknown_endpoint", {"endpoint": address.endpoint, "known": ", ".join(sorted(config.endpoints))}
    return None

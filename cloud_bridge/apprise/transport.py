"""The sockets of apprise: the only file here that knows the library.

It blocks, so it runs in threads (`threads.py`). Each message gets a sender of its own, because apprise's senders sleep between
two messages, which is for `delivery` to decide.
"""

from __future__ import annotations

import logging
import socket
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies

from cloud_bridge.apprise.threads import WITHIN_S, Leave, ServiceThreads
from edge.ports import Fit, NoReply, ServiceAnswer, ServiceLimits

if TYPE_CHECKING:
    from apprise import NotifyBase

#: To see whether a service's machine can be reached at all.
REACH_WITHIN_S = 4.0
#: Where senders of services keep the address that they post to.
_URL_ATTRIBUTES = ("notify_url", "api_url", "webhook_url")
_PORTS = {"http": 80, "https": 443}


class ThreadNotifier:
    """Implements `edge.ports.Notifier`. within_s: how long a message may take."""

    def __init__(self, within_s: float = WITHIN_S) -> None:
        self._threads = ServiceThreads(within_s)

    @property
    def hangs(self) -> bool:
        return self._threads.hangs

    async def notify(self, url: str, fit: Fit) -> ServiceAnswer | None:
        return await self._threads.run(partial(_notify, url, fit))


def _sender(url: str) -> NotifyBase | None:
    """Loading the library takes a second, so it is loaded in the thread where a plant uses it."""
    from apprise import Apprise, AppriseAsset

    # It logs addresses of services, which hold credentials, and what it also returns.
    logging.getLogger("apprise").disabled = True
    sender = Apprise.instantiate(url, asset=AppriseAsset(app_id="Andon", app_desc="Andon", app_url=""))
    return sender or None


def _notify(url: str, fit: Fit, leave: Leave) -> ServiceAnswer | None:
    from apprise import NotifyFormat

    sender = _sender(url)
    if sender is None:
        return None
    service = str(sender.service_name)
    title, body = fit(ServiceLimits(max(0, sender.title_maxlen), sender.body_maxlen))
    if (machine := _machine_of(sender)) is not None:
        try:
            socket.create_connection(machine, REACH_WITHIN_S).close()
        except OSError as error:
            raise NoReply(f"{service}: no connection: {error.strerror or error}", sent=False) from None
    if not leave():
        return ServiceAnswer(service, accepted=False)
    try:
        accepted = bool(sender.notify(body=body, title=title, body_format=NotifyFormat.TEXT))
    except Exception as error:  # senders of a hundred services raise what they like; their texts may quote the address
        raise NoReply(f"{service} failed with {type(error).__name__}", sent=True) from None
    return ServiceAnswer(service, accepted)


def _machine_of(sender: NotifyBase) -> tuple[str, int] | None:
    """Host and port that the sender will connect to; None where that cannot be told, or a proxy stands between."""
    if (host := getattr(sender, "smtp_host", None)) and sender.port:
        return str(host), int(sender.port)
    if getproxies():
        return None
    for name in _URL_ATTRIBUTES:
        url = getattr(sender, name, None)
        if isinstance(url, str) and (parts := urlsplit(url)).hostname and parts.scheme in _PORTS:
            return parts.hostname, parts.port or _PORTS[parts.scheme]
    return None

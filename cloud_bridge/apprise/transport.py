"""The sockets of apprise: the only file here that knows the library.

It blocks, so it runs in threads of its own, few of them: a service that does not answer holds up one, and not the gateway. Each
message gets a sender of its own, because apprise's senders sleep between two messages, which is for `delivery` to decide.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies

from edge.ports import NoReply, ServiceLimits

if TYPE_CHECKING:
    from apprise import NotifyBase

T = TypeVar("T")

THREADS = 4
NOTIFY_WITHIN_S = 25.0
#: To see whether a service's machine can be reached at all.
REACH_WITHIN_S = 4.0
#: Where senders of services keep the address that they post to.
_URL_ATTRIBUTES = ("notify_url", "api_url", "webhook_url")
_PORTS = {"http": 80, "https": 443}


class ThreadNotifier:
    """Implements `edge.ports.Notifier`."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="apprise")

    async def limits(self, url: str) -> ServiceLimits | None:
        return await self._run(_limits, url)

    async def notify(self, url: str, title: str, body: str) -> bool:
        return await self._run(_notify, url, title, body)

    async def close(self) -> None:
        """Not waiting for a service that does not answer."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[..., T], *arguments: Any) -> T:
        running = asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
        try:
            async with asyncio.timeout(NOTIFY_WITHIN_S):
                return await running
        except TimeoutError:
            raise NoReply(f"no answer within {NOTIFY_WITHIN_S:g} s", sent=True) from None
        except RuntimeError as error:  # the threads have been shut down
            raise NoReply(str(error), sent=False) from None


def _sender(url: str) -> NotifyBase | None:
    """Loading the library takes a second, so it is loaded in the thread where a plant uses it."""
    from apprise import Apprise, AppriseAsset

    # It logs addresses of services, which hold credentials, and what it also returns.
    logging.getLogger("apprise").disabled = True
    sender = Apprise.instantiate(url, asset=AppriseAsset(app_id="Andon", app_desc="Andon", app_url=""))
    return sender or None


def _limits(url: str) -> ServiceLimits | None:
    sender = _sender(url)
    if sender is None:
        return None
    return ServiceLimits(str(sender.service_name), max(0, sender.title_maxlen), sender.body_maxlen)


def _notify(url: str, title: str, body: str) -> bool:
    from apprise import NotifyFormat

    sender = _sender(url)
    if sender is None:
        return False
    if (machine := _machine_of(sender)) is not None:
        try:
            socket.create_connection(machine, REACH_WITHIN_S).close()
        except OSError as error:
            raise NoReply(f"{sender.service_name}: no connection: {error.strerror or error}", sent=False) from None
    try:
        return bool(sender.notify(body=body, title=title, body_format=NotifyFormat.TEXT))
    except Exception as error:  # senders of a hundred services raise what they like; their texts may quote the address
        raise NoReply(f"{sender.service_name} failed with {type(error).__name__}", sent=True) from None


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

"""The sockets of webhooks: HTTP by aiohttp. The only file here that knows it.

A name is resolved once, each address that it leads to is judged (`guard.py`), and the connection is made to those addresses.
Redirects are not followed and proxies of the environment not used: either would connect to what nobody has judged.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from cloud_bridge.webhook.guard import first_barred
from edge.ports import Barred, HttpReply, Network, NoReply

#: Connections at once, and to one receiver.
CONNECTIONS_MAX, CONNECTIONS_OF_ONE_MAX = 40, 8
#: An answer up to this size is read, so that its connection can be used again; of what is larger the connection is closed.
ANSWER_BYTES_MAX = 16 * 1024


class HttpPoster:
    """Implements `edge.ports.Poster`."""

    def __init__(self, allowed: tuple[Network, ...]) -> None:
        self._allowed = allowed
        self._session: aiohttp.ClientSession | None = None
        self._is_closed = False

    async def post(self, url: str, *, headers: Mapping[str, str], body: bytes, timeout_s: float) -> HttpReply:
        if self._is_closed:
            raise NoReply("the transport is closed", sent=False)
        try:
            target = URL(url)
            host = target.host or ""
        except ValueError:
            raise NoReply("the address is none", sent=False) from None
        # What the resolver is not asked about is judged here: a host that is an address already, also one in signs of another
        # width, which only the library's own reading of it shows.
        if _is_address(host):
            _refuse_barred(host, [host], self._allowed)
        if self._session is None:
            connector = aiohttp.TCPConnector(
                resolver=_JudgingResolver(self._allowed),
                limit=CONNECTIONS_MAX,
                limit_per_host=CONNECTIONS_OF_ONE_MAX,
                use_dns_cache=False,
            )
            self._session = aiohttp.ClientSession(connector=connector, trust_env=False, auto_decompress=False)
        timeout = aiohttp.ClientTimeout(total=timeout_s, connect=timeout_s * 2 / 3)
        try:
            async with self._session.post(
                target, data=body, headers=dict(headers), timeout=timeout, allow_redirects=False
            ) as response:
                await response.content.read(ANSWER_BYTES_MAX)
                return HttpReply(response.status, None, {name.lower(): text for name, text in response.headers.items()})
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            raise NoReply(_plainly(error), sent=False) from None
        except TimeoutError:
            raise NoReply(f"no answer within {timeout_s:g} s", sent=True) from None
        except UnicodeError:  # of the resolver, which knows better than the library's reading what can be a name
            raise NoReply("the address is none", sent=False) from None
        except (aiohttp.ClientError, OSError) as error:
            raise NoReply(_plainly(error), sent=True) from None

    async def close(self) -> None:
        self._is_closed = True
        if self._session is not None:
            await self._session.close()


class _JudgingResolver(AbstractResolver):
    def __init__(self, allowed: tuple[Network, ...]) -> None:
        self._allowed = allowed

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
        addresses = [(family, str(sockaddr[0]), proto) for family, _, proto, _, sockaddr in found]
        _refuse_barred(host, [address for _, address, _ in addresses], self._allowed)
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=proto, flags=socket.AI_NUMERICHOST)
            for family, address, proto in addresses
        ]

    async def close(self) -> None:
        """Holds nothing."""


def _refuse_barred(host: str, addresses: list[str], allowed: tuple[Network, ...]) -> None:
    if (barred := first_barred(addresses, allowed)) is not None:
        address, verdict = barred
        leads = "" if address == host else f" leads to {address}, which"
        raise Barred(f"{host}{leads} is {verdict}: list its network under webhook.allow if it is meant")


def _is_address(host: str) -> bool:
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host)
        except OSError:
            continue
        return True
    return False


def _plainly(error: Exception) -> str:
    """Without the address: it may hold a key."""
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else type(error).__name__

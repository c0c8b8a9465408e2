"""Which addresses a webhook may be sent to. Pure.

Whoever controls a name's records can let it lead to a machine inside the plant, or to the address where a cloud host tells its
secrets: then a signed alarm would be a key to doors that we open from inside. So a name is resolved once, every address that it
leads to is judged, and the connection is made to those that were judged and to no other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from edge.ports import Network

#: Networks whose addresses end in an IPv4 one: translated (NAT64, RFC 6052 and 8215), and the old "compatible" form.
_HOLDING_IPV4 = tuple(map(IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "::/96")))
_LOOPBACK = IPv6Address("::1")


class Verdict(StrEnum):
    """What an address is, to who may not reach all."""

    PUBLIC = "public"
    ALLOWED = "allowed"
    """Not public, and listed under `allow`."""
    THIS_MACHINE = "this machine"
    LINK_LOCAL = "link-local"
    """Among them 169.254.169.254, where hosts of a cloud find their credentials."""
    MULTICAST = "multicast"
    PRIVATE = "private"
    """Of a plant's own network, of a provider's, or reserved."""

    @property
    def may_be_sent_to(self) -> bool:
        return self in (Verdict.PUBLIC, Verdict.ALLOWED)


def judge(address: str, allowed: Sequence[Network]) -> Verdict:
    """address: as the resolver gives it; an IPv6 one may carry a zone. Raises ValueError for what is no address."""
    ip = _inner(ip_address(address.partition("%")[0]))
    if any(ip in network for network in allowed if network.version == ip.version):
        return Verdict.ALLOWED
    if ip.is_loopback or ip.is_unspecified:
        return Verdict.THIS_MACHINE
    if ip.is_link_local:
        return Verdict.LINK_LOCAL
    if ip.is_multicast:
        return Verdict.MULTICAST
    is_site_local = isinstance(ip, IPv6Address) and ip.is_site_local
    return Verdict.PUBLIC if ip.is_global and not is_site_local else Verdict.PRIVATE


def first_barred(addresses: Iterable[str], allowed: Sequence[Network]) -> tuple[str, Verdict] | None:
    """One of them that may not be sent to: then none is, because a name that leads both ways is not an honest one."""
    for address in addresses:
        verdict = judge(address, allowed)
        if not verdict.may_be_sent_to:
            return address, verdict
    return None


def _inner(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 one only wraps: mapped, 6to4, translated (NAT64), or compatible."""
    if isinstance(ip, IPv4Address):
        return ip
    wrapped = ip.ipv4_mapped or ip.sixtofour
    if wrapped is not None:
        return wrapped
    holds = ip != _LOOPBACK and any(ip in network for network in _HOLDING_IPV4)
    return IPv4Address(int(ip) & 0xFFFF_FFFF) if holds else ip

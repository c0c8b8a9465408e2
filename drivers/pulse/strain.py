"""What `check` can tell of gateways that are watched: one that is watched twice would be heard once. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from drivers.base import Strain
from drivers.pulse.config import PulseConnection
from edge.config.text.finding import Phrase
from edge.model.tag import Device


def strains(devices: Sequence[Device]) -> list[Strain]:
    """The function named in `drivers/catalog.py`."""
    return list(_twice(devices))


def _twice(devices: Sequence[Device]) -> Iterator[Strain]:
    first: dict[tuple[str, str, int], str] = {}
    for device in devices:
        wanted = device.connection
        if isinstance(wanted, PulseConnection):
            place = (wanted.gateway, wanted.host, wanted.port)
            if place in first:
                phrase = Phrase("drivers.pulse.gateway_twice", {"gateway": wanted.gateway, "other": first[place]})
                yield Strain(device.name, "", phrase, refused=True, key="gateway")
            first.setdefault(place, device.name)

"""Tags and the devices they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from edge.model.moment import Span

#: A text in each language it was written in: {"zh": "主电机", "en": "main motor"}.
Words = Mapping[str, str]

#: The tag that a driver itself writes for each device: 1 while the session with the device is up, 0 while it is lost.
SESSION = "session"


def tag_name(device: str, key: str) -> str:
    """`CRM.ST3.MOTOR` and `de_temp` make `CRM.ST3.MOTOR.de_temp`, unique in a plant."""
    return f"{device}.{key}"


@dataclass(frozen=True, slots=True)
class Tag:
    """One named measurement or state of a device.

    point: what the device's driver needs to read it, in the form of that driver's own point model; None for the session tag.
    stale_after: no good sample for longer than this makes the tag stale; None: never.
    """

    name: str
    device: str
    key: str
    unit: str
    words: Words
    stale_after: Span | None = None
    point: object | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """One machine, or one part of a machine that is read on its own.

    connection: how the driver reaches it, in the form of the driver's own connection model.
    """

    name: str
    type: str
    driver: str
    area: str
    words: Words
    connection: object
    tags: tuple[Tag, ...] = field(default=())

"""What every driver's point model is: what a tag says that only its driver understands."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import ClassVar

from pydantic import BaseModel

from edge.config.text.finding import Phrase
from edge.config.text.values import FileModel
from edge.model.tag import Device, Entry


@dataclass(frozen=True, slots=True)
class Touched:
    """Some bits at the far end. memory: which one they are of; equal for what is the same there, whatever device and tag are
    called. first, last: the bits, both ends included; both 0 for a thing that has none of its own (a node, a metric)."""

    memory: Hashable
    first: int = 0
    last: int = 0

    def overlaps(self, other: Touched) -> bool:
        return self.memory == other.memory and self.first <= other.last and other.first <= self.last


class Point(FileModel):
    """A driver's point model derives from this, and says which of its values are no numbers.

    own_placeholders: names in braces that the driver fills in by itself, where no parameter has that name. is_recorded: its
    values come from a recording, so that no scenario can set them. has_arrays: it has a `count`, and gives its elements.
    is_found_by_name: it says nothing of where its value is; the tag's name does."""

    own_placeholders: ClassVar[frozenset[str]] = frozenset()
    is_recorded: ClassVar[bool] = False
    has_arrays: ClassVar[bool] = False
    is_found_by_name: ClassVar[bool] = False

    def element(self, number: int) -> Point:
        """Of an array, the point of one of its values, from 1."""
        raise LookupError(f"{type(self).__name__} has no element {number}")

    @property
    def is_switch(self) -> bool:
        """On or off: nothing to scale, and no reading of it is outside a range."""
        return False

    @property
    def is_text(self) -> bool:
        """Its samples are texts."""
        return False

    @property
    def passes_on(self) -> bool:
        """It shows an alarm of the device's own, and the device takes acknowledgements of it."""
        return False

    @property
    def entry(self) -> Entry | None:
        """Of a tag without a wire: what people may enter, and how often."""
        return None

    @property
    def notation(self) -> str | None:
        """Where an address can be written in several ways: an example of the way it is written in. The tags of a device keep to
        one. None: there is only one way."""
        return None

    @property
    def not_writable(self) -> Phrase | None:
        """Why nothing can be written where it stands; None: it can."""
        return None

    def kept(self, device: Device) -> tuple[Touched, ...]:
        """Where its value is, and where it is taken from, for this device of its driver; empty: nowhere that is shared."""
        return ()

    def changed(self, device: Device) -> tuple[Touched, ...]:
        """What a write to it changes: its value, and what cannot be left out."""
        return self.kept(device)

    def misfit(self, connection: BaseModel) -> Phrase | None:
        """Why it cannot be read over this connection of its driver; None: it can."""
        return None

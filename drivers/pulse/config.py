"""What a gateway that is watched from here says of itself, and where its pulses come in. Pure."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from edge.config.point import Point
from edge.config.text.finding import Phrase
from edge.config.text.values import FileModel, Host, Port, SecretRef, duration
from edge.model.moment import SECOND, Span


class PulseConnection(FileModel):
    """`connection:` of a gateway. Gateways alike in host and port come in at one place."""

    gateway: str = Field(
        pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}\.[A-Za-z][A-Za-z0-9_-]{0,63}$",
        description="SITE.AGENT, as its gateway.yaml says them.",
    )
    secret: SecretRef = Field(description="What both sides know, ${env:NAME} or ${file:path}; at least 16 characters.")
    host: Host = Field(default="0.0.0.0", description="Where pulses come in: an address of this machine, or all.")
    port: Port = Field(default=8490, description="TCP port on this machine.")
    silent_after: Annotated[Span, duration("2s", "1h")] = Field(
        default=30 * SECOND, description="Without a pulse for so long it is lost; three times its `every` or more."
    )


class PulsePoint(Point):
    """A tag shows one of the figures that come with a pulse."""

    is_found_by_name: ClassVar[bool] = True

    figure: str | None = Field(
        default=None, min_length=1, max_length=60, description="Which one; left out: the one that is called as the tag."
    )

    @property
    def not_writable(self) -> Phrase:
        return Phrase("drivers.nobody_takes_it")

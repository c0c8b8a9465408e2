"""What can be set for a Sparkplug device and its tags, with defaults, ranges and what each means.

Not here: the broker itself (`drivers/broker.py`), the sentences for people (`edge/texts/drivers.*.yaml`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from drivers.broker import BrokerConnection, TimeWindow
from edge.config.point import Point, Touched
from edge.config.text.values import duration, refuse
from edge.model.moment import SECOND, Span
from edge.model.tag import Device


class ValueType(StrEnum):
    """What a metric is to the gateway; its own data type comes with its birth."""

    FLOAT = "float"
    BOOL = "bool"
    TEXT = "text"


def _element(given: str) -> str:
    """Sparkplug 3.0, 4.1: the ids are levels of a topic."""
    if not given or any(char in given for char in "/+#\0"):
        raise refuse("drivers.sparkplug.element_form")
    return given


Element = Annotated[str, Field(max_length=200), AfterValidator(_element)]


class SparkplugConnection(BrokerConnection):
    """`connection:` of a device. Devices for which all but group, node, device and window is the same share one connection."""

    group: Element = Field(description="The group id, as the second level of its topics: spBv1.0/GROUP/...")
    node: Element = Field(description="The edge node id.")
    device: Element | None = Field(default=None, description="The device id; left out: metrics of the edge node itself.")
    host_id: Element | None = Field(
        default=None, description="We are primary host of this id, and say so at spBv1.0/STATE/ID; left out: we only listen."
    )
    rebirth: bool = Field(
        default=True, description="Whether we may ask a node for its birth (NCMD Node Control/Rebirth) when one is missing."
    )
    reorder: Annotated[Span, duration("0s", "1min")] = Field(
        default=2 * SECOND, description="How long a message that comes too early waits for those before it."
    )
    birth_within: Annotated[Span, duration("1s", "10min")] = Field(
        default=10 * SECOND, description="How long a birth may take before the device counts as lost."
    )
    window: TimeWindow = Field(default=TimeWindow(), description="Which time stamps of the node are believed.")


class SparkplugPoint(Point):
    """What a tag of a Sparkplug device says beyond the keys that every tag has."""

    metric: str = Field(min_length=1, max_length=500, description="Name of the metric as in the birth, e.g. Motor/Temperature.")
    type: ValueType = Field(default=ValueType.FLOAT, description="float, bool or text.")

    @property
    def is_switch(self) -> bool:
        return self.type is ValueType.BOOL

    @property
    def is_text(self) -> bool:
        return self.type is ValueType.TEXT

    def kept(self, device: Device) -> tuple[Touched, ...]:
        connection = device.connection
        if not isinstance(connection, SparkplugConnection):
            raise TypeError(f"{device.name} is no Sparkplug device")
        origin = (connection.group, connection.node, connection.device)
        return (Touched(("sparkplug", connection.host.lower(), connection.port, *origin, self.metric)),)

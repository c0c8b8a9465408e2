"""What a broker would keep for us longer than we believe its age, as far as can be told beforehand. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from drivers.base import Strain
from drivers.mqtt.config import MqttConnection, MqttPoint
from edge.config.text.finding import Phrase
from edge.config.text.values import format_span
from edge.model.tag import Device


def strains(devices: Sequence[Device]) -> list[Strain]:
    """The function named in `drivers/catalog.py`."""
    return list(_kept_beyond_the_window(devices))


def _kept_beyond_the_window(devices: Sequence[Device]) -> Iterator[Strain]:
    for device in devices:
        connection = device.connection
        if not isinstance(connection, MqttConnection) or connection.session <= connection.window.past:
            continue
        points = [tag.point for tag in device.tags if isinstance(tag.point, MqttPoint)]
        if any(point.time_path is not None or point.times is not None for point in points):
            spans = {"session": format_span(connection.session), "past": format_span(connection.window.past)}
            yield Strain(device.name, "", Phrase("drivers.mqtt.session_beyond_window", spans), refused=False, key="session")

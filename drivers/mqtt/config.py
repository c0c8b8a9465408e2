"""What can be set for an MQTT device and its tags, with defaults, ranges and what each means.

Not here: the sentences for people (`edge/texts/drivers.*.yaml`), reading payloads (`codec.py`), subscribing (`link.py`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PlainValidator, ValidationInfo, field_validator

from drivers.mqtt.path import JsonPath, parse_path
from edge.config.point import Point
from edge.config.values import FileModel, Host, Port, SecretRef, duration, refuse
from edge.model.moment import HOUR, MINUTE, Span

#: MQTT 3.1.1, 1.5.3: a string carries its length in two bytes.
STRING_BYTES_MAX = 65535


class ValueType(StrEnum):
    """What stands at a tag's path."""

    FLOAT = "float"
    """A number."""
    BOOL = "bool"
    """true or false, 1 or 0, or a word: on, off, true, false, yes, no."""


class TimeForm(StrEnum):
    """How a device writes its time stamps."""

    AUTO = "auto"
    """A text is ISO 8601; a number is s, ms or us, whichever makes it a time between 1973 and 5138."""
    ISO = "iso"
    """ISO 8601 with its offset from UTC."""
    S = "s"
    """Seconds since 1970 in UTC, fractions allowed."""
    MS = "ms"
    US = "us"


def _topic(given: str) -> str:
    if not given or len(given.encode()) > STRING_BYTES_MAX or "\0" in given:
        raise refuse("drivers.mqtt.topic_form")
    if "+" in given or "#" in given:
        raise refuse("drivers.mqtt.topic_wildcard")
    return given


def _path(given: Any) -> JsonPath:
    if not isinstance(given, str):
        raise refuse("drivers.mqtt.path_form")
    try:
        return parse_path(given)
    except ValueError:
        raise refuse("drivers.mqtt.path_form") from None


Topic = Annotated[str, AfterValidator(_topic)]
Path = Annotated[JsonPath, PlainValidator(_path, json_schema_input_type=str)]


class TimeWindow(FileModel):
    """How far a device's time stamp may be from the time we received it. Beyond that, the received time is used and marked."""

    past: Annotated[Span, duration("0s", "30d")] = Field(default=1 * HOUR, description="How old a time stamp may be.")
    future: Annotated[Span, duration("0s", "1d")] = Field(
        default=5 * MINUTE, description="How far ahead of ours a device's clock may be."
    )


class MqttConnection(FileModel):
    """`connection:` of a device. Devices with the same broker, user and client_id share one connection."""

    host: Host = Field(description="Address or name of the broker.")
    port: Port = Field(default=1883, description="TCP port.")
    username: str | None = Field(default=None, min_length=1, max_length=200, description="As the broker knows us.")
    password: SecretRef | None = Field(default=None, description="A reference, ${env:NAME} or ${file:path}.")
    client_id: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_.:-]{1,64}$",
        description="As the broker sees us, unique there; left out: andon- and the name of the connection's first device.",
    )
    qos: Literal[0, 1, 2] = Field(default=1, description="Quality of service we subscribe with.")
    window: TimeWindow = Field(default=TimeWindow(), description="Which time stamps of the device are believed.")

    @field_validator("password")
    @classmethod
    def _password_needs_a_user(cls, given: SecretRef | None, info: ValidationInfo) -> SecretRef | None:
        if given is not None and info.data.get("username", "") is None:
            raise refuse("drivers.mqtt.password_without_user")
        return given


class MqttPoint(Point):
    """What a tag of an MQTT device says beyond the keys that every tag has."""

    topic: Topic = Field(description="The topic its value comes from, without wildcards.")
    path: Path = Field(
        default=JsonPath(), description="Where the value stands in the JSON payload; left out: the payload is the value."
    )
    type: ValueType = Field(default=ValueType.FLOAT, description="float, or bool.")
    time_path: Path | None = Field(
        default=None, description="Where the time stamp stands in the payload; left out: the received time is used."
    )
    time: TimeForm = Field(default=TimeForm.AUTO, description="How the time stamp is written: iso, s, ms, us, or auto.")

    @field_validator("time")
    @classmethod
    def _time_needs_a_path(cls, given: TimeForm, info: ValidationInfo) -> TimeForm:
        if info.data.get("time_path", JsonPath()) is None:
            raise refuse("drivers.mqtt.time_without_path")
        return given

    @property
    def is_switch(self) -> bool:
        return self.type is ValueType.BOOL

"""What can be set for an MQTT device and its tags, with defaults, ranges and what each means.

Not here: the sentences for people (`edge/texts/drivers.*.yaml`), reading payloads (`codec.py`), subscribing (`link.py`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, Field, PlainValidator, ValidationInfo, field_validator, model_validator

from drivers.broker import BrokerConnection, TimeWindow
from drivers.mqtt.path import JsonPath, parse_path
from drivers.mqtt.topic import DEVICE, VALUE, topic_for
from edge.config.point import Point, Touched
from edge.config.text.finding import Phrase
from edge.config.text.values import FileModel, TimeZone, duration, refuse
from edge.model.moment import Span
from edge.model.tag import Device

#: MQTT 3.1.1, 1.5.3: a string carries its length in two bytes.
STRING_BYTES_MAX = 65535


class ValueType(StrEnum):
    """What stands at a tag's path."""

    FLOAT = "float"
    """A number, or a plain decimal in quotes: "23.5"."""
    BOOL = "bool"
    """true or false, 1 or 0, or a word: on, off, true, false, yes, no."""
    TEXT = "text"
    """A text (the number of a coil, a recipe), or a number that is meant as one."""


class TimeForm(StrEnum):
    """How a device writes its time stamps."""

    AUTO = "auto"
    """ISO 8601, or a number of s, ms, us or ns, whichever makes it a time between 1973 and 5138."""
    ISO = "iso"
    """ISO 8601 with its offset from UTC, or without one where the connection gives the time_zone."""
    S = "s"
    """Seconds since 1970 in UTC, fractions allowed."""
    MS = "ms"
    US = "us"
    NS = "ns"


def _topic_form(given: str) -> str:
    if VALUE in given or not given or len(given.encode()) > STRING_BYTES_MAX or "\0" in given:
        raise refuse("drivers.mqtt.topic_form")
    return given


def _template(given: str) -> str:
    if "+" in given or "#" in given:
        levels = [DEVICE if level in ("+", "#") else level for level in given.split("/")]
        raise refuse("drivers.mqtt.topic_wildcard", template="/".join(levels))
    return _topic_form(given)


def _own_topic(given: str) -> str:
    if "+" in given or "#" in given or "{" in given:
        raise refuse("drivers.mqtt.topic_form")
    return _topic_form(given)


def _path(given: Any) -> JsonPath:
    if not isinstance(given, str):
        raise refuse("drivers.mqtt.path_form")
    if DEVICE in given:
        raise refuse("drivers.mqtt.path_device")
    try:
        return parse_path(given)
    except ValueError:
        raise refuse("drivers.mqtt.path_form") from None


def _conditions(given: dict[str, str | int | bool]) -> dict[str, str | int | bool]:
    for path in given:
        _path(path)
    return given


Topic = Annotated[str, AfterValidator(_template)]
OwnTopic = Annotated[str, AfterValidator(_own_topic)]
Path = Annotated[JsonPath, PlainValidator(_path, json_schema_input_type=str)]
Payload = Annotated[str, Field(min_length=1, max_length=200)]


class Will(FileModel):
    """What we publish about ourselves, retained: `online` when connected, `offline` when we leave, or the broker for us when
    we are gone without a word (MQTT's last will)."""

    topic: OwnTopic = Field(description="Of our own, e.g. andon/hall_2/gateway_1.")
    online: Payload = "online"
    offline: Payload = "offline"
    qos: Literal[0, 1, 2] = 1


class Availability(FileModel):
    """Where the device, or the broker by the device's last will, says whether it is there. The messages must be retained."""

    topic: Topic = Field(description="May have {device} in it.")
    path: Path = Field(default=JsonPath(), description="Where the word stands in a JSON payload; left out: it is the payload.")
    online: Payload = "online"
    offline: Payload = "offline"


class Write(FileModel):
    """The command that sets what a tag shows. It is published once; what it came to, only the tag's next value tells."""

    topic: Topic = Field(description="The topic of the command; {device} is the device's name.")
    payload: str = Field(
        default=VALUE,
        max_length=1000,
        description='{value} stands for the value, in the device\'s own unit: {"set": {value}}, {"recipe": "{value}"}.',
    )
    on: Payload = Field(default="true", description="What {value} is for 1 of a tag of type bool.")
    off: Payload = Field(default="false", description="What {value} is for 0 of a tag of type bool.")
    qos: Literal[0, 1, 2] = Field(default=1, description="From 1 on, the broker says that it has it.")
    retain: bool = Field(default=False, description="Whether a device that connects later gets the last command, however old.")

    @field_validator("payload")
    @classmethod
    def _payload_has_the_value(cls, given: str) -> str:
        if VALUE not in given:
            raise refuse("drivers.mqtt.write_without_value")
        return given


class MqttConnection(BrokerConnection):
    """`connection:` of a device. Devices for which all but qos, window, time_zone, availability, topic_device and wildcards is
    the same share one connection."""

    qos: Literal[0, 1, 2] = Field(default=1, description="Quality of service we subscribe with.")
    will: Will | None = Field(default=None, description="Our own presence at the broker; left out: we publish nothing.")
    availability: Availability | None = Field(
        default=None, description="Where the device's own presence is said; left out: it is up while our subscriptions stand."
    )
    topic_device: str | None = Field(
        default=None,
        max_length=200,
        pattern=r"^[^/+#{}\x00]+$",
        description="What {device} in a topic stands for; left out: the device's name.",
    )
    wildcards: bool = Field(
        default=True, description="Whether topics with {device} of several devices are asked for together, as line/+/vib."
    )
    window: TimeWindow = Field(default=TimeWindow(), description="Which time stamps of the device are believed.")
    time_zone: TimeZone | None = Field(
        default=None, description="Of ISO time stamps that state no offset; left out: they are refused."
    )
    session: Annotated[Span, duration("0s", "7d")] = Field(
        default=0,
        description="How long the broker keeps for us what is published while we are away; 0s: not at all. Needs a client_id.",
    )
    share: str = Field(
        default="",
        max_length=100,
        pattern=r"^[^/+#$\x00]*$",
        description="Group of gateways among which the broker divides the messages ($share/group/...); left out: we get all.",
    )

    @model_validator(mode="after")
    def _a_session_has_a_name_and_loses_nothing(self) -> MqttConnection:
        if self.session and self.client_id is None:
            raise refuse("drivers.mqtt.session_without_client_id")
        if self.session and self.qos == 2:
            raise refuse("drivers.mqtt.session_qos_2")
        return self


class MqttPoint(Point):
    """What a tag of an MQTT device says beyond the keys that every tag has."""

    own_placeholders: ClassVar[frozenset[str]] = frozenset({DEVICE.strip("{}"), VALUE.strip("{}")})

    topic: Topic = Field(description="The topic its value comes from, without wildcards; {device} is the device's name.")
    path: Path = Field(
        default=JsonPath(), description="Where the value stands in the JSON payload; left out: the payload is the value."
    )
    type: ValueType = Field(default=ValueType.FLOAT, description="float, bool or text.")
    qos: Literal[0, 1, 2] | None = Field(
        default=None, description="Quality of service for its topic; left out: the connection's."
    )
    samples: Path | None = Field(
        default=None, description="Where a list of samples stands; then path and time_path count from each of them."
    )
    every: Annotated[Span, duration("1ms", "1h")] | None = Field(
        default=None,
        description="The samples of a list are so far apart; time_path then says, in the payload, when the first was.",
    )
    times: Path | None = Field(
        default=None, description="Where a list of the samples' time stamps stands in the payload, as long as theirs."
    )
    time_path: Path | None = Field(
        default=None, description="Where the time stamp stands in the payload; left out: the received time is used."
    )
    time: TimeForm = Field(default=TimeForm.AUTO, description="How the time stamp is written: iso, s, ms, us, ns, or auto.")
    where: Annotated[dict[str, str | int | bool], Field(max_length=4), AfterValidator(_conditions)] = Field(
        default={}, description="Paths and what must stand there: payloads in which something else does are not this tag's."
    )
    active: Path | None = Field(
        default=None,
        description="Of an alarm that the device raises: where it says whether it is active; the value is its severity, or 0.",
    )
    write: Write | None = Field(default=None, description="The command that sets it; left out: nothing can be written.")

    @field_validator("every", "times")
    @classmethod
    def _goes_with_samples(cls, given: Any, info: ValidationInfo) -> Any:
        if given is not None and info.data.get("samples", ()) is None:
            raise refuse("drivers.mqtt.key_without_samples")
        if given is not None and info.field_name == "times" and info.data.get("every") is not None:
            raise refuse("drivers.mqtt.times_said_twice", other="every")
        return given

    @field_validator("time_path")
    @classmethod
    def _times_are_said_once(cls, given: JsonPath | None, info: ValidationInfo) -> JsonPath | None:
        if given is not None and info.data.get("times") is not None:
            raise refuse("drivers.mqtt.times_said_twice", other="times")
        return given

    @field_validator("time")
    @classmethod
    def _time_needs_a_path(cls, given: TimeForm, info: ValidationInfo) -> TimeForm:
        if info.data.get("time_path", JsonPath()) is None and info.data.get("times") is None:
            raise refuse("drivers.mqtt.time_without_path")
        return given

    @field_validator("active")
    @classmethod
    def _severity_is_a_number(cls, given: JsonPath | None, info: ValidationInfo) -> JsonPath | None:
        if given is not None and (info.data.get("type") is not ValueType.FLOAT or info.data.get("samples") is not None):
            raise refuse("drivers.mqtt.active_of_number")
        return given

    @field_validator("write")
    @classmethod
    def _nobody_hears_his_own_command(cls, given: Write | None, info: ValidationInfo) -> Write | None:
        if given is not None and given.topic == info.data.get("topic"):
            raise refuse("drivers.mqtt.write_is_heard")
        return given

    @property
    def not_writable(self) -> Phrase | None:
        return Phrase("drivers.mqtt.not_writable") if self.write is None else None

    @property
    def is_switch(self) -> bool:
        return self.type is ValueType.BOOL

    @property
    def is_text(self) -> bool:
        return self.type is ValueType.TEXT

    def kept(self, device: Device) -> tuple[Touched, ...]:
        """What its topic says, and what its command sets."""
        broker, name = self._broker(device)
        heard = Touched(("mqtt", broker, topic_for(self.topic, name)))
        return (heard, *self._command(broker, name))

    def changed(self, device: Device) -> tuple[Touched, ...]:
        """What the command sets; and whoever listens to its topic hears a value that no device has sent."""
        if self.write is None:
            return ()
        broker, name = self._broker(device)
        return (*self._command(broker, name), Touched(("mqtt", broker, topic_for(self.write.topic, name))))

    def _command(self, broker: tuple[str, int], name: str) -> tuple[Touched, ...]:
        """Commands of one topic are told apart by what stands around the value."""
        if self.write is None:
            return ()
        return (Touched(("mqtt", broker, topic_for(self.write.topic, name), self.write.payload)),)

    def _broker(self, device: Device) -> tuple[tuple[str, int], str]:
        """And what {device} stands for."""
        if not isinstance(device.connection, MqttConnection):
            raise TypeError(f"{device.name} is no MQTT device")
        connection = device.connection
        return (connection.host.lower(), connection.port), connection.topic_device or device.name

    def misfit(self, connection: BaseModel) -> Phrase | None:
        is_kept = isinstance(connection, MqttConnection) and connection.session > 0
        return Phrase("drivers.mqtt.session_qos_2") if is_kept and self.qos == 2 else None

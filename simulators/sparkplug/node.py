"""An edge node with devices: what it publishes when it comes, when a value changes, and when it is commanded. Pure.

It hands out (topic, payload) pairs; who carries them is not its matter. Its death is for the broker to publish, as its will.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from simulators.sparkplug.payload import BOOLEAN, INT64, Reading, commands, payload

Message = tuple[str, bytes]


class SparkplugNode:
    """devices: by id, the first value and data type of each metric by name; those of the node itself under an empty id."""

    def __init__(
        self, group: str, name: str, devices: Mapping[str, Mapping[str, tuple[float | int | bool | str, int]]]
    ) -> None:
        self._group, self._name = group, name
        self._bd_seq = 0
        self._seq = 0
        self._metrics: dict[tuple[str, str], Reading] = {}
        self._dead: set[str] = set()
        self.births = 0
        for device, metrics in devices.items():
            for metric, (value, datatype) in metrics.items():
                alias = len(self._metrics) + 1
                self._metrics[device, metric] = Reading(value, datatype, metric, alias)

    @property
    def command_filter(self) -> str:
        return f"spBv1.0/{self._group}/+/{self._name}/#"

    def will(self, now_ms: int) -> Message:
        """To be given to the broker before each `births`: the next session's death."""
        return self._topic("NDEATH"), payload(now_ms, None, [Reading(self._bd_seq, INT64, "bdSeq")])

    def begin_session(self) -> None:
        self._bd_seq = (self._bd_seq + 1) % 256

    def birth(self, now_ms: int) -> Sequence[Message]:
        """The node's, and one for each device."""
        self.births += 1
        self._seq = 0
        own = [
            Reading(self._bd_seq, INT64, "bdSeq"),
            Reading(False, BOOLEAN, "Node Control/Rebirth"),
            *self._metrics_of("", now_ms),
        ]
        messages = [(self._topic("NBIRTH"), payload(now_ms, 0, own))]
        devices = dict.fromkeys(device for device, _ in self._metrics if device not in self._dead)
        return [*messages, *(self.birth_of(device, now_ms) for device in devices if device)]

    def birth_of(self, device: str, now_ms: int) -> Message:
        """Of a device that comes, or comes back."""
        self._dead.discard(device)
        return self._topic("DBIRTH", device), payload(now_ms, self._next(), self._metrics_of(device, now_ms))

    def _metrics_of(self, device: str, now_ms: int) -> Sequence[Reading]:
        return [replace(each, timestamp_ms=now_ms) for (of, _), each in self._metrics.items() if of == device]

    def knows(self, device: str, metric: str) -> float | int | bool | str | None:
        """What it said last. KeyError: it has no such metric."""
        return self._metrics[device, metric].value

    def notice(self, device: str, metric: str, value: float | int | bool | str | None) -> None:
        """A value that has changed, and is said with the next birth."""
        self._metrics[device, metric] = replace(self._metrics[device, metric], value=value)

    def change(
        self, device: str, metric: str, value: float | int | bool | str | None, now_ms: int, **said: int | bool
    ) -> Message:
        """One value by its alias alone. said: further fields of `Reading`."""
        known = self._metrics[device, metric] = replace(self._metrics[device, metric], value=value)
        short = replace(known, name=None, timestamp_ms=now_ms, says_type=False)
        reading = replace(short, **said)  # type: ignore[arg-type]  # fields of Reading, by name
        topic = self._topic("DDATA", device) if device else self._topic("NDATA")
        return topic, payload(now_ms, self._next(), [reading])

    def death_of(self, device: str, now_ms: int) -> Message:
        self._dead.add(device)
        return self._topic("DDEATH", device), payload(now_ms, self._next(), [])

    def obey(self, topic: str, data: bytes, now_ms: int) -> Sequence[Message]:
        """What comes of a command; nothing of one that is not for this node."""
        levels = topic.split("/")
        said = commands(data)
        if levels[2] == "NCMD" and said.get("Node Control/Rebirth") is True:
            return self.birth(now_ms)
        device = levels[4] if levels[2] == "DCMD" else ""
        if levels[2] not in ("NCMD", "DCMD") or device in self._dead:
            return []
        return [self.change(device, name, value, now_ms) for name, value in said.items() if (device, name) in self._metrics]

    def _next(self) -> int:
        self._seq = (self._seq + 1) % 256
        return self._seq

    def _topic(self, kind: str, device: str | None = None) -> str:
        return f"spBv1.0/{self._group}/{kind}/{self._name}" + ("" if device is None else f"/{device}")

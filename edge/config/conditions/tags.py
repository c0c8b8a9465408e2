"""The tags that a rule may name: its own device's by their keys, those of others as `DEVICE.key`. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from edge.config.devices import Devices
from edge.config.text.finding import Findings, Place, did_you_mean
from edge.config.text.inside import place_inside
from edge.config.text.source import Node
from edge.model.moment import Span
from edge.model.tag import Device, Tag


@dataclass(frozen=True, slots=True)
class Tags:
    """own: the tag that the rule is about. node: where the rule is written, for what is wrong with it. zone: of the plant's
    clock, which sets windows."""

    own: Tag
    device: Device
    devices: Devices
    node: Node
    findings: Findings
    zone: ZoneInfo

    @property
    def every(self) -> Span:
        """How often the device is read; 0 where it sends when it wants."""
        every = getattr(self.device.connection, "every", 0)
        return every if isinstance(every, int) else 0

    def other(self, name: str, key: str) -> Tag | None:
        """The tag that the rule names under a key beside its own; None, mostly with a finding, when it cannot be that."""
        place = place_inside(self.node.follow((key,)), 1)
        found = self.at(name, place)
        if found is not None and found.name == self.own.name:
            self.findings.error(place, "tag_itself", name=key)
            return None
        return found

    def at(self, name: str, place: Place) -> Tag | None:
        """A tag that is compared, by the name that a rule has for it at a place; None, mostly with a finding."""
        return tag_at(name, self.device, self.devices, place, self.findings)


def tag_at(name: str, own: Device | None, devices: Devices, place: Place, findings: Findings) -> Tag | None:
    """The tag of a name, which has no device in front where it is the own one's. None, with a finding, for no number; without
    one where something is wrong with its device, or where there may be devices that nobody could read."""
    device_name, _, key = name.rpartition(".")
    owner = device_name or (own.name if own is not None else "")
    instance = devices.instances.get(owner)
    if instance is None and owner and not devices.names.complete:
        findings.missed = True
        return None
    if instance is not None and (instance.device is None or instance.type is None or not instance.type.tag_names.complete):
        return None
    device = instance.device if instance is not None else None
    found = next((tag for tag in device.tags if tag.key == key), None) if device is not None else None
    if found is None:
        # A rule for a type says the same of each of its devices: once is enough, and looking for what is near takes its time.
        if not findings.repeats(place, "tag_unknown", name):
            near = _near(device, key, devices, with_device=bool(device_name))
            findings.error(place, "tag_unknown", name=name[:100], hint=did_you_mean(name, near))
    elif found.is_text:
        findings.error(place, "tag_is_text", name=name[:100])
        return None
    return found


def _near(device: Device | None, key: str, devices: Devices, *, with_device: bool) -> list[str]:
    """What may be meant: tags of the device, or else devices that have such a tag."""
    if device is not None:
        return [tag.name if with_device else tag.key for tag in device.tags]
    with_key = [tag.name for each in devices.built.values() for tag in each.tags if tag.key == key]
    return with_key or list(devices.names)

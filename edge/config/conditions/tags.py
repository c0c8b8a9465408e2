"""The tags that a rule may name: its own device's by their keys, those of others as `DEVICE.key`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edge.config.finding import Findings, Place, did_you_mean
from edge.config.inside import place_inside
from edge.config.source import Node
from edge.model.tag import Device, Tag


@dataclass(frozen=True, slots=True)
class Tags:
    """own: the tag that the rule is about. node: where the rule is written, for what is wrong with it. devices: all that are
    right; broken: those that are not, of which nobody can say what they have."""

    own: Tag
    device: Device
    devices: Mapping[str, Device]
    broken: frozenset[str]
    node: Node
    findings: Findings

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
        device, _, _ = name.rpartition(".")
        return None if device in self.broken else tag_at(name, self.device, self.devices, place, self.findings)


def tag_at(name: str, own: Device | None, devices: Mapping[str, Device], place: Place, findings: Findings) -> Tag | None:
    """The tag of a name, which has no device in front where it is the own one's; None, with a finding, for no number."""
    device_name, _, key = name.rpartition(".")
    device = devices.get(device_name) if device_name else own
    found = next((tag for tag in device.tags if tag.key == key), None) if device is not None else None
    if found is None:
        # A rule for a type says the same of each of its devices: once is enough, and looking for what is near takes its time.
        if not findings.repeats(place, "tag_unknown", name):
            known = _near(device_name, key, own, device, devices)
            findings.error(place, "tag_unknown", name=name[:100], hint=did_you_mean(name, known))
    elif found.is_text:
        findings.error(place, "tag_is_text", name=name[:100])
        return None
    return found


def _near(device_name: str, key: str, own: Device | None, device: Device | None, devices: Mapping[str, Device]) -> list[str]:
    """What may be meant: tags of the device, or else devices that have such a tag."""
    if device is not None:
        return [f"{device_name}.{tag.key}" if device_name else tag.key for tag in device.tags]
    with_key = [f"{each.name}.{key}" for each in devices.values() if any(tag.key == key for tag in each.tags)]
    return with_key or list(devices)

"""The tags that a rule may name: its own device's by their keys, those of others as `DEVICE.key`. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edge.config.finding import Findings, Place, did_you_mean
from edge.config.source import Node
from edge.model.tag import Device, Tag, tag_name


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

    def named(self, name: str, path: Sequence[str | int]) -> Tag | None:
        """A tag by the name that a rule has for it; None, mostly with a finding where the path leads, when there is none."""
        return self.at(name, self.node.follow(path).place)

    def at(self, name: str, place: Place) -> Tag | None:
        """The same, named at a place."""
        device_name, _, key = name.rpartition(".")
        device = self.devices.get(device_name) if device_name else self.device
        found = next((tag for tag in device.tags if tag.key == key), None) if device is not None else None
        if found is None and device_name not in self.broken:
            known = [tag.key for tag in self.device.tags]
            if device_name:
                known = [tag_name(each.name, tag.key) for each in self.devices.values() for tag in each.tags]
            self.findings.error(place, "tag_unknown", name=name[:100], hint=did_you_mean(name, known))
        return found

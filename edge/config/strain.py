"""Asking more of a connection than it can carry: said where it is written, most of all how often. Pure.

What a poll takes is known to each driver alone, so its catalog row names a function. Not here: that function
(`drivers/modbus/strain.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pkgutil import resolve_name

from edge.config.device_types import DriverRow, connection_section
from edge.config.devices import Devices, Instance
from edge.config.text.finding import Finding, Findings, Place


def check_strain(devices: Devices, drivers: Mapping[str, DriverRow], findings: Findings) -> None:
    """The impossible is an error; what leaves no room a warning."""
    for name, row in drivers.items():
        mine = [device for device in devices.built.values() if device.driver == name]
        if not mine or not row.strain:
            continue
        for each in resolve_name(row.strain)(mine):
            severity = "error" if each.refused or findings.strict else "warning"
            findings.add(Finding(_place(devices.instances[each.device], each.tag, each.key), each.phrase, severity))


def _place(instance: Instance, tag: str, key: str) -> Place:
    """That key of a tag, or of the device; where the device leaves it out, its connection."""
    if tag and instance.type is not None:
        return instance.type.tags[tag].point.follow((key,)).place
    connection = connection_section(instance.node, instance.type) or instance.node
    written = connection.get(key)
    return written.place if written is not None else connection.key

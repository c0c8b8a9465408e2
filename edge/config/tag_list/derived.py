"""Derived tags of device types as rows of a sheet of their own, to be read: they are written in the files. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from edge.config.devices import Devices
from edge.config.sheets.columns import Column, Form, heads_of
from edge.config.tag_list.columns import DEVICE_TYPE, TAG
from edge.config.tag_list.rows import Row, tag_row


def _shown(name: str, *path: str, width: int = 12) -> Column:
    return Column(name, Form.SHOWN, path, width, heads_of(f"tag_list.column.{name}"))


DEVICE = _shown("device", width=20)
DERIVED_COLUMNS = (
    DEVICE_TYPE,
    DEVICE,
    TAG,
    _shown("name_zh", "words", "zh", width=24),
    _shown("name_en", "words", "en", width=24),
    _shown("expression", "expression", width=40),
    _shown("counted", "count", width=20),
    _shown("over", "over"),
    _shown("from", "from"),
    _shown("unit", "unit", width=8),
    _shown("stale_after", "stale_after"),
    _shown("on_change", "on_change"),
    _shown("data_class", "data_class"),
    _shown("other", width=28),
)


def derived_rows(devices: Devices, types: Collection[str]) -> Iterator[Row]:
    """One row for each derived tag of these types, as it is written, in the order of the files; behind them those that single
    devices have of their own."""
    for name, device_type in devices.types.items():
        if name in types:
            for tag, source in device_type.derived.items():
                yield tag_row(name, tag, source.node, DERIVED_COLUMNS)
    for device, instance in devices.instances.items():
        if instance.type is not None and instance.type.name in types:
            for tag, source in instance.type.derived.items():
                if tag not in devices.types[instance.type.name].derived:
                    yield {**tag_row(instance.type.name, tag, source.node, DERIVED_COLUMNS), DEVICE.name: device}

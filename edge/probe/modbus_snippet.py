"""What stands in a window as readings, and the beginning of a plant part that reads it: a type and a device. Pure.

Not here: the tables around it (`modbus_text.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from drivers.modbus.access import Frames
from drivers.modbus.address import ADDRESS_MAX
from drivers.modbus.layout import PointType
from edge.config.text.yaml_edit import written
from edge.probe.modbus_wish import Wish
from edge.probe.readings import WIDE, Match, Reading, likely, matches, readings_from, run_from
from edge.probe.registers import Window
from edge.texts import render

#: More guesses than this beside the first one help nobody.
OTHERS_MAX = 3


def snippet(window: Window, wish: Wish, language: str) -> list[str]:
    """A type and a device: a whole file of `devices/`, once its names are put right."""
    lines = [
        "types:",
        "  my_type:",
        "    words: {zh: 我的设备类型, en: my type}",
        "    driver: modbus",
        "    tags:",
        "      my_tag:",
    ]
    lines += [f"        {line}" for line in _tag_lines(window, wish, language)]
    lines += ["devices:", "  my_device:", "    type: my_type", "    area: my_area", "    words: {zh: 我的设备, en: my device}"]
    return [*lines, f"    connection: {{{', '.join(way_lines(wish, window.unit))}}}"]


def way_lines(wish: Wish, unit: int) -> list[str]:
    """How the device was reached, as keys of its connection; without what is a default."""
    connection = wish.connection
    if connection.serial is not None:
        said = connection.serial.model_dump(exclude_defaults=True)
        return [f"serial: {written({**said, 'baud': connection.serial.baud})}", f"unit_id: {unit}"]
    host = f'"{wish.target.host}"' if ":" in wish.target.host else wish.target.host
    lines = [f"host: {host}", f"port: {wish.target.port}", f"unit_id: {unit}"]
    if connection.frames is Frames.RTU:
        lines.append("frames: rtu")
    if connection.tls is not None:
        files = connection.tls.files
        said = {
            "ca": files.ca,
            "cert": files.cert,
            "key": files.key and f"${{file:{files.key}}}",
            "server_name": files.server_name,
        }
        kept = {name: each for name, each in said.items() if each is not None}
        lines.append(f"tls: {written(kept) if kept else 'true'}")
    return lines


def kinds_of(wish: Wish) -> Sequence[PointType]:
    return WIDE if wish.kind is None else (wish.kind,)


def readings_in(window: Window, number: int, kinds: Iterable[PointType]) -> list[Reading]:
    if window.address.table.holds_bits:
        return []
    return readings_from(replace(window.address, number=number), run_from(window.cells, number), kinds)


def likely_in(window: Window, wish: Wish, shift: int) -> list[Reading]:
    number = window.address.number + shift
    if window.address.table.holds_bits or not 0 <= number <= ADDRESS_MAX:
        return []
    return likely(
        window.cells, replace(window.address, number=number), (PointType.INT16, *WIDE) if wish.kind is None else (wish.kind,)
    )


def matches_in(window: Window, wish: Wish) -> list[Match]:
    """The ways in which the registers show what was expected, of the type that the person says they have."""
    if wish.expected is None or window.address.table.holds_bits:
        return []
    found = matches(window.cells, window.address, wish.expected)
    return [each for each in found if wish.kind in (None, each.reading.kind)]


def described(reading: Reading) -> str:
    """`float32 CDAB`"""
    return " ".join(filter(None, (str(reading.kind), str(reading.order or ""))))


def _tag_lines(window: Window, wish: Wish, language: str) -> list[str]:
    words = "words: {zh: 我的测点, en: my tag}"
    expected = next(iter(matches_in(window, wish)), None)
    if expected is not None:
        order = expected.reading.order
        return [
            f"address: {expected.reading.address}",
            f"type: {expected.reading.kind}",
            *([f"word_order: {order}"] if order is not None else []),
            *([f"scale: {expected.scale:f}"] if expected.scale != 1 else []),
            words,
        ]
    lines = [f"address: {window.address}"]
    if wish.kind is PointType.STRING:
        lines += ["type: string", f"length: {2 * window.count}"]
    elif not window.address.table.holds_bits:
        readings = likely_in(window, wish, 0) or readings_in(window, window.address.number, [wish.kind or PointType.INT16])
        lines += [f"type: {readings[0].kind}"]
        lines += [f"word_order: {readings[0].order}"] if readings[0].order is not None else []
        others = ", ".join(f"{described(each)} = {each.shown}" for each in readings[1 : OTHERS_MAX + 1] if each.is_plausible)
        lines += ["# " + render("probe.modbus.plausible_too", {"others": others}, language)] if others else []
    return [*lines, words]

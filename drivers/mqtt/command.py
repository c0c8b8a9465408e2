"""Values into the payloads of commands. Pure.

Not here: whether it may be written, which is decided before, and sending (`driver.py`).
"""

from __future__ import annotations

import json
import math

from drivers.mqtt.codec import TEXT_CHARS_MAX
from drivers.mqtt.config import MqttPoint, ValueType, Write
from drivers.mqtt.topic import VALUE


def payload_of(point: MqttPoint, write: Write, raw: float | str) -> bytes | None:
    """raw: as the device has it, without scale and offset. None: it is no value of the tag's type."""
    word = _word(point.type, write, raw)
    if word is None:
        return None
    if isinstance(raw, str) and write.payload != VALUE:
        # In a document it stands between quotes that the template has.
        word = json.dumps(word, ensure_ascii=False)[1:-1]
    return write.payload.replace(VALUE, word).encode()


def _word(kind: ValueType, write: Write, raw: float | str) -> str | None:
    if isinstance(raw, str) or kind is ValueType.TEXT:
        is_shown = isinstance(raw, str) and len(raw) <= TEXT_CHARS_MAX and raw.isprintable()
        return str(raw) if is_shown and kind is ValueType.TEXT else None
    if kind is ValueType.BOOL:
        return {1.0: write.on, 0.0: write.off}.get(raw)
    if not math.isfinite(raw):
        return None
    return str(int(raw)) if raw == int(raw) and abs(raw) < 2**53 else repr(raw)

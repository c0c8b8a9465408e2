"""Numbers as people read them on a phone: enough digits to act on, none that only look exact."""

from __future__ import annotations

import math

#: 84.23456 °C is read as 84.23: sensors of a line are rarely better than one in a thousand.
SIGNIFICANT_DIGITS = 4
#: Beyond these a plain number is longer than its exponent form.
PLAIN_MIN, PLAIN_MAX = 1e-4, 1e7


def number_text(value: float) -> str:
    """At most 11 characters. The whole part is never rounded to tens: 12345.6 reads 12346, not 12350."""
    magnitude = abs(value)
    if magnitude == 0:
        return "0"
    if not PLAIN_MIN <= magnitude < PLAIN_MAX:
        return f"{value:.{SIGNIFICANT_DIGITS}g}"
    decimals = max(0, SIGNIFICANT_DIGITS - 1 - math.floor(math.log10(magnitude)))
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def quantity_text(value: float, unit: str) -> str:
    """`84.2 °C`; without a unit the number alone."""
    return f"{number_text(value)} {unit}".rstrip()

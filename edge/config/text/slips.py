"""Durations and numbers as people write them elsewhere, and how this folder writes what they most likely mean. Pure."""

from __future__ import annotations

import re

#: Other names of our units. `m` may be minutes anywhere but in a drawing.
_UNITS = {
    "ms": ("msec", "msecs", "millis", "millisecond", "milliseconds", "毫秒"),
    "s": ("sec", "secs", "second", "seconds", "秒", "秒钟"),
    "min": ("m", "mins", "minute", "minutes", "分", "分钟"),
    "h": ("hr", "hrs", "hour", "hours", "时", "小时", "个小时", "钟头"),
    "d": ("day", "days", "天", "日"),
}
_UNIT_MEANT = {name: unit for unit, names in _UNITS.items() for name in (unit, *names)}
#: As many digits as a duration may have: more are suggested to nobody.
_DURATION = re.compile(r"-?\d{1,9}(?:\.\d{1,6})?")
#: No zeros in front: `012` may be meant as octal.
_AMOUNT = re.compile(r"([+-]?(?:0|[^\D0]\d*)(?:[.,]\d+)?)\s*(\D*)")
_THOUSANDS = re.compile(r"[+-]?\d{1,3},\d{3}")


def duration_meant(given: str) -> str | None:
    """`10min` of `10m`, `10s` of `10 seconds` and of `10秒`; None when it is no duration of anybody's."""
    found = _AMOUNT.fullmatch(given.strip())
    unit = _UNIT_MEANT.get(found[2].strip().lower()) if found is not None else None
    if found is None or unit is None:
        return None
    amount = _plain(found[1])
    return f"{amount}{unit}" if _DURATION.fullmatch(amount) else None


def number_meant(given: str) -> str | None:
    """`80.5` of `80,5`; None when it is no number, when a comma may part thousands, and when something stands behind it:
    without its unit it may be another one."""
    found = _AMOUNT.fullmatch(given.strip())
    if found is None or found[2] or _THOUSANDS.fullmatch(found[1]):
        return None
    return _plain(found[1])


def _plain(amount: str) -> str:
    """Digits of any script and a decimal comma, as YAML has a number."""
    whole, _, decimals = amount.replace(",", ".").lstrip("+").partition(".")
    number = f"{int(whole)}" if not whole.startswith("-") else f"-{int(whole[1:])}"
    return f"{number}.{''.join(str(int(digit)) for digit in decimals)}" if decimals else number

"""Expressions at random: texts of the language in which numbers stand where numbers must, and conditions where those must.

Each is written out of a handful of bytes, which decide at every fork; that makes thousands of them cheap."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hypothesis import strategies as st

NAMES = ("a", "b", "L1.c", "'L-2.d'")
KEYS = tuple(name.strip("'") for name in NAMES)

# «n» stands for a number, «c» for a condition, «t» for a tag; the first few of each need nothing further.
_NUMBERS = """
    «t» | «t» | 0 | 1 | -3 | 0.5 | 7.25 | 1e308 | -1e-300 | 65535 | («n») | (-«n») | (+«n») |
    «n» + «n» | «n» - «n» | «n» * «n» | «n» / («n» - «t») | «n» // («n» - «t») | «n» % («n» - «t») | («n») ** 2 | («n») ** 7 |
    («n» if «c» else «n») | («t» if «c» else «t») | abs(«n») | round(«n») | sqrt(«n») | floor(«n») | ceil(«n») |
    clamp(«n», «n», «t») | min(«n», «n») | max(«n», «n») | mean(«n», «n», «n»)
"""
_CONDITIONS = """
    «t» | «t» | true | false | («c» and «c») | («c» or «c») | («c» and «c» and «c») | (not «c») | («c» if «c» else not «c») |
    («n» < «n») | («n» <= «n») | («n» > «n») | («n» >= «n») | («n» == «n») | («n» != «n») | («n» < «n» != «n» <= «n») |
    ((not «c») == «c») | («c» != «c» == (not «c»)) | between(«n», «n», «t») | bit(«n», 0) | bit(«n», 15) | bit(«n», 52) |
    at_least(1, «c», «c») | at_least(2, «c», «c», «c»)
"""
_SIMPLE = {"n": 10, "c": 4, "t": len(NAMES)}
_CHOICES = {
    "n": [each.strip() for each in _NUMBERS.split("|")],
    "c": [each.strip() for each in _CONDITIONS.split("|")],
    "t": list(NAMES),
}


def _write(form: str, depth: int, forks: Iterator[int]) -> str:
    """forks: what to take each time; when they are used up, the first."""
    choices = _CHOICES[form] if depth else _CHOICES[form][: _SIMPLE[form]]
    chosen = choices[next(forks, 0) % len(choices)]
    return re.sub("«(.)»", lambda found: _write(found[1], depth - 1 if depth else 0, forks), chosen)


texts = st.builds(lambda form, forks: _write(form, 4, iter(forks)), st.sampled_from("nc"), st.binary(max_size=40))
"""Numbers and conditions; some of them read no tag."""

values = st.one_of(
    st.none(),
    st.sampled_from((0.0, 1.0, -1.0, 2.0, 5.0, 2.5, -32768.0, 65535.0, 2.0**53, 2.0**54, 1e308, -1e308)),
    st.floats(-1e6, 1e6),
)
"""Of a tag; None: unknown."""

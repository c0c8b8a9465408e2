"""The signals, a file a class: what a rule compares when it is not the tag itself.

A new class of signals is a file here and a row in `BANK_OF`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rules.signals.base import SignalBank

BANK_OF: Mapping[type[Any], Callable[[Sequence[Any]], SignalBank]] = {}

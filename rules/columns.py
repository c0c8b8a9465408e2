"""The types of the engine's columns, and nothing else.

A column is an array with one entry a tag (its slot), a rule (its row) or a sample of a wave. Moments that cannot be
None in a column are `NEVER` when there is none.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Moments = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Indices = NDArray[np.intp]
"""Slots, rows or positions, used to index other columns."""
Bytes = NDArray[np.uint8]

"""An amount as a multiple of its control limit: 1.0 is the limit, and whatever is beyond it is above 1.0.

Charts signal strictly beyond the limit, while a rule `high` enters at its own. So such a rule has the limit `OUTSIDE`, the next
number above 1.0, and no deadband: it enters when the chart is outside, and leaves when it is inside again, to the last digit.
"""

from __future__ import annotations

import math

import numpy as np

from rules.columns import Bools, Floats

#: The least multiple that is outside.
OUTSIDE = math.nextafter(1.0, math.inf)

MOST = float(np.finfo(np.float64).max)


def limit_multiple(amount: Floats, limit: Floats, outside: Bools) -> Floats:
    """amount: 0 or more. limit: above 0. outside: compared already, where no division has rounded; it decides on which side of
    1.0 the multiple is."""
    with np.errstate(over="ignore"):
        ratio = np.minimum(amount / limit, MOST)
    return np.where(outside, np.maximum(ratio, OUTSIDE), np.minimum(ratio, 1.0))

"""Makes recording.csv: 20 minutes of a water circulation pump, one row a second, with a throttled outlet valve in between.

    python make_recording.py > recording.csv

Ours, with the columns of the Skoltech Anomaly Benchmark and none of its data. Flow and motor current follow the valve at
once, the motor's body follows its load with a time constant of 100 s, the water warms slowly; each sensor has noise of its
own, and pressure comes in the steps of a coarse transmitter. `anomaly` is 1 while the valve is throttled, `changepoint`
in the row where that begins or ends.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta

START = datetime(2026, 5, 4, 10, 0, 0)
ROWS = 1200
THROTTLED = range(600, 900)
BODY_TIME_CONSTANT_S = 100.0
PRESSURE_STEP_BAR = 0.33
HEADER = (
    "datetime;Accelerometer1RMS;Accelerometer2RMS;Current;Pressure;Temperature;Thermocouple;Voltage;"
    "Volume Flow RateRMS;anomaly;changepoint"
)


def rows(chance: random.Random) -> Iterator[str]:
    """The rows of the file, without line ends."""
    valve, body, water, drift = 1.0, 85.0, 25.0, 0.0
    for second in range(ROWS):
        is_throttled = second in THROTTLED
        # The actuator takes some seconds; the drift is what no loop is ever free of.
        valve += ((0.55 if is_throttled else 1.0) - valve) / 8
        drift += -drift / 200 + chance.gauss(0, 0.01)
        load = 1 - 0.35 * (1 - valve)
        body += (70 + 15 * load * load + drift - body) / BODY_TIME_CONSTANT_S
        water += (26.2 - water) / 2500
        pressure = 0.1 + 0.25 * (1 - valve) + chance.gauss(0, 0.25)
        values = (
            0.083 - 0.003 * (1 - valve) + chance.gauss(0, 0.0006),
            0.130 - 0.008 * (1 - valve) + chance.gauss(0, 0.0015),
            1.9 * load + chance.uniform(-0.45, 0.45),
            round(pressure / PRESSURE_STEP_BAR) * PRESSURE_STEP_BAR,
            body + chance.gauss(0, 0.12),
            water + chance.gauss(0, 0.01),
            230 + chance.gauss(0, 8),
            60 * (1 - 0.12 * (1 - valve)) + drift + chance.choice((-0.5, 0.0, 0.0, 0.5)),
        )
        moment = START + timedelta(seconds=second)
        changed = second in (THROTTLED.start, THROTTLED.stop)
        yield ";".join([str(moment), *(f"{value:.6g}" for value in values), f"{float(is_throttled)}", f"{float(changed)}"])


def main() -> None:
    sys.stdout.write("\n".join([HEADER, *rows(random.Random(20260504))]) + "\n")


if __name__ == "__main__":
    main()

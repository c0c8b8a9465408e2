"""One life of a history over a folder, as a process of its own that can be killed: `history_life.py FOLDER MINUTES`.

It takes up where the last life ended (a minute later, as a restart takes time), keeps a sample a second, and says each minute
that it wrote. An hour begins with minute 3, so that minutes are merged while it runs.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from edge.history.segment import SegmentName
from edge.model.moment import HOUR, MINUTE
from tests.history_rig import T0, Rig

START = T0 + HOUR - 3 * MINUTE


def main(folder: Path, minutes: int) -> None:
    rig = Rig(folder)
    names = [name for path in folder.glob("*.parquet") if (name := SegmentName.parse(path.name)) is not None]
    rig.clock.moment = max((name.until + MINUTE for name in names), default=START)
    for _ in range(minutes):
        began = rig.clock.now()
        rig.minutes()
        os.write(1, f"{began}\n".encode())
    rig.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))

"""How often Python looks for garbage in an agent, where nearly all that is alive is the plant and stays.

A flood of alarms makes some hundred thousand objects that all stay, too. As Python counts by itself, it would look through them
hundreds of times meanwhile, and now and then through the whole plant: a fifth of the time of the flood, to find nothing.
"""

from __future__ import annotations

import gc

#: New objects until the youngest are looked through; how often that until the younger, and the older ones are.
THRESHOLDS = (50_000, 20, 100)


def settle_heap() -> None:
    """What is alive now is not looked through again. To be called when the plant stands, before anything is read."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)


def release_heap() -> None:
    """At the end all of it may be taken apart again: libraries in C tell of what is left over as of a leak."""
    gc.unfreeze()

"""What must hold of the account of what the cloud counts.

usage_is_known   through crashes at any point the account never says less than the cloud counted, nor much more
"""

from __future__ import annotations

from collections import Counter

from cloud_bridge.quota.meter import BLOCK
from tests.simulation.play import Record
from tests.simulation.script import DiskRefuses


def usage_is_known(record: Record) -> list[str]:
    """Calls that were made while the disk refused may be forgotten by a crash: of such a play nothing is asked."""
    deaths = len(record.deaths)
    if deaths and any(isinstance(timed.step, DiskRefuses) for timed in record.script):
        return []
    wrong = []
    # What was refused, lost or pressed is counted to be safe, and the cloud may not count it.
    doubtful = Counter({"api": len(record.calls), "push": len(record.calls) + len(record.touches)})
    for kind, counted in record.counted.items():
        accounted = record.accounted[kind]
        if accounted < counted:
            wrong.append(f"the cloud counted {counted} of {kind}, the account says {accounted}")
        if accounted > counted + doubtful[kind] + (BLOCK - 1) * deaths:
            wrong.append(f"the cloud counted {counted} of {kind}, the account says {accounted} after {deaths} crashes")
    return wrong

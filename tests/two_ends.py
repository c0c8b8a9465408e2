"""How two workers share the tests: one from each end.

Kinds are collected in the order of their names, so those with sockets, processes and browsers, which wait a lot, come first,
and the unit tests, which only compute, come last. The first worker begins at the front, the other one at the back, until they
meet: at any time one waits while the other computes. A file's tests stay together, for the sake of what they share.
"""

from __future__ import annotations

import pytest
from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController


class FromBothEnds(LoadFileScheduling):
    def _assign_work_unit(self, node: WorkerController) -> None:
        if node is not self.nodes[0]:
            self.workqueue.move_to_end(next(reversed(self.workqueue)), last=False)
        super()._assign_work_unit(node)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> FromBothEnds:
    return FromBothEnds(config, log)

"""Of a flood, people read digests; a system that keeps a state for each alarm is told of each."""

from __future__ import annotations

from edge.config.flood import told_of_each
from edge.model.person import Directory, Group

MACHINES = ("webhook", "mqtt")


def test_a_group_that_is_reached_by_channels_of_machines_alone_has_no_floods() -> None:
    groups = {
        "mes": Group("mes", "MES", "en", {"webhook": {"endpoint": "mes"}, "mqtt": {"topic": "events"}}),
        "shift": Group("shift", "Shift", "zh", {"dingtalk": {"group": "shift"}, "webhook": {"endpoint": "board"}}),
        "nobody": Group("nobody", "Nobody", "zh"),
    }
    assert told_of_each(Directory({}, {}, groups), MACHINES) == {"group:mes": None}

"""Out of service: a person hides an alarm while its device is being worked on, bound to a reason and to a work order or permit.

It has no end of its own; whoever reviews what is out of service finds who, why and under which order. What warns people of a
danger to them stays in service always.
"""

from __future__ import annotations

from dataclasses import replace

from rules.alarm import Alarm


def take_out(alarm: Alarm, by: str, reason: str, work_order: str) -> Alarm:
    facts = replace(alarm.facts, out_of_service=True)
    return alarm._replace(facts=facts, service_by=by, service_reason=reason, work_order=work_order, realarm_at=None)


def bring_back(alarm: Alarm) -> Alarm:
    facts = replace(alarm.facts, out_of_service=False)
    return alarm._replace(facts=facts, service_by=None, service_reason=None, work_order=None)

"""The parts of the organisation file beside app, persons and groups: departments, shifts, balances, what is written into."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

from simulators.dingtalk.organisation import (
    ROOT,
    Balances,
    Department,
    DeviceEvents,
    Leave,
    Organisation,
    Process,
    Shift,
    Table,
)
from simulators.dingtalk.section import Section

#: Top-level keys that are read here.
KEYS = ("balances", "departments", "shifts", "leaves", "device_events", "tables", "workspaces", "processes")
_SHIFT_KEYS = ("id", "name", "start", "end", "people", "weekdays")


def complete(organisation: Organisation, top: Section) -> Organisation:
    """The organisation with what the file says beside app, persons and groups; a list that is left out stays as it is. Problems
    are added to those of `top`."""
    tables = top.sections("tables", known=("base_id", "sheets"))
    processes = top.sections("processes", known=("code", "name", "approvers"))
    whole = replace(
        organisation,
        balances=_balances(top) if "balances" in top.data else organisation.balances,
        departments=tuple(_department(each) for each in top.sections("departments", known=("id", "name", "parent"))),
        shifts=tuple(_shift(each) for each in top.sections("shifts", known=_SHIFT_KEYS)),
        leaves=tuple(_leave(each) for each in top.sections("leaves", known=("user_id", "start", "end"))),
        device_events=_device_events(top) if "device_events" in top.data else organisation.device_events,
        tables=tuple(Table(each.text("base_id"), each.texts("sheets")) for each in tables) or organisation.tables,
        workspaces=top.texts("workspaces") or organisation.workspaces,
        processes=tuple(Process(each.text("code"), each.text("name"), each.texts("approvers")) for each in processes)
        or organisation.processes,
    )
    _check(whole, top.problems)
    return whole


def _device_events(top: Section) -> DeviceEvents:
    section = top.section("device_events", known=("conversation_id", "owner"))
    return DeviceEvents(section.text("conversation_id", ""), section.text("owner", ""))


def _balances(top: Section) -> Balances:
    section = top.section("balances", known=("sms", "calls"))
    bought = Balances()
    return Balances(section.whole("sms", bought.sms), section.whole("calls", bought.calls))


def _department(section: Section) -> Department:
    return Department(section.whole("id", 0), section.text("name"), section.whole("parent", ROOT))


def _shift(section: Section) -> Shift:
    for key in ("start", "end"):
        if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", str(section.data.get(key, ""))):
            section.problems.append(f'{section.where}.{key}: must be a time such as "08:00", is {section.data.get(key)!r}')
    return Shift(
        section.whole("id", 0),
        section.text("name"),
        str(section.data.get("start", "")),
        str(section.data.get("end", "")),
        section.texts("people"),
        section.wholes("weekdays", (1, 2, 3, 4, 5, 6, 7)),
    )


def _leave(section: Section) -> Leave:
    for key in ("start", "end"):
        value = str(section.data.get(key, ""))
        try:
            is_moment = datetime.fromisoformat(value).tzinfo is not None
        except ValueError:
            is_moment = False
        if not is_moment:
            section.problems.append(f'{section.where}.{key}: must be such as "2026-05-01T08:00:00+08:00", is {value!r}')
    return Leave(section.text("user_id"), str(section.data.get("start", "")), str(section.data.get("end", "")))


def _check(found: Organisation, problems: list[str]) -> None:
    known = {person.user_id for person in found.persons}
    ids = {ROOT, *(department.department_id for department in found.departments)}
    for index, person in enumerate(found.persons):
        problems.extend(
            f"persons[{index}].departments: there is no department {department}"
            for department in person.departments
            if department not in ids
        )
    for index, shift in enumerate(found.shifts):
        problems.extend(
            f"shifts[{index}].people: no person has the user_id {user_id!r}" for user_id in shift.people if user_id not in known
        )
        if shift.shift_id == 0:
            problems.append(f"shifts[{index}].id: must be a whole number above 0: 0 means rest")
    problems.extend(
        f"leaves[{index}].user_id: no person has the user_id {leave.user_id!r}"
        for index, leave in enumerate(found.leaves)
        if leave.user_id not in known
    )
    problems.extend(
        f"processes[{index}].approvers: no person has the user_id {user_id!r}"
        for index, process in enumerate(found.processes)
        for user_id in process.approvers
        if user_id not in known
    )
    where = found.device_events
    if where.owner and where.owner not in known:
        problems.append(f"device_events.owner: no person has the user_id {where.owner!r}")
    if where.conversation_id and all(group.conversation_id != where.conversation_id for group in found.groups):
        problems.append(f"device_events.conversation_id: there is no group {where.conversation_id!r}")

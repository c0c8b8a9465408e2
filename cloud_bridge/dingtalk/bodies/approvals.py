"""Approvals of the organisation's own processes (OA 审批). Pure. dingtalk-api 11.2.

A start has no key. Where the process has a field for it, we write one there ourselves, and look for it before a start whose
outcome nobody knows is made again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloud_bridge.dingtalk.endpoints import APPROVAL_GET, APPROVAL_LIST, APPROVAL_START, Request
from cloud_bridge.dingtalk.payloads import msg_uuid
from cloud_bridge.dingtalk.verdicts import Accepted, Answer
from cloud_bridge.fitting import fold
from edge.model.moment import MILLISECOND, Moment

VALUE_BYTES_MAX = 65_535
FIELDS_MAX = 150
#: The newest are looked at when ours may be among them: one list, and one call each.
LOOK_AT_MAX = 5


def start(
    process_code: str, fields: Mapping[str, str], *, user: str, department_id: int, key_field: str | None, key: str
) -> Request:
    """user: in whose name. department_id: of the person; -1 is the root. key: of the intent, kept in key_field."""
    given = [(name, fold(value, VALUE_BYTES_MAX)) for name, value in fields.items() if name != key_field]
    if key_field is not None:
        given.insert(0, (key_field, msg_uuid(key)))
    body: dict[str, Any] = {
        "processCode": process_code,
        "originatorUserId": user,
        "deptId": department_id,
        "formComponentValues": [{"name": name, "value": value} for name, value in given[:FIELDS_MAX]],
    }
    return Request(APPROVAL_START, body)


def list_since(process_code: str, *, since: Moment, user: str) -> Request:
    body = {
        "processCode": process_code,
        "startTime": since // MILLISECOND,
        "nextToken": 0,
        "maxResults": 20,
        "userIds": [user],
    }
    return Request(APPROVAL_LIST, body)


def get(instance: str) -> Request:
    return Request(APPROVAL_GET, None, {}, {"processInstanceId": instance})


def listed(answer: Accepted) -> list[str]:
    """The newest instances that were listed."""
    result = answer.body.get("result")
    ids = result.get("list") if isinstance(result, Mapping) else None
    return [str(each) for each in ids][-LOOK_AT_MAX:] if isinstance(ids, list) else []


def holds(answer: Accepted, *, key_field: str, key: str) -> bool:
    """Whether the instance looked at is the one that was started with this key."""
    result = answer.body.get("result")
    values = result.get("formComponentValues") if isinstance(result, Mapping) else None
    rows = values if isinstance(values, list) else []
    return any(isinstance(row, Mapping) and row.get("name") == key_field and row.get("value") == msg_uuid(key) for row in rows)


def instance_of(answer: Answer) -> str | None:
    instance = answer.body.get("instanceId") if isinstance(answer, Accepted) else None
    return str(instance) if instance else None

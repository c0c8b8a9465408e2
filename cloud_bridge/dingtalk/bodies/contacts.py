"""People and departments of the organisation. Pure. dingtalk-api 12.1.

Old answers carry numbers and flags as texts now and then, and leave out what is empty: read leniently.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cloud_bridge.dingtalk.endpoints import (
    SUB_DEPARTMENTS,
    USER_BY_CODE,
    USER_BY_MOBILE,
    USER_GET,
    USERS_OF_DEPARTMENT,
    Request,
)
from cloud_bridge.dingtalk.verdicts import Accepted

ROOT_DEPARTMENT = 1


@dataclass(frozen=True, slots=True)
class User:
    """A person of the organisation. union_id: the same person for our developer; to-dos and conferences name people by it.
    departments: ids. is_active: has logged in to DingTalk at least once, so that something can arrive."""

    user_id: str
    union_id: str
    name: str
    departments: tuple[int, ...] = ()
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Department:
    id: int
    name: str
    parent: int


def user(user_id: str) -> Request:
    return Request(USER_GET, {"userid": user_id})


def by_mobile(mobile: str) -> Request:
    return Request(USER_BY_MOBILE, {"mobile": mobile})


def by_code(code: str) -> Request:
    """code: what the client inside DingTalk got for our page; good for five minutes, and once."""
    return Request(USER_BY_CODE, {"code": code})


def of_department(department: int) -> Request:
    return Request(USERS_OF_DEPARTMENT, {"dept_id": department})


def sub_departments(department: int) -> Request:
    return Request(SUB_DEPARTMENTS, {"dept_id": department})


def read_user(answer: Accepted) -> User | None:
    """Of `user`; None when the answer holds nobody."""
    found = _result(answer)
    user_id, union_id = found.get("userid"), found.get("unionid")
    if not user_id or not union_id:
        return None
    listed = found.get("dept_id_list")
    departments = tuple(number for each in listed if (number := _number(each)) is not None) if isinstance(listed, list) else ()
    is_active = str(found.get("active", True)).lower() not in ("false", "0")
    return User(str(user_id), str(union_id), str(found.get("name") or ""), departments, is_active)


def read_user_id(answer: Accepted) -> str | None:
    """Of `by_mobile` and `by_code`."""
    user_id = _result(answer).get("userid")
    return str(user_id) if user_id else None


def read_user_ids(answer: Accepted) -> tuple[str, ...]:
    """Of `of_department`."""
    ids = _result(answer).get("userid_list")
    return tuple(str(each) for each in ids) if isinstance(ids, list) else ()


def read_departments(answer: Accepted) -> tuple[Department, ...]:
    """Of `sub_departments`."""
    rows = answer.body.get("result")
    found = []
    for row in rows if isinstance(rows, list) else ():
        number = _number(row.get("dept_id")) if isinstance(row, Mapping) else None
        if number is not None:
            found.append(Department(number, str(row.get("name") or ""), _number(row.get("parent_id")) or ROOT_DEPARTMENT))
    return tuple(found)


def _result(answer: Accepted) -> Mapping[str, Any]:
    result = answer.body.get("result")
    return result if isinstance(result, Mapping) else {}


def _number(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None

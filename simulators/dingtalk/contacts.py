"""Looking people up (reference 12.1). Old family, not counted in the monthly quota; missing values are omitted, not null."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from simulators.dingtalk.calls import Call, Done, Handler
from simulators.dingtalk.directory import Directory
from simulators.dingtalk.fields import Fields, old_family
from simulators.dingtalk.ledger import Effect
from simulators.dingtalk.organisation import ROOT, Person
from simulators.dingtalk.routes import CallName
from simulators.dingtalk.wire import OldFamilyError

#: The permission without which a person's mobile number is left out of an answer.
MOBILE_SCOPE = "fieldMobile"

INVALID = old_family(40035)


class ContactCalls:
    """missing_scopes: asks which permissions the app was not granted."""

    def __init__(self, directory: Directory, missing_scopes: Callable[[], frozenset[str]]) -> None:
        self._directory = directory
        self._missing_scopes = missing_scopes

    def calls(self) -> Mapping[CallName, Handler]:
        return {
            CallName.USER_GET: self.get_user,
            CallName.USER_BY_MOBILE: self.by_mobile,
            CallName.USER_BY_UNION_ID: self.by_union_id,
            CallName.DEPARTMENT_USERS: self.users_of_department,
            CallName.DEPARTMENT_SUBS: self.sub_departments,
            CallName.DEPARTMENT_SUB_IDS: self.sub_department_ids,
        }

    def get_user(self, call: Call) -> Done:
        """`POST topapi/v2/user/get`."""
        fields = Fields(call.body, INVALID)
        user_id = fields.text("userid")
        fields.allow("language")
        person = self._directory.person(user_id)
        if person is None:
            # A unionId in place of a userId ends here as well.
            raise OldFamilyError(60121, "找不到该用户")
        return _found(self._described(person), user_id, fields)

    def by_mobile(self, call: Call) -> Done:
        """`POST topapi/v2/user/getbymobile`."""
        fields = Fields(call.body, INVALID)
        mobile = fields.text("mobile")
        fields.allow("support_exclusive_account_search")
        if not mobile.removeprefix("+86-").isdecimal():
            raise OldFamilyError(40104, "电话号码无效")
        person = self._directory.person_by_mobile(mobile.removeprefix("+86-"))
        if person is None:
            raise OldFamilyError(60121, "找不到该用户")
        return _found({"userid": person.user_id}, person.user_id, fields)

    def by_union_id(self, call: Call) -> Done:
        """`POST topapi/user/getbyunionid`."""
        fields = Fields(call.body, INVALID)
        person = self._directory.person_by_union_id(fields.text("unionid"))
        if person is None:
            raise OldFamilyError(60121, "找不到该用户")
        return _found({"contact_type": 0, "userid": person.user_id}, person.user_id, fields)

    def users_of_department(self, call: Call) -> Done:
        """`POST topapi/user/listid`: those of the department itself, not of what is below it."""
        fields = Fields(call.body, INVALID)
        department_id = self._department(fields)
        user_ids = [person.user_id for person in self._directory.persons if department_id in person.departments]
        return _found({"userid_list": user_ids}, str(department_id), fields)

    def sub_departments(self, call: Call) -> Done:
        """`POST topapi/v2/department/listsub`: one level down; without an id, from the root."""
        fields = Fields(call.body, INVALID)
        fields.allow("language")
        department_id = self._department(fields)
        below = [
            {
                "dept_id": each.department_id,
                "name": each.name,
                "parent_id": each.parent,
                "create_dept_group": False,
                "auto_add_user": False,
            }
            for each in self._directory.departments
            if each.parent == department_id
        ]
        return _found(below, str(department_id), fields)

    def sub_department_ids(self, call: Call) -> Done:
        """`POST topapi/v2/department/listsubid`."""
        fields = Fields(call.body, INVALID)
        department_id = self._department(fields)
        below = [each.department_id for each in self._directory.departments if each.parent == department_id]
        return _found({"dept_id_list": below}, str(department_id), fields)

    def _described(self, person: Person) -> dict[str, Any]:
        leads = [{"dept_id": department_id, "leader": False} for department_id in person.departments]
        result: dict[str, Any] = {
            "userid": person.user_id,
            "unionid": person.union_id,
            "name": person.name,
            "active": True,
            "admin": False,
            "boss": False,
            "senior": False,
            "exclusive_account": False,
            "hide_mobile": False,
            "dept_id_list": list(person.departments),
            "leader_in_dept": leads,
            "role_list": [],
        }
        if person.mobile and MOBILE_SCOPE not in self._missing_scopes():
            result |= {"mobile": person.mobile, "state_code": "86"}
        return result | {key: value for key, value in (("title", person.title), ("job_number", person.job_number)) if value}

    def _department(self, fields: Fields) -> int:
        department_id = fields.number("dept_id", ROOT)
        if department_id != ROOT and all(each.department_id != department_id for each in self._directory.departments):
            raise OldFamilyError(60003, "未找到对应部门")
        return department_id


def _found(result: Any, subject: str, fields: Fields) -> Done:
    return Done({"errcode": 0, "errmsg": "ok", "result": result}, Effect.LOOKED_UP, subject, fields.notes())

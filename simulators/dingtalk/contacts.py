"""Looking a person up: `topapi/v2/user/get` (reference 12.1). Old family, not counted in the monthly quota."""

from __future__ import annotations

from typing import Any

from simulators.dingtalk.calls import Call, Done, text_of
from simulators.dingtalk.directory import Directory
from simulators.dingtalk.ledger import Effect
from simulators.dingtalk.wire import OldFamilyError


def get_user(call: Call, directory: Directory) -> Done:
    """The person behind a `userid`. Missing values are omitted, not null."""
    user_id = text_of(call.body, "userid")
    if not user_id:
        raise OldFamilyError(40035, "缺少参数 userid")
    person = directory.person(user_id)
    if person is None:
        # A unionId in place of a userId ends here as well.
        raise OldFamilyError(60121, "找不到该用户")
    result: dict[str, Any] = {
        "userid": person.user_id,
        "unionid": person.union_id,
        "name": person.name,
        "active": True,
        "admin": False,
    }
    result |= {name: value for name, value in (("mobile", person.mobile), ("title", person.title)) if value}
    return Done({"errcode": 0, "errmsg": "ok", "result": result}, Effect.LOOKED_UP, user_id)

"""What an app may ask about itself: quotas used, and events that it never acknowledged (reference 0.5, 7.4, 14)."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from itertools import islice
from typing import Any

from simulators.dingtalk.behaviour import Behaviour
from simulators.dingtalk.calls import Call, Done, Handler
from simulators.dingtalk.fields import Fields, new_family
from simulators.dingtalk.ledger import Effect
from simulators.dingtalk.limits import Quota
from simulators.dingtalk.routes import CallName

PAGE_MAX = 200
INVALID = new_family("invalidParameter")


class AccountCalls:
    """failed: events nobody acknowledged; those that were read are taken out."""

    def __init__(self, behaviour: Behaviour, api_calls: Quota, pushes: Quota, failed: deque[dict[str, Any]]) -> None:
        self._quotas = {behaviour.benefit_code_api_calls: api_calls, behaviour.benefit_code_pushes: pushes}
        self._failed = failed

    def calls(self) -> Mapping[CallName, Handler]:
        return {
            CallName.USE_INFOS: self.use_infos,
            CallName.FAILED_EVENTS_OLD: self.failed_events_old,
            CallName.FAILED_EVENTS: self.failed_events,
        }

    def use_infos(self, call: Call) -> Done:
        """`POST v1.0/meter/resources/useInfos/query`: one pair of numbers for each code, in the order asked."""
        fields = Fields(call.body, INVALID)
        codes = fields.texts("benefitCodeList", mandatory=True)
        fields.allow("period")
        unknown = [code for code in codes if code not in self._quotas]
        if unknown:
            raise INVALID(f"benefitCodeList: unknown {', '.join(unknown)}")
        quotas = [self._quotas[code] for code in codes]
        for quota in quotas:
            quota.is_spent(call.now_us)
        result = [{"quotaNum": quota.limit if quota.limit is not None else -1, "usedNum": quota.used} for quota in quotas]
        return Done({"result": result}, Effect.LOOKED_UP, notes=fields.notes())

    def failed_events_old(self, call: Call) -> Done:
        """`GET call_back/get_call_back_failed_result`."""
        page, has_more = self._take()
        listed = [
            {
                "event_time": each["eventTime"],
                "call_back_tag": each["callBackTag"],
                "corpid": each["corpId"],
                each["callBackTag"]: each["callBackData"],
            }
            for each in page
        ]
        answer = {"errcode": 0, "errmsg": "ok", "has_more": has_more, "failed_list": listed}
        return Done(answer, Effect.LOOKED_UP)

    def failed_events(self, call: Call) -> Done:
        """`GET v1.0/event/callbacks/failedResults`."""
        page, has_more = self._take()
        return Done({"failedList": page, "hasMore": has_more}, Effect.LOOKED_UP)

    def _take(self) -> tuple[list[dict[str, Any]], bool]:
        page = list(islice(self._failed, PAGE_MAX))
        for _ in page:
            self._failed.popleft()
        return page, bool(self._failed)

"""A plant whose DingTalk can do all acts: the organisation as the stand-in plays it, `cloud.yaml`, and an act of each kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edge.model.act import AskApproval, OpenConference, OpenGroup, OpenOrder, WriteRow
from edge.model.moment import HOUR
from tests.unit.cloud_bridge.harness import ORGANISATION, START

ORG: Mapping[str, Any] = {
    **ORGANISATION,
    "app": {**ORGANISATION["app"], "agent_id": 1_234_567, "group_templates": [{"template_id": "tmpl-1"}]},
    "persons": [
        {"user_id": "fitter.a", "name": "甲班钳工", "mobile": "13900000001", "departments": [3]},
        {"user_id": "lead.a", "name": "甲班班长"},
    ],
    "departments": [{"id": 2, "name": "设备部", "parent": 1}, {"id": 3, "name": "轧机班", "parent": 2}],
    "groups": [],
    "tables": [{"base_id": "base1", "sheets": ["工单"]}],
    "workspaces": ["ws1"],
    "processes": [{"code": "PROC-1", "name": "报废", "approvers": ["lead.a"]}],
    "shifts": [
        {"id": 1, "name": "白班", "start": "08:00", "end": "20:00", "people": ["fitter.a"], "weekdays": [1, 2, 3, 4, 5, 6, 7]},
        {"id": 2, "name": "夜班", "start": "20:00", "end": "08:00", "people": ["lead.a"], "weekdays": [1, 2, 3, 4, 5, 6, 7]},
    ],
    "leaves": [{"user_id": "lead.a", "start": "2026-05-05T00:00:00+08:00", "end": "2026-05-05T08:00:00+08:00"}],
    "balances": {"sms": 1, "calls": 1},
}

PLANT: Mapping[str, Any] = {
    "groups": {},
    "calls": ["app", "sms", "phone"],
    "agent_id": 1_234_567,
    "group_template_id": "tmpl-1",
    "tables": {"orders": {"base_id": "base1", "sheet": "工单", "key_column": "工单号", "operator": "lead.a"}},
    "documents": {"reviews": {"workspace_id": "ws1", "operator": "lead.a"}},
    "approvals": {"scrap": {"process_code": "PROC-1", "key_field": "编号"}},
    "shifts": {"operator": "lead.a"},
    "public_url": "https://andon.example",
}

ORDER = OpenOrder("WO-17", "https://andon.example/orders/WO-17", START + HOUR)
GROUP = OpenGroup("INC-4", "3号机架 主电机", ("fitter", "li"))
CONFERENCE = OpenConference("INC-4", "3号机架 主电机", ("fitter", "li"))
ROW = WriteRow("orders", "WO-17", {"设备": "3号机架"})
REVIEW = WriteRow("reviews", "CRM-17 复盘", {"分钟": 12.5})
APPROVAL = AskApproval("scrap", {"事由": "轧辊裂纹"})

"""The organisation that the stand-in plays for a plant is one in which the plant's `cloud.yaml` would be right."""

from __future__ import annotations

import random

from cloud_bridge.dingtalk.config import DingTalkConfig
from edge.model.person import Directory
from edge.scenario.plant_organisation import organisation_of
from simulators.dingtalk.cloud import Cloud
from simulators.dingtalk.organisation import Organisation

PLANT = {
    "client_id": "dingandon",
    "client_secret": "${env:SECRET}",
    "agent_id": 7_654_321,
    "group_template_id": "incident",
    "tables": {
        "orders": {"base_id": "base", "sheet": "orders", "key_column": "key", "operator": "lead"},
        "alarms": {"base_id": "base", "sheet": "alarms", "key_column": "key", "operator": "lead"},
    },
    "documents": {"reviews": {"workspace_id": "space", "operator": "lead"}},
    "approvals": {"scrap": {"process_code": "PROC-SCRAP"}},
    "iot": "diot",
}


def played(**changes: object) -> Organisation:
    config = DingTalkConfig.model_validate(PLANT | changes)
    return organisation_of(config, Directory({}, {}, {}), lambda _reference: "secret")


def test_ids_that_the_plant_names_are_there() -> None:
    organisation = played()
    assert organisation.app.agent_id == 7_654_321
    assert [template.template_id for template in organisation.app.group_templates] == ["incident"]
    assert organisation.workspaces == ("space",)
    assert [process.code for process in organisation.processes] == ["PROC-SCRAP"]


def test_sheets_of_one_table_are_together() -> None:
    cloud = Cloud(played(), random.Random(1), [])
    assert set(cloud.tables.sheets) == {("base", "orders"), ("base", "alarms")}


def test_the_iot_clouds_are_open_only_to_a_plant_that_uses_one() -> None:
    assert Cloud(played(), random.Random(1), []).devices.is_bound
    assert played(iot="off").behaviour.iot_calls == "closed"

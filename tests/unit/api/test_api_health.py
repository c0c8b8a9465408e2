"""What probes, scrapers and generators of clients read."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi import FastAPI

from edge.model.intent import Refused
from tests.api_gateway import SmallGateway, Visitor

#: One line of Prometheus' text format: a name, labels, a figure.
FIGURE = re.compile(
    r'^[a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-z_]+="[^"\\\n]*")(,[a-z_]+="[^"\\\n]*")*\})? (-?[0-9.e+-]+|nan|inf|-inf)$'
)


async def test_live_says_ok_whatever_else_is_wrong(stranger: Visitor, gateway: SmallGateway) -> None:
    gateway.reasons = ("the store refuses to take rows",)
    assert (await stranger.http.get("/livez")).text == "ok"


async def test_ready_says_why_it_is_not(stranger: Visitor, gateway: SmallGateway) -> None:
    assert (await stranger.http.get("/readyz")).json() == {"ready": True, "reasons": []}
    gateway.reasons = ("the store refuses to take rows",)
    answer = await stranger.http.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "reasons": ["the store refuses to take rows"]}


async def test_metrics_are_in_the_text_format_with_one_type_a_name(stranger: Visitor, gateway: SmallGateway) -> None:
    gateway.raise_bearing()
    gateway.figures = {
        "andon_samples_total": 12_345_678_901.0,
        'andon_poll_rate{device="CRM.ST1.MOTOR",of="configured"}': 1.25,
        'andon_poll_rate{device="CRM.ST1.MOTOR",of="achieved"}': float("nan"),
    }
    answer = await stranger.http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    assert answer.text.endswith("\n")
    assert [line for line in lines if not line.startswith("#") and not FIGURE.match(line)] == []
    assert lines.count("# TYPE andon_poll_rate gauge") == 1
    assert "# TYPE andon_samples_total counter" in lines
    assert "andon_samples_total 12345678901" in lines
    assert 'andon_poll_rate{device="CRM.ST1.MOTOR",of="configured"} 1.25' in lines
    assert 'andon_alarms{priority="high"} 1' in lines
    assert 'andon_alarms{priority="critical"} 0' in lines


async def test_metrics_say_what_waits_for_each_channel_and_for_how_long(
    stranger: Visitor, admin: Visitor, gateway: SmallGateway
) -> None:
    async def figure(name: str) -> float:
        lines = (await stranger.http.get("/metrics")).text.splitlines()
        return float(
            next(line for line in lines if line.startswith(f'{name}{{channel="dingtalk",priority="high"}}')).split()[-1]
        )

    assert await figure("andon_delivery_waiting") == 0
    gateway.raise_bearing()
    gateway.tell(Refused("the group was dissolved"))
    refused = (await admin.get("deliveries?state=refused")).json()["deliveries"]
    await admin.post("deliveries/replay", {"intent": refused[0]["intent"]})
    gateway.pass_time(20)
    assert await figure("andon_delivery_waiting") == 2, "the raise, and behind it the state as it is now"
    assert await figure("andon_delivery_oldest_seconds") >= 20


def references(tree: Any) -> list[str]:
    if isinstance(tree, dict):
        return ([tree["$ref"]] if "$ref" in tree else []) + [ref for value in tree.values() for ref in references(value)]
    return [ref for value in tree for ref in references(value)] if isinstance(tree, list) else []


async def test_the_schema_is_served_and_every_reference_in_it_leads_somewhere(stranger: Visitor) -> None:
    schema = (await stranger.get("openapi.json")).json()
    assert schema["openapi"].startswith("3.1")
    assert "/api/v1/alarms/acknowledge" in schema["paths"]
    names = {f"#/components/schemas/{name}" for name in schema["components"]["schemas"]}
    assert set(references(schema)) <= names
    operations = [operation["operationId"] for path in schema["paths"].values() for operation in path.values()]
    assert len(operations) == len(set(operations))


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json"])
async def test_no_page_is_served_that_would_load_scripts_from_elsewhere(path: str, stranger: Visitor) -> None:
    assert (await stranger.http.get(path)).status_code == 404


async def test_the_site_says_who_it_is_and_how_fast_its_clock_runs(app: FastAPI, stranger: Visitor) -> None:
    assert (await stranger.get("site")).json() == {
        "site": "cold_rolling_mill",
        "agent": "mill_gateway",
        "language": "zh",
        "time_zone": "Asia/Shanghai",
        "now": "2026-05-04T00:00:00.000000Z",
        "rate": 1.0,
        "stage": "live",
    }

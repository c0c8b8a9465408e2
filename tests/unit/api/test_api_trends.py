"""Trends: what a tag showed, with gaps; what is asked wrongly is answered with a sentence."""

from __future__ import annotations

import math

import pytest
from fastapi import FastAPI

from edge.model.moment import SECOND, to_iso
from edge.model.sample import Mark, Quality
from tests.api_gateway import BEARING_TAG, PUMPS_TAG, T0, SmallGateway, Visitor, with_role


async def test_samples_of_a_moment_ago_are_given_as_they_are(admin: Visitor, gateway: SmallGateway) -> None:
    for value in (71.0, 76.5, 72.5):
        gateway.sample(BEARING_TAG, value)
        gateway.pass_time(1)
    answer = await admin.get(f"trends/{BEARING_TAG}")
    assert answer.status_code == 200
    trend = answer.json()
    assert {key: trend[key] for key in ("tag", "unit", "bucket_s", "texts")} == {
        "tag": BEARING_TAG,
        "unit": "°C",
        "bucket_s": 0.0,
        "texts": [],
    }
    assert trend["buckets"][0] == {
        "t": to_iso(T0), "min": 71.0, "max": 71.0, "first": 71.0, "last": 71.0, "count": 1, "quality": "good",
    }  # fmt: skip
    assert [bucket["last"] for bucket in trend["buckets"]] == [71.0, 76.5, 72.5]
    assert trend["gaps"] == [{"from": trend["from"], "to": to_iso(T0), "reason": "no_data"}]


async def test_more_samples_than_points_come_as_buckets(admin: Visitor, gateway: SmallGateway) -> None:
    for second in range(60):
        gateway.sample(BEARING_TAG, 60.0 + second % 2 * 15)
        gateway.pass_time(1)
    end = to_iso(T0 + 60 * SECOND)
    answer = (await admin.get(f"trends/{BEARING_TAG}", params={"from": to_iso(T0), "to": end, "points": 6})).json()
    assert answer["bucket_s"] == 10.0
    assert {(bucket["min"], bucket["max"]) for bucket in answer["buckets"]} == {(60.0, 75.0)}
    assert [(bucket["t"], bucket["count"]) for bucket in answer["buckets"]] == [
        (to_iso(T0 + n * 10 * SECOND), 10) for n in range(6)
    ]


async def test_a_failed_sensor_is_a_gap(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.sample(BEARING_TAG, 70.0)
    gateway.pass_time(5)
    gateway.samples({BEARING_TAG: math.nan}, Quality.BAD, Mark.SENSOR_FAULT)
    gateway.pass_time(5)
    answer = (await admin.get(f"trends/{BEARING_TAG}", params={"from": to_iso(T0)})).json()
    assert answer["gaps"] == [{"from": to_iso(T0 + 5 * SECOND), "to": answer["to"], "reason": "sensor_fault"}]


async def test_several_tags_share_a_span(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.samples({BEARING_TAG: 70.0, PUMPS_TAG: 0.0})
    gateway.pass_time(1)
    answer = (await admin.get("trends", params={"tag": [BEARING_TAG, PUMPS_TAG]})).json()
    assert [(each["tag"], each["buckets"][0]["last"]) for each in answer] == [(BEARING_TAG, 70.0), (PUMPS_TAG, 0.0)]
    assert answer[0]["from"] == answer[1]["from"]


async def test_an_offset_whose_plus_became_a_space_is_understood(admin: Visitor) -> None:
    answer = await admin.http.get(f"/api/v1/trends/{BEARING_TAG}?from=2026-05-04T07:00:00+08:00&to=2026-05-04T08:00:00+08:00")
    assert answer.json()["from"] == "2026-05-03T23:00:00.000000Z"


@pytest.mark.parametrize(
    ("query", "status", "error", "says"),
    [
        ({"from": "yesterday"}, 422, "time_form", '"from" must be a time with its offset'),
        ({"to": "2026-05-04T08:00:00"}, 422, "time_form", 'it is "2026-05-04T08:00:00"'),
        ({"from": "0001-01-01T00:00:00+14:00"}, 422, "time_form", '"from" must be a time with its offset'),
        ({"from": "1969-12-31T23:59:59Z"}, 422, "time_form", '"from" must be a time with its offset'),
        ({"to": "9999-12-31T23:59:59Z"}, 422, "time_form", '"to" must be a time with its offset'),
        ({"from": "2026-05-04T09:00:00Z", "to": "2026-05-04T08:00:00Z"}, 422, "span_backwards", "must lie before"),
        ({"points": "0"}, 422, "invalid", "points"),
        ({"points": "2001"}, 422, "invalid", "points"),
    ],
)
async def test_what_cannot_be_meant_is_said(admin: Visitor, query: dict[str, str], status: int, error: str, says: str) -> None:
    answer = await admin.get(f"trends/{BEARING_TAG}", params=query)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert says in answer.json()["text"]


async def test_a_tag_that_is_not_there_and_too_many_tags_are_refused(admin: Visitor) -> None:
    assert (await admin.get("trends/NO.SUCH")).json()["error"] == "unknown_tag"
    assert (await admin.get("trends", params={"tag": [BEARING_TAG] * 9})).status_code == 422


async def test_the_whole_of_time_is_a_span(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.sample(BEARING_TAG, 70.0)
    answer = await admin.get(f"trends/{BEARING_TAG}", params={"from": "1970-01-01T00:00:00Z", "to": "2199-12-31T00:00:00Z"})
    assert [bucket["last"] for bucket in answer.json()["buckets"]] == [70.0]


async def test_who_may_see_may_see_trends(app: FastAPI, admin: Visitor) -> None:
    viewer = await with_role(app, admin, "viewer")
    assert (await viewer.get(f"trends/{BEARING_TAG}")).status_code == 200

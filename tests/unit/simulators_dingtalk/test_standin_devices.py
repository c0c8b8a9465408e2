"""The IoT calls of DingTalk, behind their switch (reference 15.1, 15.2)."""

from __future__ import annotations

import pytest

from simulators.dingtalk.ledger import Effect
from simulators.dingtalk.organisation import DeviceEvents

PUSH, QUERY = "v1.0/diot/events/push", "v1.0/diot/events/query"
ACTIVATE, UPLOAD = "v1.0/devicemng/customers/devices/registerAndActivate", "v1.0/devicemng/suppliers/events/upload"
EVENT = {
    "eventId": "alarm-17",
    "eventType": "alarm",
    "eventName": "Furnace 2",
    "occurrenceTime": 1_700_000_000_000,
    "msg": "1250 C",
}


@pytest.fixture
def open_bench(bench_with):
    bench = bench_with(iot_calls="open")
    bench.api("v1.0/diot/systems/bind", {"clientId": "andon", "clientName": "Andon", "corpId": "dingcorp"})
    return bench


def test_both_generations_are_closed_unless_the_switch_is_open(bench):
    for path in (PUSH, UPLOAD):
        assert bench.api(path, EVENT).status == 403


def test_a_system_must_be_bound_before_it_pushes(bench_with):
    reply = bench_with(iot_calls="open").api(PUSH, EVENT)
    assert (reply.status, reply.json["code"]) == (401, "corp.not.bind")


def test_an_event_is_forwarded_and_found_again(open_bench):
    open_bench.cloud.devices.where = DeviceEvents(open_bench.group, "lead")
    assert open_bench.api(PUSH, EVENT).json == {"eventId": "alarm-17"}
    assert open_bench.texts("fitter") == ["Furnace 2\n1250 C"]
    assert [ding.content for ding in open_bench.cloud.dings.of_person("lead")] == ["Furnace 2\n1250 C"]
    found = open_bench.api(QUERY, {"eventId": "alarm-17", "pageNumber": 1, "pageSize": 10}).json
    assert [each["msg"] for each in found["data"]] == ["1250 C"]


@pytest.mark.parametrize(("repeated", "effect"), [("ignored", Effect.DUPLICATE_IGNORED), ("again", Effect.DEVICE_EVENT)])
def test_what_a_repeated_event_does_is_selectable(bench_with, repeated, effect):
    bench = bench_with(iot_calls="open", repeated_device_event=repeated)
    bench.api("v1.0/diot/systems/bind", {"clientId": "andon", "clientName": "Andon", "corpId": "dingcorp"})
    bench.api(PUSH, EVENT)
    bench.api(PUSH, EVENT)
    assert bench.effects(PUSH) == [Effect.DEVICE_EVENT, effect]


def test_a_device_is_registered_and_listed(open_bench):
    device = {
        "id": "f2",
        "deviceName": "Furnace 2",
        "deviceStatus": 0,
        "deviceType": "furnace",
        "deviceTypeName": "Furnace",
        "productType": "OTHERS",
    }
    assert open_bench.api("v1.0/diot/devices/register", device).json == {"deviceId": "f2"}
    listed = open_bench.api("v1.0/diot/devices?pageNumber=1&pageSize=10", method="GET").json
    assert (listed["totalCount"], listed["data"][0]["deviceName"]) == (1, "Furnace 2")


def test_a_device_that_is_a_colleague_has_one_code_and_tells_events(open_bench):
    uuid = open_bench.api(ACTIVATE, {"deviceCode": "f2", "deviceName": "Furnace 2"}).json["result"]["deviceUuid"]
    assert open_bench.api(ACTIVATE, {"deviceCode": "f2", "deviceName": "Other"}).json["code"] == "devicekeyAlreadyExist"
    assert open_bench.api(ACTIVATE, {"deviceCode": "f3", "deviceName": "Furnace 2"}).json["code"] == "devicenameAlreadyExist"
    assert open_bench.api(UPLOAD, {"deviceUuid": uuid, "eventType": "alarm", "content": "1250 C"}).json["success"] is True
    assert open_bench.api(UPLOAD, {"deviceCode": "none", "eventType": "alarm", "content": "x"}).json["code"] == "deviceNotExist"


@pytest.mark.parametrize("changes", [{"eventName": "F2"}, {"eventType": "x" * 21}, {"occurrenceTime": "now"}, {"eventId": ""}])
def test_a_bad_event_is_refused(open_bench, changes):
    reply = open_bench.api(PUSH, EVENT | changes)
    assert (reply.status, reply.json["code"]) == (400, "parameter.error")


def test_a_system_of_another_organisation_is_not_bound(open_bench):
    assert open_bench.api(PUSH, EVENT | {"corpId": "dingother"}).json["code"] == "corp.not.bind"

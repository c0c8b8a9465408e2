"""Where calls come from: lists of the app and of webhook robots (reference 0.3, 2.1)."""

from __future__ import annotations

import pytest

from simulators.dingtalk.organisation_file import OrganisationError
from tests.unit.simulators_dingtalk.conftest import Bench

NETWORK = ["203.0.113.0/24", "198.51.100.7"]


@pytest.mark.parametrize(("address", "status"), [("203.0.113.9", 200), ("198.51.100.7", 200), ("198.51.100.8", 403)])
def test_calls_come_from_an_address_of_the_list_or_are_refused(bench_of, address, status):
    bench = bench_of(addresses=NETWORK)
    bench.cloud.directory.source_address = address
    assert bench.raise_card().status == status


def test_both_families_have_a_word_for_it(bench_of):
    bench = bench_of(addresses=NETWORK)
    assert bench.raise_card().json["code"].endswith("IpNotInWhiteList")
    assert bench.oapi("topapi/v2/user/get", {"userid": "lead"}, access_token=bench.token).json["errcode"] == 60020


def test_a_webhook_robot_has_a_list_of_its_own(bench):
    group = bench.cloud.directory.group("cidOpen==")
    robot = {"token": "worded", "keywords": ["alarm"], "addresses": ["203.0.113.7"]}
    listed = Bench({}, groups=[{"conversation_id": "cidOpen==", "title": group.title, "members": ["lead"], "webhook": robot}])
    body = {"msgtype": "text", "text": {"content": "alarm"}}
    refused = listed.oapi("robot/send", body, access_token="worded").json
    assert (refused["errcode"], "ip 127.0.0.1 not in whitelist" in refused["errmsg"]) == (310000, True)
    listed.cloud.directory.source_address = "203.0.113.7"
    assert listed.oapi("robot/send", body, access_token="worded").json["errcode"] == 0


def test_a_list_with_something_else_in_it_is_told(bench_of):
    with pytest.raises(OrganisationError, match="must be addresses"):
        bench_of(addresses=["the office"])

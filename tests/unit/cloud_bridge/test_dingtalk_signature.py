"""The webhook signature, against the vector of the reference."""

from __future__ import annotations

from urllib.parse import quote

from cloud_bridge.dingtalk.signature import server_wall, sign, webhook_query
from edge.model.moment import from_iso


def test_the_reference_vector() -> None:
    signature = sign(1_700_000_000_000, "SECdeadbeef")
    assert signature == "NCJLKINTABhx3SnC+ENZIPZzT1H3juvunEn/A3cdKGY="
    assert quote(signature, safe="") == "NCJLKINTABhx3SnC%2BENZIPZzT1H3juvunEn%2FA3cdKGY%3D"


def test_the_time_stamp_is_in_milliseconds_of_the_wall_clock() -> None:
    query = webhook_query("token", "SECdeadbeef", 1_700_000_000_000_000)
    assert query == {
        "access_token": "token",
        "timestamp": "1700000000000",
        "sign": "NCJLKINTABhx3SnC+ENZIPZzT1H3juvunEn/A3cdKGY=",
    }


def test_a_robot_without_signature_mode_gets_none() -> None:
    assert webhook_query("token", None, 1_700_000_000_000_000) == {"access_token": "token"}


def test_the_servers_clock_is_read_from_its_date_header() -> None:
    assert server_wall("Mon, 04 May 2026 00:00:31 GMT") == from_iso("2026-05-04T00:00:31+00:00")


def test_a_date_header_that_is_none_or_nonsense_says_nothing() -> None:
    assert server_wall(None) is None
    assert server_wall("yesterday") is None

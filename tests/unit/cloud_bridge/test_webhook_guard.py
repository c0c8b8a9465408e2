"""Where a webhook may be sent to: no name of somebody else's leads it inside."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_bridge.webhook.guard import Verdict, first_barred, judge

PLANT = (ip_network("10.20.0.0/16"), ip_network("fd00:20::/32"))


@pytest.mark.parametrize(
    ("address", "verdict"),
    [
        ("93.184.216.34", Verdict.PUBLIC),
        ("2606:2800:220:1::1", Verdict.PUBLIC),
        ("127.0.0.1", Verdict.THIS_MACHINE),
        ("127.8.8.8", Verdict.THIS_MACHINE),
        ("0.0.0.0", Verdict.THIS_MACHINE),
        ("::1", Verdict.THIS_MACHINE),
        ("::", Verdict.THIS_MACHINE),
        ("169.254.169.254", Verdict.LINK_LOCAL),
        ("fe80::1%eth0", Verdict.LINK_LOCAL),
        ("100.100.100.200", Verdict.PRIVATE),
        ("fd00:ec2::254", Verdict.PRIVATE),
        ("10.0.0.1", Verdict.PRIVATE),
        ("172.16.3.4", Verdict.PRIVATE),
        ("192.168.1.1", Verdict.PRIVATE),
        ("198.18.0.1", Verdict.PRIVATE),
        ("224.0.0.1", Verdict.MULTICAST),
        ("255.255.255.255", Verdict.PRIVATE),
        ("::ffff:127.0.0.1", Verdict.THIS_MACHINE),
        ("::ffff:10.20.1.1", Verdict.ALLOWED),
        ("64:ff9b::a9fe:a9fe", Verdict.LINK_LOCAL),
        ("2002:7f00:1::1", Verdict.THIS_MACHINE),
        ("64:ff9b:1::7f00:1", Verdict.THIS_MACHINE),
        ("::127.0.0.1", Verdict.THIS_MACHINE),
        ("fec0::1", Verdict.PRIVATE),
        ("10.20.3.4", Verdict.ALLOWED),
        ("fd00:20::9", Verdict.ALLOWED),
    ],
)
def test_each_kind_of_address_is_known_for_what_it_is(address: str, verdict: Verdict) -> None:
    assert judge(address, PLANT) is verdict


def test_a_name_that_leads_both_outside_and_inside_is_barred_as_a_whole() -> None:
    assert first_barred(["93.184.216.34", "127.0.0.1"], ()) == ("127.0.0.1", Verdict.THIS_MACHINE)
    assert first_barred(["93.184.216.34", "10.20.0.1"], PLANT) is None


@given(st.ip_addresses(network="10.0.0.0/8").map(str) | st.ip_addresses(network="fc00::/7").map(str))
def test_nothing_private_passes_that_is_not_listed(address: str) -> None:
    assert not judge(address, ()).may_be_sent_to

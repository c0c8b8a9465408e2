"""What a probe of an OPC UA server was asked for."""

from __future__ import annotations

import pytest

from edge.probe.opcua import Wish
from edge.probe.opcua_wish import NotAWish, wish_of


def wish(url: str) -> Wish:
    security = dict.fromkeys(("policy", "cert", "key", "server_cert", "trusted"), "")
    return wish_of(
        url, node="", most=10, user="", password_env="", plain_password=False, security=security, sign_only=False, environ={}
    )


@pytest.mark.parametrize("written", ["10.0.0.7:4840", "opc.tcp://10.0.0.7:4840"])
def test_the_scheme_may_be_left_out(written: str) -> None:
    assert wish(written).access.url == "opc.tcp://10.0.0.7:4840"


@pytest.mark.parametrize("written", ["http://10.0.0.7:4840", "opc.tcp://", ""])
def test_what_is_no_address_of_a_server_is_refused(written: str) -> None:
    with pytest.raises(NotAWish) as refused:
        wish(written)
    assert "opc.tcp://HOST:PORT" in refused.value.render("en")

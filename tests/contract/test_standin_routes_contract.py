"""The stand-in plays every call that our client makes, asks the same permission for it and counts it the same.

Both were written from the reference, neither from the other: where they differ, one of them has misread it.
"""

from __future__ import annotations

import pytest

from cloud_bridge.dingtalk.endpoints import ENDPOINTS, Endpoint
from cloud_bridge.dingtalk.endpoints import Host as ClientHost
from simulators.dingtalk.routes import Route, find_route
from simulators.dingtalk.wire import Host, Request

#: The reference has one permission for AI tables (11.6); the documentation of listing rows names another one.
PERMISSION_IN_DOUBT = {"row list"}


def route_of(endpoint: Endpoint) -> Route:
    path = endpoint.path.replace("{", "").replace("}", "")
    host = Host.API if endpoint.host is ClientHost.API else Host.OAPI
    route, _parts = find_route(Request(endpoint.method, path, host))
    return route


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_every_call_of_the_client_has_its_route(endpoint: Endpoint) -> None:
    route = route_of(endpoint)
    assert route.counted is endpoint.counted
    assert route.scope == endpoint.scope or endpoint.name in PERMISSION_IN_DOUBT

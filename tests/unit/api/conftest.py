"""A small gateway on the bundled plant, and the API over it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI

from edge.config.plant import Plant
from tests.api_gateway import SmallGateway, Visitor, app_of, first_admin, load_mill


@pytest.fixture(scope="session")
def mill() -> Plant:
    return load_mill()


@pytest.fixture
def gateway(mill: Plant) -> Iterator[SmallGateway]:
    gateway = SmallGateway(mill)
    yield gateway
    gateway.store.close()


@pytest.fixture
def app(gateway: SmallGateway) -> FastAPI:
    return app_of(gateway)


@pytest.fixture
def stranger(app: FastAPI) -> Visitor:
    return Visitor(app)


@pytest.fixture
async def admin(app: FastAPI) -> Visitor:
    return await first_admin(app)

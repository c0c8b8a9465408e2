"""Where clouds call us: whoever asks, the channel gets the request as it came and answers it."""

from __future__ import annotations

from fastapi import FastAPI

from tests.api_gateway import SmallGateway, Visitor


async def test_the_channel_gets_the_request_as_it_came_and_its_answer_goes_back(app: FastAPI, gateway: SmallGateway) -> None:
    visitor = Visitor(app)
    path = "/api/v1/callbacks/dingtalk/card?nonce=n"
    answer = await visitor.http.post(path, content=b'{"a": 1}', headers={"X-DDPAAS-Signature": "s"})
    assert (answer.status_code, answer.json()) == (200, {"kind": "card"})
    (callback,) = gateway.callbacks
    assert (callback.kind, callback.query, callback.body) == ("card", {"nonce": "n"}, b'{"a": 1}')
    assert callback.headers["x-ddpaas-signature"] == "s"


async def test_a_channel_that_takes_none_is_not_found(app: FastAPI) -> None:
    assert (await Visitor(app).post("callbacks/mail/card", {})).status_code == 404


async def test_a_request_that_is_too_large_is_refused_before_it_is_read(app: FastAPI, gateway: SmallGateway) -> None:
    answer = await Visitor(app).http.post("/api/v1/callbacks/dingtalk/card", content=b"x" * 70_000)
    assert answer.status_code == 413
    assert gateway.callbacks == []

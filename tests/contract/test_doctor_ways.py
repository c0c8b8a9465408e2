"""What stands between a machine and DingTalk, by real sockets: each way of not getting there is told from the others."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import format_datetime
from pathlib import Path

import pytest

from cloud_bridge.dingtalk.doctor.findings import Check, Finding, Reason, State, state_of
from cloud_bridge.dingtalk.doctor.visit import Patient, visit
from cloud_bridge.dingtalk.transport import HttpTransport
from edge.model.moment import HOUR, MINUTE, Span, to_datetime
from edge.runtime.clock import SteadyClock
from tests.certificates import certificates
from tests.unit.cloud_bridge.intents import config

PORTAL = b"<html>please log in</html>"
BAN = b'{"status":1111,"wait":5,"source":"x5","punish":"deny","uuid":"1"}'


@asynccontextmanager
async def answering(body: bytes, tls: ssl.SSLContext | None = None, date: str = "") -> AsyncIterator[int]:
    """A port where every request gets the same answer. date: what its clock says; empty: it does not."""
    head = "HTTP/1.1 200 OK\r\nConnection: close\r\n" + (f"Date: {date}\r\n" if date else "")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def visited(base: str) -> tuple[Finding, ...]:
    transport = HttpTransport()
    try:
        patient = Patient(config(api_base=base, oapi_base=base, groups={}), {}, lambda _reference: "secret")
        return await visit(patient, transport, SteadyClock(), lambda _done, _of: None)
    finally:
        await transport.close()


def hosts(found: tuple[Finding, ...]) -> set[Reason]:
    return {each.reason for each in found if each.check is Check.HOST}


@pytest.mark.parametrize(("body", "reason"), [(PORTAL, Reason.INTERCEPTED), (BAN, Reason.BANNED)])
async def test_what_answers_in_dingtalks_place_is_not_taken_for_it(body: bytes, reason: Reason) -> None:
    async with answering(body) as port:
        found = await visited(f"http://127.0.0.1:{port}")
    assert hosts(found) == {reason}
    assert state_of(found) is State.UNREACHABLE


async def test_a_certificate_that_nobody_trusts_here_is_told(tmp_path: Path) -> None:
    made = await certificates(tmp_path, "IP:127.0.0.1")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(made.server, made.server_key)
    async with answering(b"{}", tls) as port:
        assert hosts(await visited(f"https://127.0.0.1:{port}")) == {Reason.NOT_TRUSTED}


async def test_a_port_that_nobody_listens_to_is_no_way() -> None:
    async with answering(b"{}") as port:
        pass
    assert hosts(await visited(f"http://127.0.0.1:{port}")) == {Reason.NO_WAY}


async def test_a_name_that_nobody_knows_is_told() -> None:
    assert hosts(await visited("https://api.dingtalk.invalid")) == {Reason.NAME_UNKNOWN}


CLOCKS = [(0, Reason.CLOCK_RIGHT), (5 * MINUTE, Reason.CLOCK_OFF), (-2 * HOUR, Reason.CLOCK_WRONG), (None, Reason.CLOCK_UNTOLD)]


@pytest.mark.parametrize(("off", "reason"), CLOCKS)
async def test_the_clock_is_judged_by_the_date_of_the_answers(off: Span | None, reason: Reason) -> None:
    now = SteadyClock().wall()
    date = "" if off is None else format_datetime(to_datetime(now + off), usegmt=True)
    async with answering(b'{"errcode": 404}', date=date) as port:
        found = await visited(f"http://127.0.0.1:{port}")
    assert [each.reason for each in found if each.check is Check.CLOCK] == [reason]

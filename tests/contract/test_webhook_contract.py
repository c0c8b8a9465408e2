"""Posting, over sockets and in memory alike; and the webhook channel over real sockets towards a receiver of aiohttp's."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_network
from typing import Any

import pytest

from cloud_bridge.base import BatchChannel
from cloud_bridge.carriers import SocketCarriers
from cloud_bridge.memory_carriers import MemoryCarriers
from cloud_bridge.webhook.answers import MENDING_AFTER_S
from cloud_bridge.webhook.channel import POSSIBLE_REPEAT, WebhookChannel
from cloud_bridge.webhook.config import WebhookConfig
from cloud_bridge.webhook.memory import MemoryPoster, Posted
from cloud_bridge.webhook.transport import HttpPoster
from edge.model.act import Call, CallMedium
from edge.model.intent import Delivered, Purpose, Refused, Retry, Unknown
from edge.model.moment import SECOND
from edge.ports import Barred, HttpReply, Network, NoReply, Poster
from edge.runtime.clock import SteadyClock
from edge.runtime.virtual import VirtualClock, run_virtually
from tests.other_channels import START, Receiver, claim, dripping, opening, receiver
from tests.proxied import told_under_proxy

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
MES = {"endpoint": "mes"}
SECRETS = {"${env:MES}": "mes-secret-1", "${env:URL}": ""}


@asynccontextmanager
async def over_sockets() -> AsyncIterator[tuple[Poster, Receiver]]:
    async with receiver() as there:
        poster = HttpPoster(LOOPBACK)
        yield poster, there
        await poster.close()


@asynccontextmanager
async def in_memory() -> AsyncIterator[tuple[Poster, Receiver]]:
    there = Receiver(port=80)

    async def take(posted: Posted) -> HttpReply:
        there.requests.append((posted.headers, posted.body))
        if there.cuts:
            there.cuts -= 1
            raise NoReply("closed", sent=True)
        status, headers = there.answers.pop(0) if there.answers else (204, {})
        return HttpReply(status, None, {name.lower(): text for name, text in headers.items()})

    yield MemoryPoster(take, LOOPBACK, {"inside.plant.example": ["10.1.2.3"]}), there


BOTH = pytest.mark.parametrize("world", [over_sockets, in_memory])


# --- the poster ---------------------------------------------------------------------------------------------------------


@BOTH
async def test_a_request_arrives_as_it_was_given(world: Any) -> None:
    async with world() as (poster, there):
        reply = await poster.post(there.url, headers={"X-One": "1"}, body=b"{}", timeout_s=5)
        headers, body = there.requests[0]
        assert (reply.status, body) == (204, b"{}")
        assert {name.lower(): text for name, text in headers.items()}["x-one"] == "1"


@BOTH
async def test_the_status_and_headers_of_the_answer_are_handed_on_and_no_redirect_is_followed(world: Any) -> None:
    async with world() as (poster, there):
        there.answers = [(302, {"Location": there.url}), (503, {"Retry-After": "7"})]
        assert (await poster.post(there.url, headers={}, body=b"{}", timeout_s=5)).status == 302
        reply = await poster.post(there.url, headers={}, body=b"{}", timeout_s=5)
        assert (reply.status, reply.headers["retry-after"]) == (503, "7")
        assert len(there.requests) == 2


@BOTH
async def test_a_connection_that_ends_without_an_answer_may_have_done_its_work(world: Any) -> None:
    async with world() as (poster, there):
        there.cuts = 1
        with pytest.raises(NoReply) as caught:
            await poster.post(there.url, headers={}, body=b"{}", timeout_s=5)
        assert caught.value.sent


@BOTH
async def test_after_it_is_closed_nothing_leaves(world: Any) -> None:
    async with world() as (poster, there):
        await poster.post(there.url, headers={}, body=b"{}", timeout_s=5)
        await poster.close()
        with pytest.raises(NoReply) as caught:
            await poster.post(there.url, headers={}, body=b"{}", timeout_s=5)
        assert not caught.value.sent
        assert len(there.requests) == 1


async def test_nobody_listening_is_said_to_have_got_nothing() -> None:
    async with receiver() as there:
        port = there.port
    poster = HttpPoster(LOOPBACK)
    with pytest.raises(NoReply) as caught:
        await poster.post(f"http://127.0.0.1:{port}/andon", headers={}, body=b"{}", timeout_s=5)
    assert not caught.value.sent
    await poster.close()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "0x7f000001",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "127。0。0。1",
        "\uff11\uff12\uff17.0.0.1",
    ],
)
async def test_no_way_of_writing_this_machine_gets_past_the_guard(host: str) -> None:
    async with receiver() as there:
        poster = HttpPoster(())
        with pytest.raises((Barred, NoReply)) as caught:
            await poster.post(f"http://{host}:{there.port}/andon", headers={}, body=b"{}", timeout_s=5)
        assert there.requests == []
        assert isinstance(caught.value, Barred) or not caught.value.sent
        await poster.close()


@pytest.mark.parametrize("host", ["mes..plant.example", f"{'a' * 80}.plant.example", "xn--"])
async def test_a_host_that_can_be_no_name_has_got_nothing(host: str) -> None:
    poster = HttpPoster(LOOPBACK)
    with pytest.raises(NoReply) as caught:
        await poster.post(f"http://{host}:9/andon", headers={}, body=b"{}", timeout_s=5)
    assert not caught.value.sent
    await poster.close()


async def test_a_name_is_judged_by_what_it_leads_to_at_each_connection() -> None:
    async with receiver() as there:
        poster = HttpPoster((ip_network("192.0.2.0/24"),))
        with pytest.raises(Barred, match=r"localhost.*this machine.*webhook\.allow"):
            await poster.post(f"http://localhost:{there.port}/andon", headers={}, body=b"{}", timeout_s=5)
        assert there.requests == []
        await poster.close()


async def test_an_answer_without_end_is_not_waited_for() -> None:
    async with dripping() as there:
        poster = HttpPoster(LOOPBACK)
        reply = await poster.post(f"http://127.0.0.1:{there.port}/andon", headers={}, body=b"{}", timeout_s=5)
        assert (reply.status, there.go.is_set()) == (200, False)
        await poster.close()


async def test_no_proxy_of_the_environment_is_used_because_the_guard_would_judge_the_proxy() -> None:
    program = (
        "import asyncio\n"
        "from cloud_bridge.webhook.transport import HttpPoster\n"
        "from ipaddress import ip_network\n"
        "async def main():\n"
        "    poster = HttpPoster((ip_network('127.0.0.0/8'),))\n"
        "    try: print((await poster.post('http://127.0.0.1:1/andon', headers={}, body=b'', timeout_s=5)).status)\n"
        "    except Exception as error: print(type(error).__name__, error.sent)\n"
        "    await poster.close()\n"
        "asyncio.run(main())\n"
    )
    async with receiver() as proxy:
        assert await told_under_proxy(program, f"http://127.0.0.1:{proxy.port}") == "NoReply False\n"
        assert proxy.requests == []


@pytest.mark.parametrize("address", ["http:///hidden-key", "http://127.0.0.1:1/hidden-key", "http://nobody.invalid/hidden-key"])
async def test_an_address_that_holds_a_key_is_in_no_reason(address: str) -> None:
    poster = HttpPoster(LOOPBACK)
    with pytest.raises(NoReply) as caught:
        await poster.post(address, headers={}, body=b"{}", timeout_s=5)
    assert "hidden-key" not in str(caught.value)
    await poster.close()


# --- the channel over sockets -------------------------------------------------------------------------------------------


@asynccontextmanager
async def channel(**endpoint: Any) -> AsyncIterator[tuple[WebhookChannel, Receiver]]:
    async with receiver() as there:
        given = {"url": there.url, "secret": "${env:MES}", **endpoint}
        config = WebhookConfig.model_validate(
            {"endpoints": {"mes": given}, "allow": ["127.0.0.0/8"], "plain_http_hosts": ["127.0.0.1"]}
        )
        made = WebhookChannel(opening(config, SteadyClock(), SocketCarriers(), SECRETS))
        yield made, there
        await made.close()


async def test_a_raise_arrives_signed_and_keyed() -> None:
    async with channel() as (made, there):
        assert isinstance(made, BatchChannel)
        wanted = claim(address=MES)
        assert await made.deliver(wanted) == Delivered("HTTP 204")
        headers, body = there.requests[0]
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        expected = base64.b64encode(hmac.new(b"mes-secret-1", signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{expected}"
        assert headers["Idempotency-Key"] == headers["webhook-id"]
        assert json.loads(body)["events"][0]["id"] == wanted.intent.key


async def test_a_hundred_alarms_are_one_request() -> None:
    async with channel() as (made, there):
        outcomes = await made.deliver_many([claim(number, address=MES) for number in range(1, 101)])
        assert outcomes == [Delivered("HTTP 204")] * 100
        assert [len(body["events"]) for body in there.bodies] == [100]


async def test_a_receiver_that_wants_fewer_gets_fewer_at_a_time() -> None:
    async with channel(batch=40) as (made, there):
        await made.deliver_many([claim(number, address=MES) for number in range(1, 101)])
        assert [len(body["events"]) for body in there.bodies] == [40, 40, 20]


def test_a_slow_receiver_is_asked_no_more_after_ten_seconds() -> None:
    """Each request takes six: an attempt with many must end in time all the same."""

    async def main(clock: VirtualClock) -> Any:
        async def take(_posted: Posted) -> HttpReply:
            await clock.sleep_until(clock.now() + 6 * SECOND)
            return HttpReply(204, None, {})

        class Slow(MemoryCarriers):
            def poster(self, allowed: tuple[Network, ...]) -> Poster:
                return MemoryPoster(take, allowed)

        config = WebhookConfig.model_validate({"endpoints": {"mes": {"url": "https://mes.plant.example/", "batch": 1}}})
        made = WebhookChannel(opening(config, clock, Slow()))
        return await made.deliver_many([claim(number, address=MES) for number in range(5)])

    outcomes = run_virtually(main, START)
    assert [type(outcome) for outcome in outcomes] == [Delivered, Delivered, Retry, Retry, Retry]


async def test_of_many_events_only_the_one_at_fault_is_refused() -> None:
    async with channel() as (made, there):
        there.refuses = {"CRM.ST3.MOTOR/poison"}
        claims = [claim(n, address=MES, alarm=f"CRM.ST3.MOTOR/{'poison' if n == 5 else n}") for n in range(8)]
        outcomes = await made.deliver_many(claims)
        assert [type(outcome) for outcome in outcomes] == [Refused if n == 5 else Delivered for n in range(8)]
        assert len(there.requests) <= 7


async def test_a_repeat_carries_the_key_and_the_body_of_the_first_attempt() -> None:
    async with channel() as (made, there):
        there.cuts = 1
        assert isinstance(await made.deliver(claim(address=MES)), Unknown)
        assert isinstance(await made.deliver(claim(address=MES, attempt=2, after_unknown=True)), Delivered)
        (first, first_body), (second, second_body) = there.requests
        assert first["Idempotency-Key"] == second["Idempotency-Key"]
        assert first_body == second_body, "a receiver may refuse a key that it knows with another body"
        assert [POSSIBLE_REPEAT in headers for headers in (first, second)] == [False, True]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ((429, {"Retry-After": "7"}), Retry(7.0, "HTTP 429")),
        ((409, {}), Retry(0.0, "HTTP 409")),
        ((500, {}), Retry(0.0, "HTTP 500")),
        ((403, {}), Retry(MENDING_AFTER_S, "HTTP 403: mend the address or what the receiver asks for; tried every 2 min")),
        ((422, {}), Refused("HTTP 422: the receiver does not want it")),
    ],
)
async def test_the_outcome_is_what_the_status_says(answer: Any, outcome: Any) -> None:
    async with channel() as (made, there):
        there.answers = [answer]
        assert await made.deliver(claim(address=MES)) == outcome


async def test_an_act_that_is_no_message_is_refused_and_the_others_go() -> None:
    async with channel() as (made, there):
        ring = claim(1, address=MES, act=Call(CallMedium.PHONE))
        outcomes = await made.deliver_many([ring, claim(2, address=MES)])
        assert [type(outcome) for outcome in outcomes] == [Refused, Delivered]
        assert [event["occurrence"] for event in there.bodies[0]["events"]] == [2]


async def test_an_endpoint_that_cloud_yaml_does_not_know_is_refused_with_what_to_mend() -> None:
    async with channel() as (made, there):
        outcome = await made.deliver(claim(address={"endpoint": "gone"}))
        assert isinstance(outcome, Refused)
        assert "people.yaml" in outcome.reason
        assert there.requests == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/andon", "http://169.254.169.254/latest", "ftp://x/y", "nonsense"])
async def test_an_address_that_is_a_secret_is_judged_when_it_is_revealed(url: str) -> None:
    config = WebhookConfig.model_validate(
        {"endpoints": {"flow": {"url_from": "${env:URL}"}}, "plain_http_hosts": ["127.0.0.1"]}
    )
    made = WebhookChannel(opening(config, SteadyClock(), SocketCarriers(), {"${env:URL}": url}))
    outcome = await made.deliver(claim(address={"endpoint": "flow"}))
    assert isinstance(outcome, Retry)
    assert outcome.after_s >= 60
    assert url not in outcome.reason
    await made.close()


async def test_every_purpose_is_an_event_of_the_schema() -> None:
    async with channel() as (made, there):
        await made.deliver_many([claim(n, purpose, address=MES) for n, purpose in enumerate(Purpose)])
        assert {event["event"] for event in there.bodies[0]["events"]} == {str(purpose) for purpose in Purpose}

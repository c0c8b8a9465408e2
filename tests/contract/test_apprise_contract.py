"""The apprise channel: e-mail over SMTP to a real mail server, other services by HTTP, and the same in memory."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from cloud_bridge.apprise.channel import AppriseChannel
from cloud_bridge.apprise.config import AppriseConfig
from cloud_bridge.apprise.threads import THREADS
from cloud_bridge.apprise.transport import ThreadNotifier
from cloud_bridge.carriers import SocketCarriers
from cloud_bridge.memory_carriers import MemoryCarriers
from edge.model.intent import Delivered, Purpose, Refused, Retry, Unknown
from edge.model.moment import HOUR
from edge.ports import Notifier
from edge.runtime.clock import SteadyClock
from edge.runtime.virtual import VirtualClock, run_virtually
from tests.other_channels import MESSAGE, START, MailServer, claim, dripping, mail_server, opening, receiver, until
from tests.proxied import told_under_proxy

CONFIG = AppriseConfig.model_validate(
    {"services": {"mail": {"url": "${env:MAIL}", "personal": True}, "hook": {"url": "${env:HOOK}"}}}
)
TO_FITTER = {"service": "mail", "to": "fitter@plant.example"}
TO_HOOK = {"service": "hook"}


@asynccontextmanager
async def by_mail(url: str = "") -> AsyncIterator[tuple[AppriseChannel, MailServer]]:
    async with mail_server() as there:
        address = url or f"mailto://127.0.0.1:{there.port}/?from=andon@plant.example&mode=insecure&to={{to}}"
        made = AppriseChannel(opening(CONFIG, SteadyClock(), SocketCarriers(), {"${env:MAIL}": address}))
        yield made, there
        await made.close()


async def test_an_alarm_arrives_as_a_mail_with_all_that_it_says() -> None:
    async with by_mail() as (made, there):
        outcome = await made.deliver(
            claim(address=TO_FITTER, message=replace(MESSAGE, headline="【高】3号机架 主电机温度过高"))
        )
        assert isinstance(outcome, Delivered)
        [(to, mail)] = there.mails
        assert to == ["fitter@plant.example"]
        assert "3号机架 主电机温度过高" in mail["Subject"]
        text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        assert "Value: 82.4 °C" in text
        assert "Check the oil flow." in text


async def test_a_mail_that_comes_late_or_again_says_so() -> None:
    async with by_mail() as (made, there):
        await made.deliver(claim(address=TO_FITTER, after_unknown=True, attempt=2))
        subject = there.mails[0][1]["Subject"]
        assert "May be a repeat" in subject
        assert "late" in subject


async def test_what_devices_say_is_text_and_never_markup() -> None:
    evil = replace(
        MESSAGE,
        lines=(("Text", "<a href='http://evil'>ok</a> [ok](http://evil) ![x](http://evil/p.png) @all"), ("A\r\nBcc: x@y", "b")),
        headline="[HIGH] <b>x</b>\r\nBcc: all@plant.example",
    )
    async with by_mail() as (made, there):
        assert isinstance(await made.deliver(claim(address=TO_FITTER, message=evil)), Delivered)
        to, mail = there.mails[0]
        assert (to, mail["Bcc"]) == (["fitter@plant.example"], None)
        text = mail.get_body(("plain", "html")).get_content()  # type: ignore[union-attr]
        assert "<a" not in text
        assert "](" not in text
        assert "@all" not in text


async def test_a_mail_server_that_is_not_there_has_got_nothing() -> None:
    async with mail_server() as there:
        port = there.port
    url = f"mailto://127.0.0.1:{port}/?from=andon@plant.example&mode=insecure&to={{to}}"
    async with by_mail(url) as (made, _):
        outcome = await made.deliver(claim(address=TO_FITTER))
        assert isinstance(outcome, Retry)
        assert "no connection" in outcome.reason


async def test_a_refusal_is_an_outcome_that_nobody_knows_because_apprise_says_no_more() -> None:
    async with by_mail() as (made, there):
        there.refuses = {"fitter@plant.example"}
        outcome = await made.deliver(claim(address=TO_FITTER))
        assert isinstance(outcome, Unknown)
        assert outcome.after_s >= 60, "a mail server that puts off or starts again must have had time to"
        assert not made.is_keyed(claim(address=TO_FITTER).intent)
        assert there.mails == []


async def test_other_services_are_reached_by_http_while_this_loop_goes_on() -> None:
    """The receiver answers from the very loop that waits: a sender that held it up would wait for ever."""
    async with receiver() as there:
        url = f"json://127.0.0.1:{there.port}/andon"
        made = AppriseChannel(opening(CONFIG, SteadyClock(), SocketCarriers(), {"${env:HOOK}": url}))
        assert isinstance(await made.deliver(claim(address=TO_HOOK)), Delivered)
        assert there.bodies[0]["title"].startswith(MESSAGE.headline)
        there.answers = [(500, {})]
        assert isinstance(await made.deliver(claim(address=TO_HOOK)), Unknown)
        await made.close()


async def test_what_apprise_would_log_of_an_address_is_logged_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    """Of a message that the service takes, and of one that it refuses."""
    caplog.set_level("DEBUG")
    async with receiver() as there:
        there.answers = [(204, {}), (500, {})]
        url = f"json://hidden-user:hidden-password@127.0.0.1:{there.port}/andon"
        made = AppriseChannel(opening(CONFIG, SteadyClock(), SocketCarriers(), {"${env:HOOK}": url}))
        outcomes = [await made.deliver(claim(address=TO_HOOK)) for _ in range(2)]
    assert [type(outcome) for outcome in outcomes] == [Delivered, Unknown]
    assert "hidden" not in f"{outcomes} {caplog.text}"
    assert f"127.0.0.1:{there.port}/andon" not in caplog.text


async def test_where_a_proxy_stands_between_the_machine_is_not_asked_beforehand() -> None:
    """A gateway behind a proxy cannot reach WeCom itself; the proxy is asked, and says no."""
    program = (
        "import asyncio\n"
        "from cloud_bridge.apprise.transport import ThreadNotifier\n"
        "async def main():\n"
        "    print((await ThreadNotifier().notify('wecombot://botkey', lambda limits: ('', 'text'))).accepted)\n"
        "asyncio.run(main())\n"
    )
    asked: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readline())
        writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(proxy, "127.0.0.1", 0)
    told = await told_under_proxy(program, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    server.close()
    assert told == "False\n"
    assert asked[0].startswith(b"CONNECT qyapi.weixin.qq.com:443 ")


class Impatient(SocketCarriers):
    """Gives up after a second."""

    def notifier(self) -> Notifier:
        return ThreadNotifier(1.0)


async def test_a_service_that_drips_holds_up_itself_alone_until_it_lets_go() -> None:
    async with dripping() as there, mail_server() as post:
        address = f"mailto://127.0.0.1:{post.port}/?from=andon@plant.example&mode=insecure&to={{to}}"
        secrets = {"${env:MAIL}": address, "${env:HOOK}": f"json://127.0.0.1:{there.port}/andon"}
        made = AppriseChannel(opening(CONFIG, SteadyClock(), Impatient(), secrets))
        assert isinstance(await made.deliver(claim(address=TO_FITTER)), Delivered)

        stuck = [asyncio.create_task(made.deliver(claim(address=TO_HOOK))) for _ in range(10)]
        await until(lambda: there.asked == THREADS)
        for _ in range(3):
            assert isinstance(await made.deliver(claim(address=TO_FITTER)), Delivered)
        outcomes = await asyncio.gather(*stuck)
        assert Counter(map(type, outcomes)) == {Unknown: THREADS, Retry: 10 - THREADS}
        assert made.hanging().keys() == {"hook"}
        assert isinstance(await made.deliver(claim(address=TO_HOOK)), Retry)
        assert there.asked == THREADS
        assert isinstance(await made.deliver(claim(address=TO_FITTER)), Delivered)

        there.go.set()
        await until(lambda: not made.hanging())
        assert isinstance(await made.deliver(claim(address=TO_HOOK)), Delivered)


async def test_no_address_of_a_service_is_ever_logged_or_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    url = "mailto://andon:hidden-password@127.0.0.1:1/?from=andon@plant.example&mode=insecure&to={to}"
    async with by_mail(url) as (made, _):
        outcome = await made.deliver(claim(address=TO_FITTER))
    assert isinstance(outcome, Retry)
    assert "hidden-password" not in outcome.reason + caplog.text


@pytest.mark.parametrize("url", ["nonsense", "unknown://x", "mailto://127.0.0.1/?from=a@b.example"])
async def test_an_address_that_cannot_be_used_waits_for_somebody_to_mend_it(url: str) -> None:
    async with by_mail(url) as (made, _):
        outcome = await made.deliver(claim(address=TO_FITTER))
        assert isinstance(outcome, Retry)
        assert outcome.after_s >= 60


# --- in memory ----------------------------------------------------------------------------------------------------------


def in_memory(address: Any, *purposes: Purpose) -> tuple[list[Any], MemoryCarriers]:
    carriers = MemoryCarriers()

    async def main(clock: VirtualClock) -> list[Any]:
        secrets = {"${env:MAIL}": "mailto://x/?to={to}", "${env:HOOK}": "json://x"}
        made = AppriseChannel(opening(CONFIG, clock, carriers, secrets))
        return [await made.deliver(claim(n, purpose, address=address)) for n, purpose in enumerate(purposes)]

    return run_virtually(main, START + HOUR), carriers


def test_every_purpose_is_told_but_a_state_for_which_there_is_no_card() -> None:
    outcomes, carriers = in_memory(TO_HOOK, *Purpose)
    assert {type(outcome) for outcome in outcomes} == {Delivered}
    assert len(carriers.notified) == len(Purpose) - 1


def test_a_recipients_own_address_cannot_break_out_of_its_place() -> None:
    _, carriers = in_memory({"service": "mail", "to": "a+b@x.example"}, Purpose.RAISED)
    assert carriers.notified[0].url == "mailto://x/?to=a%2Bb%40x.example"


def test_what_has_no_room_is_found_on_the_page_of_the_alarm() -> None:
    carriers = MemoryCarriers()
    config = CONFIG.model_copy(update={"public_url": "https://andon.example.com"})

    async def main(clock: VirtualClock) -> Any:
        made = AppriseChannel(opening(config, clock, carriers, {"${env:HOOK}": "json://x"}))
        return await made.deliver(claim(address=TO_HOOK, message=replace(MESSAGE, guidance="Check the oil. " * 400)))

    assert isinstance(run_virtually(main, START + HOUR), Delivered)
    assert "… https://andon.example.com/en/alarms/CRM.ST3.MOTOR%2Fde_temp_high" in carriers.notified[0].body


@pytest.mark.parametrize("address", [{"service": "gone"}, {}])
def test_a_service_that_cloud_yaml_does_not_know_is_refused(address: Any) -> None:
    assert isinstance(in_memory(address, Purpose.RAISED)[0][0], Refused)


@pytest.mark.parametrize("address", [{"service": "mail"}, {"service": "hook", "to": "x@y.example"}])
def test_a_place_without_an_address_or_the_other_way_round_sends_nothing(address: Any) -> None:
    outcomes, carriers = in_memory(address, Purpose.RAISED)
    assert isinstance(outcomes[0], Retry)
    assert carriers.notified == []

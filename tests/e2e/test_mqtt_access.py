"""How a real mosquitto is reached, and in which words it is said when it is not: TLS, both versions, wills, twins."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from drivers.links import SocketLinks
from drivers.mqtt.link import SocketMqttLink
from drivers.mqtt.trouble import BrokerRefused, BrokerUnreachable
from edge.model.errors import DriverError
from edge.ports import MqttAccess, MqttTls, MqttWill
from edge.runtime.clock import SteadyClock
from tests.certificates import Certificates, certificates
from tests.driver_rig import Rig, device, until
from tests.mosquitto import Mosquitto, mosquitto

DEADLINE_S = 10.0
ACCESS = MqttAccess("edge")
VERSIONS = pytest.mark.parametrize("version", ["3.1.1", "5"])


@asynccontextmanager
async def tls_broker(folder: Path, *, names: str, wants_ours: bool = False) -> AsyncIterator[tuple[Mosquitto, Certificates]]:
    made = await certificates(folder, names)
    config = f"allow_anonymous true\ncertfile {made.server}\nkeyfile {made.server_key}\ncafile {made.ca}\n"
    async with mosquitto(folder, f"{config}require_certificate {str(wants_ours).lower()}") as broker:
        yield broker, made


async def connect(port: int, access: MqttAccess, timeout_s: float = 5.0) -> None:
    """Connects, and leaves when the subscription stands."""
    link = SocketMqttLink("127.0.0.1", port, access, clock=SteadyClock(), answer_timeout_s=timeout_s)
    async with asyncio.timeout(DEADLINE_S), aclosing(link.messages([("crm/fan", 1)])) as arriving:
        await anext(arriving)


async def refusal(port: int, access: MqttAccess, timeout_s: float = 5.0) -> tuple[str, str]:
    """(key of the sentence, the sentence) by which it fails."""
    with pytest.raises(DriverError) as caught:
        await connect(port, access, timeout_s)
    assert isinstance(caught.value, BrokerRefused | BrokerUnreachable)
    return caught.value.phrase.key.removeprefix("drivers.mqtt."), str(caught.value)


@VERSIONS
async def test_values_arrive_over_tls_in_both_versions(tmp_path: Path, version: str) -> None:
    async with tls_broker(tmp_path, names="IP:127.0.0.1") as (broker, made):
        tls = {"ca": str(made.ca)}
        fan = device(
            "mqtt",
            "FAN",
            {"count": {"topic": "crm/fan"}},
            {"host": "127.0.0.1", "port": broker.port, "tls": tls, "version": version},
        )
        clock = SteadyClock()
        async with Rig([fan], clock, SocketLinks(clock)).batches() as arriving:
            await until(arriving, lambda rows: any(row.tag == "FAN.session" and row.value == 1.0 for row in rows))
            # Not checked by the publisher: this is about us.
            await broker.publish("crm/fan", "7", "--cafile", str(made.ca), "--insecure")
            rows = await until(arriving, lambda rows: any(row.tag == "FAN.count" for row in rows))
    assert [row.value for row in rows if row.tag == "FAN.count"] == [7.0]


async def test_a_certificate_is_checked_for_who_signed_it_and_for_its_name(tmp_path: Path) -> None:
    async with tls_broker(tmp_path, names="DNS:broker.plant") as (broker, made):
        trusting = MqttTls(ca=str(made.ca))
        assert (await refusal(broker.port, replace(ACCESS, tls=MqttTls())))[0] == "tls_untrusted"
        key, sentence = await refusal(broker.port, replace(ACCESS, tls=trusting))
        assert key == "tls_name" and "its certificate is not for 127.0.0.1" in sentence
        key, sentence = await refusal(broker.port, replace(ACCESS, tls=replace(trusting, server_name="other.plant")))
        assert key == "tls_name" and "not for other.plant" in sentence
        await connect(broker.port, replace(ACCESS, tls=replace(trusting, server_name="broker.plant")))


async def test_a_broker_may_want_a_certificate_of_ours(tmp_path: Path) -> None:
    async with tls_broker(tmp_path, names="IP:127.0.0.1", wants_ours=True) as (broker, made):
        bare = MqttTls(ca=str(made.ca))
        key, sentence = await refusal(broker.port, replace(ACCESS, tls=bare), timeout_s=0.5)
        assert key == "no_answer_tls" and "does the broker want a certificate of ours" in sentence
        await connect(broker.port, replace(ACCESS, tls=replace(bare, cert=str(made.client), key=str(made.client_key))))


async def test_a_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    for tls in (
        MqttTls(ca=str(tmp_path / "gone.pem")),
        MqttTls(ca=str(tmp_path / "empty.pem")),
        MqttTls(cert=str(tmp_path / "empty.pem"), key=str(tmp_path / "gone.key")),
    ):
        key, sentence = await refusal(1, replace(ACCESS, tls=tls))
        assert key == "tls_file" and str(tls.ca or tls.cert) in sentence


async def test_tls_on_one_side_only_is_said_on_the_other(tmp_path: Path) -> None:
    async with mosquitto(tmp_path) as plain:
        assert (await refusal(plain.port, replace(ACCESS, tls=MqttTls())))[0] == "tls_failed"
    tls_folder = tmp_path / "tls"
    tls_folder.mkdir()
    async with tls_broker(tls_folder, names="IP:127.0.0.1") as (broker, _):
        key, sentence = await refusal(broker.port, ACCESS, timeout_s=0.5)
        assert key == "no_answer" and "does it want TLS" in sentence


@VERSIONS
async def test_a_broker_that_lets_only_its_users_in_says_so(tmp_path: Path, version: str) -> None:
    passwords = tmp_path / "passwords"
    passwords.write_text("")
    async with mosquitto(tmp_path, f"allow_anonymous false\npassword_file {passwords}") as broker:
        assert (await refusal(broker.port, replace(ACCESS, version=version)))[0] == "refused_not_authorised"


async def test_an_address_where_nobody_listens_is_said_with_what_to_check() -> None:
    key, sentence = await refusal(1, ACCESS)
    assert key == "no_connection" and "check host and port" in sentence


async def test_another_client_of_our_id_is_named_as_what_may_throw_us_out(tmp_path: Path) -> None:
    async with mosquitto(tmp_path) as broker:
        link = SocketLinks(SteadyClock()).mqtt("127.0.0.1", broker.port, ACCESS)
        async with asyncio.timeout(DEADLINE_S), aclosing(link.messages([("crm/fan", 1)])) as arriving:
            await anext(arriving)
            await connect(broker.port, ACCESS)
            with pytest.raises(BrokerUnreachable, match="another client with the same client_id may do that"):
                await anext(arriving)


async def test_the_reason_that_an_mqtt_5_broker_gives_for_the_end_is_told() -> None:
    """mosquitto of Debian closes without one, so these bytes do: CONNACK, SUBACK, then DISCONNECT with 0x8E, taken over."""

    async def throw_out(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly((await reader.readexactly(2))[1])
        writer.write(b"\x20\x03\0\0\0")
        subscribe = await reader.readexactly((await reader.readexactly(2))[1])
        writer.write(b"\x90\x04" + subscribe[:2] + b"\0\x01" + b"\xe0\x02\x8e\0")
        await reader.read()
        writer.close()

    server = await asyncio.start_server(throw_out, "127.0.0.1", 0)
    link = SocketLinks(SteadyClock()).mqtt("127.0.0.1", server.sockets[0].getsockname()[1], replace(ACCESS, version="5"))
    async with asyncio.timeout(DEADLINE_S), aclosing(link.messages([("crm/fan", 1)])) as arriving:
        await anext(arriving)
        with pytest.raises(BrokerUnreachable, match="another client with the same client_id has connected"):
            await anext(arriving)
    server.close()


@VERSIONS
async def test_when_we_are_gone_without_a_word_the_broker_says_it_for_us(tmp_path: Path, version: str) -> None:
    will = MqttWill("andon/gateway", b"online", b"offline", 1)
    async with mosquitto(tmp_path) as broker, _cable(broker.port) as (port, cut):
        watcher = SocketLinks(SteadyClock()).mqtt("127.0.0.1", broker.port, MqttAccess("watcher"))
        gateway = SocketLinks(SteadyClock()).mqtt("127.0.0.1", port, MqttAccess("edge", version=version, will=will))
        async with asyncio.timeout(DEADLINE_S), aclosing(watcher.messages([("andon/gateway", 1)])) as arriving:
            await anext(arriving)
            async with aclosing(gateway.messages([("crm/fan", 1)])) as ours:
                await anext(ours)
                assert [message.payload for message in await anext(arriving)] == [b"online"]
                cut()
                with pytest.raises(BrokerUnreachable):
                    await anext(ours)
            assert [message.payload for message in await anext(arriving)] == [b"offline"]


@asynccontextmanager
async def _cable(port: int) -> AsyncIterator[tuple[int, Callable[[], None]]]:
    """A port that leads to another one, and what cuts all that goes through it."""
    cut_ends: list[asyncio.StreamWriter] = []

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)

    async def lead(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        cut_ends.extend((writer, back))
        await asyncio.gather(pass_on(reader, back), pass_on(there, writer), return_exceptions=True)

    def cut() -> None:
        for end in cut_ends:
            end.transport.abort()

    server = await asyncio.start_server(lead, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], cut
    finally:
        cut()
        server.close()


async def test_a_device_whose_last_will_fires_at_the_real_broker_is_lost_and_back(tmp_path: Path) -> None:
    """mosquitto_sub in the place of the device: killed, it leaves no word but its will."""
    connection: dict[str, Any] = {"host": "127.0.0.1", "availability": {"topic": "line/{device}/status", "offline": "gone"}}
    async with mosquitto(tmp_path) as broker:
        presses = [
            device("mqtt", name, {"vib": {"topic": "line/{device}/vib"}}, connection | {"port": broker.port})
            for name in ("P1", "P2")
        ]
        clock = SteadyClock()
        async with Rig(presses, clock, SocketLinks(clock)).batches() as arriving:
            await until(arriving, lambda rows: sum(row.value == 1.0 for row in rows) == 2)
            will = ["--will-topic", "line/P1/status", "--will-payload", "gone", "--will-retain"]
            command = ["mosquitto_sub", "-p", str(broker.port), "-t", "$SYS/broker/version", "-v", *will]
            living = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
            assert living.stdout is not None
            await living.stdout.readline()
            living.kill()
            await living.wait()
            rows = await until(arriving, lambda rows: any(row.tag == "P1.session" for row in rows))
            assert [(row.tag, row.value) for row in rows if row.tag.endswith("session")] == [("P1.session", 0.0)]
            await broker.publish("line/P1/status", "online", "-r")
            rows = await until(arriving, lambda rows: any(row.tag == "P1.session" for row in rows))
            assert [row.value for row in rows if row.tag == "P1.session"] == [1.0]


@VERSIONS
async def test_two_gateways_of_a_group_divide_the_messages_at_the_real_broker(tmp_path: Path, version: str) -> None:
    async with mosquitto(tmp_path) as broker:
        links = SocketLinks(SteadyClock())
        one, other = (links.mqtt("127.0.0.1", broker.port, MqttAccess(name, version=version)) for name in ("one", "other"))
        shared = [("$share/hall/crm/+", 1), ("crm/end", 1)]
        async with (
            asyncio.timeout(DEADLINE_S),
            aclosing(one.messages(shared)) as first,
            aclosing(other.messages(shared)) as second,
        ):
            await anext(first)
            await anext(second)
            await broker.publish_lines("crm/count", [str(number) for number in range(40)], "-q", "1")
            await broker.publish("crm/end", "end", "-q", "1")
            heard: list[list[bytes]] = [[], []]
            for mine, arriving in zip(heard, (first, second), strict=True):
                while b"end" not in mine:
                    mine += [message.payload for message in await anext(arriving)]
    counted = [payload for mine in heard for payload in mine if payload != b"end"]
    assert sorted(counted, key=int) == [b"%d" % number for number in range(40)]
    assert all(len(mine) > 5 for mine in heard)

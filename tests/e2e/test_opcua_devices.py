"""The OPC UA driver against a server that nobody here wrote, over sockets."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from cloud_bridge.catalog import CHANNELS
from drivers.base import TakesAcknowledgements, WriteEnd
from drivers.catalog import DRIVERS
from drivers.links import SocketLinks
from drivers.opcua.link import SocketOpcUaLink
from drivers.opcua.trouble import ServerRefused, ServerUnreachable
from edge.config.load import load
from edge.model.moment import SECOND
from edge.model.sample import Mark, Quality
from edge.ports import OpcUaAccess, OpcUaItem, OpcUaSecurity
from edge.probe.opcua import Wish, look
from edge.probe.opcua_text import document_of, snippet, text_of
from edge.runtime.clock import SteadyClock
from tests.andon_command import Ran, run
from tests.certificates import application_certificate, authority
from tests.driver_rig import Rig, Row, device, until
from tests.modbus_server import free_port
from tests.opcua_server import PASSWORD, URI, OpcUaServer
from tests.relay import Relay

pytestmark = pytest.mark.asyncio(loop_scope="module")

TAGS: dict[str, dict[str, Any]] = {
    "temp": {"node": f"nsu={URI};s=Line.Temp"},
    "count": {"path": "Objects/line:Line/line:Count"},
    "run": {"node": "ns=3;s=Line.Run", "type": "bool"},
    "recipe": {"node": "ns=3;s=Line.Recipe", "type": "text"},
    "second": {"node": "ns=3;s=Line.Curve", "index": 1},
    "big": {"node": "ns=3;s=Line.Big"},
    "missing": {"node": "ns=3;s=Line.Missing"},
    "hot": {"alarm": "Line/Hot"},
    "hot_text": {"alarm": "Line/Hot", "part": "message"},
    "hot_seen": {"alarm": "Line/Hot", "part": "acknowledged"},
}


USER = {"username": "edge", "password": "${env:SECRET}", "plain_password": True}


@dataclass(frozen=True, slots=True)
class Secured:
    """A server that wants security, and certificates with their keys: of the server, signed by the authority; our own, which
    alone it takes; of a user; of a stranger."""

    server: OpcUaServer
    authority: Path
    cert: Path
    own: tuple[Path, Path]
    user: tuple[Path, Path]
    stranger: tuple[Path, Path]

    async def connect(self, policy: str = "Basic256Sha256", **more: Any) -> None:
        """more: fields of `OpcUaSecurity`, and of `OpcUaAccess` who we are."""
        given = {"cert": str(self.own[0]), "key": str(self.own[1]), "server_cert": str(self.cert), "sign_only": False, **more}
        names = ("username", "password", "user_cert", "user_key")
        user = {name: given.pop(name) for name in names if name in given}
        opened = link(self.server.url, security=OpcUaSecurity(policy, **given), **user)
        try:
            assert URI in await opened.connect()
        finally:
            await opened.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def starting(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Secured]:
    """It starts beside the other server, and is long there when it is asked for."""
    folder = tmp_path_factory.mktemp("certificates")
    signer = await authority(folder)
    (cert, key), own, user, stranger = await asyncio.gather(
        application_certificate(folder, "server", "urn:freeopcua:python:server", signer),
        *(application_certificate(folder, name, f"urn:test:{name}") for name in ("own", "user", "stranger")),
    )
    files = {"cert": cert, "key": key, "trusted": own[0], "user_cert": user[0]}
    started = OpcUaServer(**{name: str(path) for name, path in files.items()})
    yield Secured(started, signer, cert, own, user, stranger)
    started.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def secured(starting: Secured) -> Secured:
    await starting.server.up()
    return starting


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(opcua_line: OpcUaServer, starting: Secured) -> OpcUaServer:
    await opcua_line.up()
    return opcua_line


def rig(server: OpcUaServer, tags: dict[str, dict[str, Any]] = TAGS, **connection: Any) -> Rig:
    clock = SteadyClock()
    given = {"url": server.url, "every": "50ms", "namespaces": {"line": URI}, "keepalive": "1s", **USER, **connection}
    return Rig([device("opcua", "M", tags, given)], clock, SocketLinks(clock), secret=lambda _: PASSWORD)


def newest(rows: list[Row], tag: str) -> Row | None:
    return next((row for row in reversed(rows) if row.tag == f"M.{tag}"), None)


def shows(tag: str, value: float) -> Any:
    def wanted(rows: list[Row]) -> bool:
        row = newest(rows, tag)
        return row is not None and row.quality is Quality.GOOD and row.value == value

    return wanted


def all_shown(rows: list[Row]) -> bool:
    return {row.tag.removeprefix("M.") for row in rows} >= {*TAGS, "session"}


@pytest.mark.parametrize("mode", ["subscribe", "read"])
async def test_every_kind_of_value_arrives_and_what_is_none_is_bad(server: OpcUaServer, mode: str) -> None:
    driven = rig(server, mode=mode)
    async with driven.batches() as arriving:
        rows = await until(arriving, all_shown)
    good = {row.tag.removeprefix("M."): row.value for row in rows if row.quality is Quality.GOOD}
    assert {tag: good[tag] for tag in ("session", "count", "run", "second", "hot")} == {
        "session": 1.0, "count": 7.0, "run": 1.0, "second": 2.5, "hot": 0.0,
    }  # fmt: skip
    assert next(row.text for row in rows if row.tag == "M.recipe") == "A-17 钢"
    assert {row.tag for row in rows if row.quality is Quality.BAD} == {"M.big", "M.missing"}
    causes = {each.tag: each.cause for each in driven.drivers[0].refused_inputs()}
    assert causes == {"M.big": "not_exact", "M.missing": "bad_node_id_unknown"}
    assert {tag: each.cause for tag, each in driven.drivers[0].refused_tags().items()} == causes


async def test_a_change_comes_with_the_source_s_time_and_the_status_as_its_quality(server: OpcUaServer) -> None:
    driven = rig(server, {"temp": TAGS["temp"]})
    async with driven.batches() as arriving:
        await until(arriving, lambda rows: newest(rows, "temp") is not None)
        at = driven.clock.now() // SECOND - 60
        await server.tell(set={"Temp": 61.5}, at=at)
        rows = await until(arriving, shows("temp", 61.5))
        assert [(row.source_time, row.mark) for row in rows] == [(at * SECOND, Mark.NONE)]
        await server.tell(set={"Temp": 62.5}, at=at - 7200)
        changed = newest(await until(arriving, shows("temp", 62.5)), "temp")
        assert changed is not None and changed.source_time > at * SECOND, "an hour is the most that is believed"
        await server.tell(set={"Temp": 63.5}, status=0x40900000)
        rows = await until(arriving, bool)
        assert [(row.value, row.quality) for row in rows] == [(63.5, Quality.UNCERTAIN)]
        await server.tell(set={"Temp": 64.5}, status=0x80310000)
        rows = await until(arriving, bool)
        assert [(row.value, row.quality) for row in rows] == [(62.5, Quality.BAD)], "the last good one, marked bad"
        await server.tell(set={"Temp": 65.5}, status=0x808C0000)
        rows = await until(arriving, bool)
        assert [(math.isnan(row.value), row.mark & Mark.SENSOR_FAULT) for row in rows] == [(True, Mark.SENSOR_FAULT)]
        await server.tell(set={"Temp": 20.5})
        await until(arriving, shows("temp", 20.5))


async def test_the_server_leaves_out_what_is_within_a_deadband(server: OpcUaServer) -> None:
    tags = {"temp": {**TAGS["temp"], "deadband": 5.0}, "count": TAGS["count"]}
    async with rig(server, tags).batches() as arriving:
        rows = await until(arriving, lambda rows: newest(rows, "temp") is not None and newest(rows, "count") is not None)
        await server.tell(set={"Temp": 22.0})
        await server.tell(set={"Temp": 40.0, "Count": 8})
        rows = await until(arriving, lambda rows: shows("count", 8.0)(rows) and newest(rows, "temp") is not None)
        assert [row.value for row in rows if row.tag == "M.temp"] == [40.0]
        await server.tell(set={"Temp": 20.5, "Count": 7})


async def test_a_deadband_in_percent_counts_from_the_range_of_the_node(server: OpcUaServer) -> None:
    """10 percent of 0 to 200: each change is compared with the value before it."""
    tags = {"temp": {**TAGS["temp"], "deadband_percent": 10.0}, "count": TAGS["count"]}
    async with rig(server, tags).batches() as arriving:
        await until(arriving, lambda rows: newest(rows, "temp") is not None and newest(rows, "count") is not None)
        for temp in (39.5, 60.5, 79.5):
            await server.tell(set={"Temp": temp})
        await server.tell(set={"Count": 8})
        rows = await until(arriving, shows("count", 8.0))
        assert [row.value for row in rows if row.tag == "M.temp"] == [60.5]
    await server.tell(set={"Temp": 20.5, "Count": 7})


async def test_a_write_arrives_as_the_type_of_the_node(server: OpcUaServer) -> None:
    driven = rig(server, {**TAGS, "speed": {"node": "ns=3;s=Line.Speed"}, "fixed": {"node": "ns=3;s=Line.Fixed"}})
    driver = driven.drivers[0]
    assert (await driver.write("M.count", 1.0)).end is WriteEnd.NOT_SENT
    async with driven.batches() as arriving:
        await until(arriving, all_shown)
        assert [(await driver.write(f"M.{tag}", value)).end for tag, value in [
            ("count", 42.0), ("speed", 2.5), ("run", 0.0), ("recipe", "B-18"),
        ]] == [WriteEnd.DONE] * 4  # fmt: skip
        assert [await server.tell(ask=name) for name in ("Count", "Speed", "Run", "Recipe")] == [42, 2.5, False, "B-18"]
        assert [await driver.read_back(f"M.{tag}") for tag in ("count", "speed", "run", "recipe")] == [42.0, 2.5, 0.0, "B-18"]
        refused = await driver.write("M.count", 1.5)
        assert refused.end is WriteEnd.REFUSED
        refused = await driver.write("M.fixed", 1.0)
        assert refused.end is WriteEnd.REFUSED and "0x" in refused.detail
    await server.tell(set={"Count": 7, "Run": True, "Recipe": "A-17 钢"})


async def test_an_alarm_comes_with_severity_text_and_time_and_its_acknowledgement_goes_back(server: OpcUaServer) -> None:
    driven = rig(server)
    driver = driven.drivers[0]
    assert isinstance(driver, TakesAcknowledgements)
    async with driven.batches() as arriving:
        await until(arriving, all_shown)
        at = driven.clock.now() // SECOND - 30
        await server.tell(alarm="Hot", active=True, severity=700, message="料温高 too hot", at=at)
        rows = await until(arriving, shows("hot", 700.0))
        text = newest(rows, "hot_text")
        assert text is not None and (text.text, text.source_time, text.mark) == ("料温高 too hot", at * SECOND, Mark.NONE)
        await server.tell(refuse=0x801F0000)
        refused = await driver.acknowledge("M.hot", "")
        assert refused.end is WriteEnd.REFUSED and "0x801F0000" in refused.detail
        await server.tell(refuse=0)
        assert (await driver.acknowledge("M.hot", "张工")).end is WriteEnd.DONE
        assert (await server.tell(ask="acknowledged"))[-1:] == ["Hot: 张工"]
        await until(arriving, shows("hot_seen", 1.0))
    async with rig(server).batches() as arriving:
        again = newest(await until(arriving, shows("hot", 700.0)), "hot")
        assert again is not None and Mark.INITIAL in again.mark, "it stood before we came"
    await server.tell(alarm="Hot", active=False, severity=700, message="料温正常")


# --- loss -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [Relay.break_off, Relay.hang])
async def test_a_server_that_is_gone_is_lost_and_found_again(server: OpcUaServer, how: Callable[[Relay], None]) -> None:
    async with (
        Relay(server.port).serving() as relay,
        rig(server, {"temp": TAGS["temp"]}, url=f"opc.tcp://127.0.0.1:{relay.port}").batches() as arriving,
    ):
        await until(arriving, shows("temp", 20.5))
        how(relay)
        async with asyncio.timeout(4):
            rows = await until(arriving, lambda rows: newest(rows, "session") is not None)
        assert [(row.tag, row.value, row.quality) for row in rows] == [
            ("M.session", 0.0, Quality.GOOD), ("M.temp", 20.5, Quality.BAD),
        ]  # fmt: skip
        relay.break_off()
        await until(arriving, lambda rows: shows("session", 1.0)(rows) and shows("temp", 20.5)(rows))


async def test_a_subscription_that_is_dead_is_noticed_though_all_else_answers(server: OpcUaServer) -> None:
    clock = SteadyClock()
    opened = link(server.url, timeout_s=1.0, keepalive_s=0.5)
    try:
        await opened.connect()
        await opened.listen()
        await server.tell(mute=True)
        await opened.subscribe(50.0, [OpcUaItem(0, "ns=3;s=Line.Count", 0.0, 1000)])
        began = clock.now()
        with pytest.raises(ServerUnreachable, match="nothing came for"):
            while clock.now() - began < 6 * SECOND:
                await server.tell(set={"Count": (clock.now() - began) // 1000})
                await opened.read(["ns=3;s=Line.Temp"])
                await clock.sleep_until(clock.now() + SECOND // 10)
                await opened.notices(wait=False)
    finally:
        await opened.close()
        await server.tell(set={"Count": 7})


async def test_who_is_no_server_is_unreachable_within_bounds() -> None:
    async with asyncio.timeout(5):
        with pytest.raises(ServerUnreachable, match="no connection"):
            await link(f"opc.tcp://127.0.0.1:{free_port()}").connect()
        mute = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
        async with mute:
            port = mute.sockets[0].getsockname()[1]
            with pytest.raises(ServerUnreachable, match=r"no answer within 0\.3 s"):
                await link(f"opc.tcp://127.0.0.1:{port}", timeout_s=0.3).connect()


def link(url: str, **access: Any) -> SocketOpcUaLink:
    return SocketOpcUaLink(OpcUaAccess(url, **access), clock=SteadyClock())


# --- looking before running -----------------------------------------------------------------------------------------


async def test_a_probe_shows_what_is_there_and_its_snippet_is_a_plant_part(server: OpcUaServer, tmp_path: Path) -> None:
    await server.tell(alarm="Jam", active=True, severity=300, message="卡料 jam")
    access = OpcUaAccess(server.url, username="edge", password=PASSWORD, plain_password=True)
    clock = SteadyClock()
    wish = Wish(access, password_env="SECRET")
    seen = await look(SocketLinks(clock), clock, wish)
    text = text_of(seen, wish, "en")
    assert "ns=3  urn:test:line" in text and "Line/Jam  300  卡料 jam" in text
    row = next(line.split() for line in text.splitlines() if line.endswith("20.5"))
    assert row == ["3:Line/3:Temp", "ns=3;s=Line.Temp", "double", "20.5"]
    assert document_of(seen, wish, "zh")["left_out"] is False
    (tmp_path / "devices").mkdir()
    (tmp_path / "devices" / "a.yaml").write_text("\n".join(snippet(seen, wish)))
    (tmp_path / "gateway.yaml").write_text("site: s\nagent: a\nareas:\n  my_area: {zh: 车间, en: hall}\n")
    loaded = load(tmp_path, DRIVERS, CHANNELS)
    assert [str(each) for each in loaded.problems if str(each).startswith("devices/")] == []
    few = await look(SocketLinks(clock), clock, replace(wish, most=3))
    assert (len(few.found), few.left_out) == (3, True)
    nobody = await look(SocketLinks(clock), clock, Wish(OpcUaAccess(f"opc.tcp://127.0.0.1:{free_port()}")))
    assert nobody.namespaces == () and "no connection" in text_of(nobody, wish, "en")
    await server.tell(alarm="Jam", active=False, severity=300, message="ok")


async def test_the_command_shows_the_same(server: OpcUaServer) -> None:
    ran = await andon_probe(server.url, "--user", "edge", "--password-env", "SECRET", "--plain-password", "--json")
    assert ran.exit_code == 0
    assert {each["node"]: each["value"] for each in json.loads(ran.stdout)["nodes"]}["ns=3;s=Line.Recipe"] == "A-17 钢"


async def andon_probe(*arguments: str) -> Ran:
    async with asyncio.timeout(30):
        return await asyncio.to_thread(run, "probe", "opcua", *arguments, env={"SECRET": PASSWORD})


# --- security -------------------------------------------------------------------------------------------------------


async def test_a_secured_session_trusts_and_is_trusted_or_says_what_to_do(secured: Secured, tmp_path: Path) -> None:
    user = {"username": "edge", "password": PASSWORD}
    await secured.connect(**user)
    await secured.connect("Aes256_Sha256_RsaPss", sign_only=True, **user)
    await secured.connect("Aes128_Sha256_RsaOaep", **user)
    with pytest.raises(ServerRefused, match="check username and password"):
        await secured.connect(username="edge", password="wrong")
    with pytest.raises(ServerRefused, match="does not offer Aes128_Sha256_RsaOaep Sign, it offers Aes128"):
        await secured.connect("Aes128_Sha256_RsaOaep", sign_only=True, **user)
    with pytest.raises(ServerRefused, match="has another certificate than server_cert"):
        await secured.connect(server_cert=str(secured.stranger[0]), **user)
    with pytest.raises(ServerRefused, match=r"look for [0-9A-F]{40} among its rejected certificates"):
        await secured.connect(cert=str(secured.stranger[0]), key=str(secured.stranger[1]), **user)
    with pytest.raises(ServerUnreachable, match=r"nowhere\.pem cannot be used: No such file"):
        await secured.connect(cert=str(tmp_path / "nowhere.pem"), **user)
    with pytest.raises(ServerRefused):
        await link(secured.server.url).connect()


async def test_a_server_is_trusted_by_its_own_certificate_or_by_that_of_who_signed_it(secured: Secured, tmp_path: Path) -> None:
    given = {"server_cert": None, "trusted": str(tmp_path), "username": "edge", "password": PASSWORD}
    for others in (None, secured.stranger[0], await authority(tmp_path.parent, "another_authority")):
        if others is not None:
            (tmp_path / "other.pem").write_bytes(await asyncio.to_thread(others.read_bytes))
        with pytest.raises(ServerRefused, match="put the certificate, or that of who signed it, into"):
            await secured.connect(**given)
    for known in (secured.cert, secured.authority):
        (tmp_path / "known.pem").write_bytes(await asyncio.to_thread(known.read_bytes))
        await secured.connect(**given)


async def test_a_user_may_have_a_certificate_in_place_of_a_password(secured: Secured) -> None:
    cert, key = secured.user
    await secured.connect(user_cert=str(cert), user_key=str(key))
    with pytest.raises(ServerRefused):
        await secured.connect(user_cert=str(secured.stranger[0]), user_key=str(secured.stranger[1]))
    with pytest.raises(ServerRefused):
        await secured.connect()


async def test_a_password_does_not_leave_readable_unless_that_is_meant_so(server: OpcUaServer) -> None:
    with pytest.raises(ServerRefused, match="would go over the network readable"):
        await link(server.url, username="edge", password=PASSWORD).connect()
    with pytest.raises(ServerRefused, match="check username and password"):
        await link(server.url, username="edge", password="wrong", plain_password=True).connect()
    opened = link(server.url, username="edge", password=PASSWORD, plain_password=True)
    assert URI in await opened.connect()
    await opened.close()

"""`andon probe mqtt` against a real mosquitto and what mosquitto_pub says to it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path

import pytest

from drivers.links import SocketLinks
from edge.model.moment import SECOND
from edge.ports import MqttAccess, MqttLink, MqttMessage
from edge.probe.mqtt import Heard, Wish, listen
from edge.probe.mqtt_text import text_of
from edge.probe.target import Target
from edge.runtime.clock import SteadyClock
from tests.andon_command import Ran, run
from tests.certificates import certificates
from tests.mosquitto import Mosquitto, mosquitto

DEADLINE_S = 20.0


class WatchedLinks(SocketLinks):
    """heard: set once a message has come over one of its links."""

    def __init__(self, clock: SteadyClock) -> None:
        super().__init__(clock)
        self.heard = asyncio.Event()

    def mqtt(self, host: str, port: int, access: MqttAccess) -> MqttLink:
        return WatchedLink(super().mqtt(host, port, access), self.heard)


class WatchedLink:
    def __init__(self, link: MqttLink, heard: asyncio.Event) -> None:
        self._link, self._heard = link, heard

    async def messages(self, filters: Sequence[tuple[str, int]]) -> AsyncGenerator[Sequence[MqttMessage], None]:
        async with aclosing(self._link.messages(filters)) as arriving:
            async for messages in arriving:
                if messages:
                    self._heard.set()
                yield messages


async def andon(*arguments: str, **environ: str) -> Ran:
    async with asyncio.timeout(DEADLINE_S):
        return await asyncio.to_thread(run, "probe", "mqtt", *arguments, env=environ)


async def hear(broker: Mosquitto, version: str = "3.1.1") -> Heard:
    clock = SteadyClock()
    wish = Wish(Target("127.0.0.1", broker.port), MqttAccess("probe", version=version), "#", SECOND // 2)
    return await listen(SocketLinks(clock), clock, wish)


@pytest.mark.parametrize("version", ["3.1.1", "5"])
async def test_what_is_published_is_shown_with_rate_quality_of_service_and_template(tmp_path: Path, version: str) -> None:
    async with mosquitto(tmp_path) as broker:
        for press in ("press_1", "press_2"):
            await broker.publish(f"line/{press}/vib", '{"rms":2.1}', "-r", "-q", "1")
        hearing = asyncio.create_task(hear(broker, version))
        living = asyncio.create_task(_publish_until(broker, hearing))
        survey = (await hearing).survey
        await living
    assert survey is not None
    topic = survey.topics["line/press_1/vib"]
    assert (topic.retained, topic.qos) == (1, 2)
    assert topic.times > 1 and survey.per_second(topic) > 0
    shown = text_of(Heard(survey, None), Wish(Target("b", 1), MqttAccess("probe"), "#", SECOND), "en")
    assert "line/{device}/vib" in shown and "2: press_1, press_2" in shown


async def _publish_until(broker: Mosquitto, done: asyncio.Task[Heard]) -> None:
    while not done.done():
        await broker.publish("line/press_1/vib", '{"rms":2.2}', "-q", "2")


async def test_a_person_gets_a_table_and_a_program_json_over_tls_with_a_password(tmp_path: Path) -> None:
    made = await certificates(tmp_path, "IP:127.0.0.1")
    passwords = tmp_path / "passwords"
    hashing = await asyncio.create_subprocess_exec("mosquitto_passwd", "-b", "-c", passwords, "edge", "red-fish")
    assert await hashing.wait() == 0
    config = f"allow_anonymous false\npassword_file {passwords}\ncertfile {made.server}\nkeyfile {made.server_key}"
    async with mosquitto(tmp_path, config) as broker:
        where, ca = f"127.0.0.1:{broker.port}", str(made.ca)
        account = ["-u", "edge", "-P", "red-fish", "--cafile", ca]
        await broker.publish("hall/fan", "ON", "-r", *account)
        asked = ["--for", "300ms", "--ca", ca, "--user", "edge", "--password-env", "BROKER", "--lang", "en"]
        ran = await andon(where, *asked, BROKER="red-fish")
        assert ran.exit_code == 0 and "red-fish" not in ran.stdout
        assert "hall/fan" in ran.stdout and "${env:BROKER}" in ran.stdout
        ran = await andon(where, *asked, "--json", BROKER="red-fish")
        assert ran.exit_code == 0 and [topic["payload"] for topic in json.loads(ran.stdout)["topics"]] == ["value"]
        ran = await andon(where, *asked, BROKER="blue-fish")
        assert ran.exit_code == 3 and "username or password is wrong" in ran.stderr


async def test_where_nobody_listens_exit_code_3_says_what_to_check_in_the_language_asked_for() -> None:
    ran = await andon("127.0.0.1:1", "--lang", "zh")
    assert (ran.exit_code, "请检查 host、port 和防火墙" in ran.stderr) == (3, True)


async def test_a_broker_that_ends_while_we_listen_leaves_what_was_heard(tmp_path: Path) -> None:
    async with mosquitto(tmp_path) as broker:
        await broker.publish("hall/fan", "ON", "-r")
        clock = SteadyClock()
        links = WatchedLinks(clock)
        wish = Wish(Target("127.0.0.1", broker.port), MqttAccess("probe"), "#", 15 * SECOND)
        hearing = asyncio.create_task(listen(links, clock, wish))
        await links.heard.wait()
        await broker.stop()
        heard = await hearing
    assert heard.trouble is not None and heard.survey is not None
    assert heard.trouble.key.startswith("drivers.mqtt.ended")
    assert list(heard.survey.topics) == ["hall/fan"]

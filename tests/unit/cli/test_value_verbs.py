"""Commands of what people do to values and devices: force, enter, hang-tag, write."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from edge.cli.given import value_of
from edge.model.deed import DeedEnd
from edge.model.moment import HOUR, MINUTE
from tests.andon_command import run
from tests.api_gateway import CODE, PASSWORD, T0
from tests.console_process import ServedGateway, served
from tests.told_driver import ToldDriver
from tests.unit.config.folders import boiler_house, plant_of

PRESSURE, ACID, COLOUR = "BOILER.1.steam_pressure", "BATH.acid", "BATH.colour"
DEVICES = """\
types:
  bath:
    words: {zh: 酸洗槽, en: bath}
    driver: manual
    tags:
      acid: {words: {zh: 酸浓度, en: acid}, unit: g/L, every: 8h, between: [80, 260], anyway: true}
      colour: {words: {zh: 颜色, en: colour}, type: text}
  lamps: {words: {zh: 灯, en: lamps}, driver: modbus, tags: {light: {address: coil 0, words: {zh: 灯, en: light}}}}
devices:
  LAMPS: {type: lamps, area: boiler_1, words: {zh: 灯, en: lamps}, connection: {host: 127.0.0.1, unit_id: 2, every: 1s}}
  BATH: {type: bath, area: boiler_1, words: {zh: 槽, en: bath}}
"""
WRITES = """\
writes:
  boiler.steam_pressure: {purpose: setpoint, range: [2, 10], step: 3, role: worker, two_step: 1min}
  lamps.light: {purpose: lamp, values: [0, 1]}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return boiler_house(tmp_path_factory.mktemp("values"), devices__baths=DEVICES, writes=WRITES)


@pytest.fixture
def gateway(folder: Path) -> Iterator[ServedGateway]:
    with served(plant_of(folder)) as gateway:
        api = f"http://127.0.0.1:{gateway.port}/api/v1"
        setup = {"code": CODE, "name": "boss", "password": PASSWORD}
        assert httpx.post(f"{api}/setup", json=setup).is_success
        token = httpx.post(f"{api}/sessions", json={"name": "boss", "password": PASSWORD}).json()["token"]
        second = {"name": "lee", "password": PASSWORD, "role": "worker", "person": None}
        assert httpx.post(f"{api}/users", json=second, headers={"Authorization": f"Bearer {token}"}).is_success
        yield gateway


def andon(gateway: ServedGateway, *words: object, by: str = "boss", lang: str = "en") -> tuple[int, str]:
    asked = [*words, "--api", f"http://127.0.0.1:{gateway.port}", "--by", by, "--lang", lang]
    done = run(*asked, env={"ANDON_PASSWORD": PASSWORD})
    return done.exit_code, done.output.strip()


def test_a_value_is_forced_listed_with_what_its_device_says_and_released(folder: Path, gateway: ServedGateway) -> None:
    gateway.do(lambda small: small.sample(PRESSURE, 5.5))
    code, told = andon(gateway, "force", folder, PRESSURE, 9, "--for", "30m", "--reason", "loop check")
    assert (code, told.startswith(f"{PRESSURE} shows 9 until ")) == (0, True)
    assert gateway.do(lambda small: [(each.tag, each.value, each.until) for each in small.forced()]) == [
        (PRESSURE, 9.0, T0 + 30 * MINUTE)
    ]
    code, told = andon(gateway, "forced", folder)
    assert (code, "by boss: loop check (the device says 5.5)" in told) == (0, True)
    assert andon(gateway, "release", folder, PRESSURE) == (0, f"{PRESSURE} shows again what its device says.")


def test_who_may_not_force_is_told_so_and_nonsense_does_not_reach_the_gateway(folder: Path, gateway: ServedGateway) -> None:
    asked = ("force", folder, PRESSURE, 9, "--reason", "loop check")
    assert andon(gateway, *asked, "--for", "30m", by="lee")[0] == 1
    assert andon(gateway, *asked, "--for", "soon")[0] == 2
    assert andon(gateway, "force", folder, PRESSURE, "much", "--for", "30m", "--reason", "r")[0] == 2
    assert gateway.do(lambda small: list(small.forced())) == []


def test_what_is_due_is_listed_and_entered_and_what_is_implausible_only_anyway(folder: Path, gateway: ServedGateway) -> None:
    code, told = andon(gateway, "entries", folder)
    assert (code, [line.split()[0] for line in told.splitlines()]) == (0, ["due", "whenever"])
    code, told = andon(gateway, "enter", folder, ACID, 60)
    assert (code, "80 to 260 g/L" in told) == (1, True)
    assert "--anyway" in told and "60 is outside" in told
    assert andon(gateway, "enter", folder, ACID, 60, "--anyway") == (0, f"{ACID} is 60: entered.")
    assert andon(gateway, "enter", folder, COLOUR, "黄绿", lang="zh")[0] == 0
    entered = gateway.do(lambda small: {tag: (each.value, each.text, each.by) for tag, each in small.entered().items()})
    assert (entered[ACID], entered[COLOUR][1]) == ((60.0, None, "user:boss"), "黄绿")
    code, told = andon(gateway, "entries", folder)
    assert (code, told.splitlines()[0].split()[0], "last 60 g/L" in told) == (0, "later", True)


def test_a_value_counts_from_when_it_was_measured_on_the_plants_clock(folder: Path, gateway: ServedGateway) -> None:
    assert andon(gateway, "enter", folder, ACID, 150, "--at", "2026-05-04T07:30")[0] == 0
    assert gateway.do(lambda small: small.entered()[ACID].measured_at) == T0 - HOUR // 2
    assert andon(gateway, "enter", folder, ACID, 150, "--at", "noon")[0] == 2


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("enter", "{folder}", ACID, "150,5"), 2, 'no number: BATH.acid takes one in g/L, did you mean "150.5"?'),
        (("enter", "{folder}", ACID, "150 g/L"), 2, '"150 g/L" is no number: BATH.acid takes one in g/L'),
        (("enter", "{folder}", ACID, "150", "--at", "25:00"), 2, '"25:00" is no time'),
        (("enter", "{folder}", "BATH.acit", "150"), 1, 'there is no tag "BATH.acit"'),
        (("enter", "{folder}", "BATH.acit", "150"), 1, 'did you mean "BATH.acid"?'),
        (("write", "point", "{folder}", "LAMPS.light", "bright", "--reason", "r"), 2, "write on or off"),
        (("write", "point", "{folder}", "LAMP.light", "on", "--reason", "r"), 1, 'did you mean "LAMPS.light"?'),
        (("write", "point", "{folder}", PRESSURE, "on", "--reason", "r"), 2, "takes one in bar"),
    ],
)
def test_what_is_wrong_with_what_was_written_is_said_before_a_password_is_asked_for(
    folder: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    done = run(*(word.format(folder=folder) for word in words), "--by", "boss", "--lang", "en", env={"COLUMNS": "300"})
    assert done.exit_code == code
    assert said in " ".join(done.output.split())


@pytest.mark.parametrize(("written", "value"), [("on", 1.0), ("True", 1.0), ("开", 1.0), ("off", 0.0), ("关", 0.0), ("0", 0.0)])
def test_a_switch_is_written_in_the_words_of_switches(folder: Path, written: str, value: float) -> None:
    tag = plant_of(folder).policy.tag("LAMPS.light")
    assert tag is not None
    assert value_of(written, tag, "en") == value


def test_a_tag_is_hung_listed_and_taken_off_by_its_hanger_alone(folder: Path, gateway: ServedGateway) -> None:
    words = ("--order", "WO-17", "--phone", "5512", "--reason", "new valve")
    code, told = andon(gateway, "hang-tag", "hang", folder, "BOILER.1", *words, by="boss")
    assert (code, "NOT the physical lock" in told) == (0, True)
    assert (
        andon(gateway, "hang-tag", "list", folder)[1]
        == "BOILER.1~1  boss  since 2026-05-04 08:00  order WO-17  5512  new valve"
    )
    gateway.do(lambda small: small.pass_time(12 * 3600 + 1))
    assert "12 小时" in andon(gateway, "hang-tag", "list", folder, lang="zh")[1]
    assert andon(gateway, "hang-tag", "remove", folder, "BOILER.1~1", "--reason", "in my way", by="lee")[0] == 1
    assert andon(gateway, "hang-tag", "remove", folder, "BOILER.1~1") == (0, "Tag BOILER.1~1 is off.")


def test_a_write_of_two_persons_is_asked_for_agreed_to_and_shown_with_its_end(folder: Path, gateway: ServedGateway) -> None:
    gateway.do(lambda small: small.sample(PRESSURE, 5.0))
    asked = ("write", "point", folder, PRESSURE, 6, "--reason", "test bench")
    name = f"{PRESSURE}~1"
    code, told = andon(gateway, *asked)
    assert (code, told.startswith(f"{name} = 6: waits for a second person")) == (0, True)
    assert told.endswith(f"andon write confirm {folder} {name} --by NAME")
    assert andon(gateway, "write", "confirm", folder, name)[0] == 1
    assert andon(gateway, "write", "confirm", folder, name, by="lee")[0] == 0
    gateway.do(lambda small: small.end_write(name, DeedEnd.DONE, 6.0))
    code, told = andon(gateway, "write", "list", folder)
    granted, write, why, lamps = told.splitlines()
    assert (code, granted.startswith(f"{PRESSURE}: 2 to 10 bar, ")) == (0, True)
    assert "second person" in granted
    assert write.startswith(f"  {name} = 5 bar → 6 bar by boss")
    assert write.endswith("lee: done")
    assert why.endswith(": test bench")
    assert lamps.startswith("LAMPS.light: ")
    assert lamps.endswith(", engineer and above")


def test_a_no_ends_a_write_and_a_hang_tag_refuses_it(folder: Path, gateway: ServedGateway) -> None:
    gateway.do(lambda small: small.sample(PRESSURE, 5.0))
    asked = ("write", "point", folder, PRESSURE, 6, "--reason", "test bench")
    assert andon(gateway, *asked)[0] == 0
    assert andon(gateway, "write", "refuse", folder, f"{PRESSURE}~1", by="lee")[0] == 0
    assert gateway.do(lambda small: [each.state for each in small.points()[PRESSURE].writes]) == ["withdrawn"]
    andon(gateway, "hang-tag", "hang", folder, "BOILER.1", "--order", "WO-17", "--reason", "new valve")
    code, told = andon(gateway, *asked)
    assert (code, "hang-tag" in told.lower()) == (1, True)
    assert "hang-tag" in andon(gateway, "write", "list", folder)[1].lower()


def test_a_hang_tag_stands_beside_its_device_in_the_list_of_connections(folder: Path, gateway: ServedGateway) -> None:
    gateway.do(lambda small: setattr(small, "opened", [ToldDriver("modbus boiler:502", {"BOILER.1": (1.0, 1.0)})]))
    andon(gateway, "hang-tag", "hang", folder, "BOILER.1", "--order", "WO-17", "--reason", "new valve")
    for options in ((), ("--device", "BOILER.1")):
        told = andon(gateway, "status", folder, *options)[1]
        assert "hang-tag BOILER.1~1: boss, since 08:00:00; WO-17: new valve" in told

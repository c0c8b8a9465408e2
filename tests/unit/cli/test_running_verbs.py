"""Commands that ask a gateway that runs: promote, maintenance."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from drivers.base import RefusedInput
from edge.model.moment import HOUR, to_iso
from edge.starter.folder import Wish, starter_files, write_starter
from tests.andon_command import run
from tests.api_gateway import CODE, PASSWORD, T0, SmallGateway
from tests.console_process import ServedGateway, served
from tests.told_driver import ToldDriver
from tests.unit.config.folders import check


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plants") / "my_plant"
    write_starter(folder, starter_files(Wish("my_plant", "en")))
    return folder


@pytest.fixture(scope="module")
def gateway(folder: Path) -> Iterator[ServedGateway]:
    plant = check(folder).plant
    assert plant is not None
    with served(plant) as gateway:
        setup = {"code": CODE, "name": "boss", "password": PASSWORD}
        assert httpx.post(f"http://127.0.0.1:{gateway.port}/api/v1/setup", json=setup).is_success
        yield gateway


def andon(gateway: ServedGateway, *words: str, password: str = PASSWORD) -> tuple[int, str]:
    asked = [*words, "--api", f"http://127.0.0.1:{gateway.port}", "--by", "boss", "--lang", "en"]
    done = run(*asked, env={"ANDON_PASSWORD": password})
    return done.exit_code, done.output.strip()


def test_promote_takes_a_plant_live_in_the_name_of_who_asks(folder: Path, gateway: ServedGateway) -> None:
    live = ("promote", str(folder), "--to", "live", "--reason", "looked at for a week")
    assert andon(gateway, *live, password="not this one") == (1, "Name or password is wrong.")
    assert andon(gateway, *live) == (0, "plant is live from now on.")
    assert gateway.do(lambda small: small.stages()["plant"].by) == "user:boss"
    assert andon(gateway, *live) == (1, "It has that stage already.")


def test_a_trial_wants_names_and_an_end(folder: Path, gateway: ServedGateway) -> None:
    trial = ("promote", str(folder), "--scope", "PUMP_1/bearing_hot", "--to", "commissioning", "--reason", "new sensor")
    code, told = andon(gateway, *trial)
    assert (code, "--only" in told) == (2, True)
    code, told = andon(gateway, *trial, "--only", "person:fitter", "--for", "2h")
    assert (code, "person:fitter_a" in told) == (1, True), "nobody is called fitter; it says who could be meant"
    assert andon(gateway, *trial, "--only", "person:fitter_a", "--for", "2h")[0] == 0
    assert gateway.do(lambda small: small.stages()["PUMP_1/bearing_hot"].until) == T0 + 2 * HOUR


def test_maintenance_is_planned_on_the_plants_clock_listed_and_ended(folder: Path, gateway: ServedGateway) -> None:
    assert andon(gateway, "maintenance", "list", str(folder)) == (0, "No maintenance is planned or under way.")
    words = ("bearing", "--device", "PUMP_1", "--from", "2026-05-04T09:00", "--to", "2026-05-04T11:00", "--permit", "P-17")
    code, told = andon(gateway, "maintenance", "plan", str(folder), *words, "--reason", "new bearing")
    assert (code, told.startswith("Maintenance bearing is planned, until 2026-05-04 11:00.")) == (0, True)
    assert gateway.do(lambda small: to_iso(small.windows()[0].begin)) == "2026-05-04T01:00:00.000000Z"
    shown = "planned  bearing  2026-05-04 09:00 to 2026-05-04 11:00  boss  permit P-17  PUMP_1"
    assert andon(gateway, "maintenance", "list", str(folder)) == (0, shown)
    assert andon(gateway, "maintenance", "end", str(folder), "bearing") == (0, "Maintenance bearing is over.")


@pytest.mark.parametrize(("verb", "refused"), [("learn-anew", "no learned normal, so"), ("reset-sums", "adds up no sums, so")])
def test_statistics_are_redone_by_who_asks_and_for_a_reason(
    folder: Path, gateway: ServedGateway, verb: str, refused: str
) -> None:
    words = ("statistics", verb, str(folder), "PUMP_1/bearing_hot")
    assert andon(gateway, *words)[0] == 2
    code, told = andon(gateway, *words, "--reason", "new bearing")
    assert (code, refused in told) == (1, True)


def test_where_no_gateway_answers_it_says_so(folder: Path) -> None:
    asked = ["maintenance", "list", str(folder), "--by", "boss", "--api", "http://127.0.0.1:1", "--lang", "en"]
    done = run(*asked, env={"ANDON_PASSWORD": PASSWORD})
    assert (done.exit_code, "is the gateway running?" in done.output) == (3, True)


def test_what_nobody_has_granted_is_not_written_and_the_list_says_so(folder: Path, gateway: ServedGateway) -> None:
    assert andon(gateway, "write", "list", str(folder)) == (0, "Nothing may be written: writes.yaml grants nothing.")
    code, told = andon(gateway, "write", "point", str(folder), "PUMP_1.pressure", "5", "--reason", "test")
    assert (code, told) == (1, "This point may not be written: it has no grant in writes.yaml.")
    code, told = andon(gateway, "write", "confirm", str(folder), "PUMP_1.speed~1")
    assert (code, told) == (1, "There is no such write.")


def test_status_says_how_it_is_with_each_connection_and_of_one_device_in_full(folder: Path, gateway: ServedGateway) -> None:
    def line(small: SmallGateway) -> None:
        small.sample("PUMP_1.session", 0.0)
        refused = [RefusedInput("OVEN", "", "hall/OVEN/vib", "unknown_device", 2, "7.5", T0)]
        small.opened = [
            ToldDriver("modbus 10.0.0.5:502", {"PUMP_1": (1.0, 0.0)}, {("PUMP_1", "no_answer"): 5}, {"PUMP_1": "no answer"}),
            ToldDriver("mqtt broker:1883", {}, refused=refused),
        ]

    gateway.do(line)
    code, told = andon(gateway, "status", str(folder))
    lost, stranger, counted = told.splitlines()
    assert (code, lost.split("  ")[0], lost.split("  ")[2]) == (0, "Lost", "modbus 10.0.0.5:502")
    assert "PUMP_1" in lost and lost.endswith(": no answer")
    assert stranger.startswith("Unknown device  OVEN  mqtt broker:1883  Configuration:")
    assert counted == "2 devices, 2 of them with something to look at"
    code, told = andon(gateway, "status", str(folder), "--device", "PUMP_1")
    assert (code, "State: Lost" in told.splitlines(), "no_answer: 5" in told) == (0, True, True)
    code, told = andon(gateway, "status", str(folder), "--json")
    assert [(each["device"], each["condition"]) for each in json.loads(told)] == [("PUMP_1", "lost"), ("OVEN", "stranger")]
    assert andon(gateway, "status", str(folder), "--device", "PUMP_9") == (1, 'There is no device "PUMP_9"')

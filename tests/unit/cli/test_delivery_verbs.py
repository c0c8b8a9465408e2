"""`andon deliveries`: what did not arrive, why, and having it tried anew."""

from __future__ import annotations

import json

import httpx

from edge.model.intent import Delivered, Refused
from tests.andon_command import run
from tests.api_gateway import BEARING, CODE, MILL, PASSWORD, SmallGateway, load_mill
from tests.console_process import served


def test_what_was_refused_is_listed_with_its_reason_and_tried_anew() -> None:
    def refuse(small: SmallGateway) -> None:
        small.raise_bearing()
        small.tell(Refused("the group was dissolved"))

    def deliver(small: SmallGateway) -> None:
        small.tell(Delivered("r"))

    with served(load_mill()) as gateway:
        url = f"http://127.0.0.1:{gateway.port}"
        assert httpx.post(f"{url}/api/v1/setup", json={"code": CODE, "name": "boss", "password": PASSWORD}).is_success
        where, env = (str(MILL), "--api", url, "--by", "boss"), {"ANDON_PASSWORD": PASSWORD}
        nothing = run("deliveries", "list", *where, "--lang", "en", env=env)
        assert (nothing.exit_code, nothing.output.strip()) == (0, "Nothing waits, and nothing was refused or set aside.")
        gateway.do(refuse)
        listed = run("deliveries", "list", *where, "--lang", "en", env=env).output
        assert "refused: the group was dissolved" in listed
        assert "被拒绝" in run("deliveries", "list", *where, "--lang", "zh", env=env).output
        rows = json.loads(run("deliveries", "list", *where, "--json", env=env).output)
        assert {row["purpose"] for row in rows} == {"raised"}
        key = rows[0]["intent"]
        assert f"\n    {key}\n" in listed
        assert run("deliveries", "replay", where[0], key, *where[1:], "--lang", "en", env=env).exit_code == 0
        gateway.do(deliver)
        left = json.loads(run("deliveries", "list", *where, "--json", env=env).output)
        assert len(left) == len(rows) - 1
        again = run("deliveries", "replay", where[0], key, *where[1:], "--lang", "en", env=env)
        assert again.exit_code == 1
        assert "there is nothing to try anew" in again.output


def test_the_proof_of_an_alarm_says_who_was_told_by_what_and_who_acted() -> None:
    def tell(small: SmallGateway) -> None:
        small.raise_bearing()
        small.tell(Delivered("task-1"))

    with served(load_mill()) as gateway:
        url = f"http://127.0.0.1:{gateway.port}"
        assert httpx.post(f"{url}/api/v1/setup", json={"code": CODE, "name": "boss", "password": PASSWORD}).is_success
        where, env = ("--api", url, "--by", "boss"), {"ANDON_PASSWORD": PASSWORD}
        nobody = run("deliveries", "of", str(MILL), BEARING, *where, "--lang", "en", env=env)
        assert (nobody.exit_code, nobody.output.strip()) == (0, f"Nobody has been told of {BEARING}.")
        gateway.do(tell)
        proof = run("deliveries", "of", str(MILL), BEARING, *where, "--lang", "zh", env=env).output.splitlines()
        assert [line.partition(":")[0] for line in proof] == ["A班钳工", "Shift lead A", "冷轧维修群"]
        assert all(": 钉钉 · " in line for line in proof)
        told = json.loads(run("deliveries", "of", str(MILL), BEARING, *where, "--occurrence", "1", "--json", env=env).output)
        assert {way["state"] for way in told["people"]} == {"delivered"}
        unknown = run("deliveries", "of", str(MILL), "NO.SUCH/alarm", *where, "--lang", "en", env=env)
        assert unknown.exit_code == 1

"""`andon deliveries`: what did not arrive, why, and having it tried anew."""

from __future__ import annotations

import json

import httpx

from edge.model.intent import Delivered, Refused
from tests.andon_command import run
from tests.api_gateway import CODE, MILL, PASSWORD, SmallGateway, load_mill
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
        key = rows[0]["intent"]
        assert f"\n    {key}\n" in listed
        assert run("deliveries", "replay", where[0], key, *where[1:], "--lang", "en", env=env).exit_code == 0
        gateway.do(deliver)
        left = json.loads(run("deliveries", "list", *where, "--json", env=env).output)
        assert len(left) == len(rows) - 1
        again = run("deliveries", "replay", where[0], key, *where[1:], "--lang", "en", env=env)
        assert again.exit_code == 1
        assert "there is nothing to try anew" in again.output

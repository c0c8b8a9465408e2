"""`andon quota`: what a gateway that runs has used of the cloud's quota."""

from __future__ import annotations

import json
from pathlib import Path

import httpx

from cloud_bridge.quota.account import Account, Limits
from cloud_bridge.quota.statement import statements
from edge.model.quota import Kind, Usage
from edge.starter.folder import Wish, starter_files, write_starter
from tests.andon_command import run
from tests.api_gateway import CODE, PASSWORD, T0, SmallGateway
from tests.console_process import served
from tests.unit.config.folders import check

ACCOUNT = Account(Limits(), "Asia/Shanghai").counted([Usage(Kind.API, "2026-05-04", 1_300), Usage(Kind.PUSH, "2026-05-04", 7)])


def test_it_marks_what_somebody_should_look_at_and_speaks_json_too(tmp_path: Path) -> None:
    folder = tmp_path / "my_plant"
    write_starter(folder, starter_files(Wish("my_plant", "en")))
    plant = check(folder).plant
    assert plant is not None

    def spend(small: SmallGateway) -> None:
        small.statements = statements("dingtalk", ACCOUNT, T0)

    with served(plant) as gateway:
        url = f"http://127.0.0.1:{gateway.port}"
        assert httpx.post(f"{url}/api/v1/setup", json={"code": CODE, "name": "boss", "password": PASSWORD}).is_success
        asked = ["quota", str(folder), "--api", url, "--by", "boss"]
        env = {"ANDON_PASSWORD": PASSWORD}
        nothing = run(*asked, "--lang", "en", env=env)
        assert (nothing.exit_code, nothing.output.strip()) == (0, "The cloud of no channel of this plant counts messages.")
        gateway.do(spend)
        told = run(*asked, "--lang", "en", env=env).output.splitlines()
        assert told == [
            "! DingTalk API calls this month: 1,300 of 5,000 · at 1,300 a day used up on 2026-05-07",
            "  DingTalk webhook and Stream pushes this month: 7 of 3,000 · 7 a day, lasts to the month's end",
        ]
        assert "将于 2026-05-07 用完" in run(*asked, "--lang", "zh", env=env).output
        rows = json.loads(run(*asked, "--json", env=env).output)
        assert [(row["kind"], row["left"]) for row in rows][:2] == [("api", 3_700), ("push", 2_993)]

"""The report on alarms over the API and on the command line: the same figures, and rows behind each."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge.config.plant import Plant
from edge.model.errors import StoreError
from edge.model.event import Event
from edge.model.moment import HOUR
from edge.performance.beside import ReportProcess
from edge.performance.pages import asked_of, pages_of
from edge.performance.period import Wish
from edge.store.reading import reading
from tests.andon_command import run
from tests.api_gateway import BEARING, MILL, T0, SmallGateway, Visitor, app_of, first_admin, load_mill, with_role
from tests.unit.performance.mill_month import at_once, keep, lived

DAY = "2026-05-04"


@pytest.fixture(scope="module")
def mill() -> Plant:
    return load_mill()


@pytest.fixture(scope="module")
def small(mill: Plant) -> SmallGateway:
    gateway = SmallGateway(mill)
    lived(gateway)
    gateway.clock.moment = T0 + 3 * 24 * HOUR
    return gateway


@pytest.fixture(scope="module")
def account(small: SmallGateway) -> str:
    """The token of the first account."""
    token = asyncio.run(first_admin(app_of(small))).token
    assert token is not None
    return token


@pytest.fixture
async def admin(small: SmallGateway, account: str) -> AsyncIterator[Visitor]:
    visitor = Visitor(app_of(small), account)
    yield visitor
    await visitor.http.aclose()


@pytest.fixture(scope="module")
def folder(mill: Plant, small: SmallGateway, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same journal on disk."""
    events: list[Event] = [row.event for row in small.store.read_after(0, 10_000)]
    return keep(tmp_path_factory.mktemp("data"), mill, at_once(events))


def printed(*arguments: object) -> str:
    result = run("report", "alarms", MILL, *arguments)
    assert result.exit_code == 0, result.output
    return result.output


async def test_the_command_line_and_the_api_say_the_same(admin: Visitor, folder: Path) -> None:
    told = (await admin.get("reports/alarms", params={"day": DAY})).json()
    said = json.loads(printed("--data", folder, "--day", DAY, "--format", "json"))
    assert {**said, "made_at": ""} == {**told, "made_at": ""}
    assert told["total"]["figures"][0] == {**told["total"]["figures"][0], "figure": "alarms", "value": 19}
    assert {each["position"] for each in told["positions"]} == {
        "team:maintenance",
        "team:instruments",
        "person:shift_fitter_a",
        "person:hydraulics_technician",
        "group:crm_pulpit",
        None,
    }


async def test_every_figure_opens_into_the_rows_it_was_made_of(admin: Visitor) -> None:
    report = (await admin.get("reports/alarms", params={"day": DAY})).json()
    made_of_rows = [each for each in report["total"]["figures"] if each["rows_total"]]
    assert len(made_of_rows) > 10
    for figure in made_of_rows[::4]:
        page = (await admin.get(f"reports/alarms/{figure['figure']}", params={"day": DAY})).json()
        assert page["value"] == figure["value"]
        assert len(page["rows"]) == page["rows_total"] == figure["rows_total"]
    alarms = (await admin.get("reports/alarms/alarms", params={"day": DAY})).json()["rows"]
    assert {row["kind"] for row in alarms} == {"raised"}
    assert sum(row["subject"] == BEARING for row in alarms) == 4
    assert alarms[0]["about"]["words"]["zh"]


async def test_one_position_has_its_own_figures_and_rows(admin: Visitor) -> None:
    asked = {"day": DAY, "position": "team:maintenance"}
    page = (await admin.get("reports/alarms/alarms", params=asked)).json()
    assert 0 < page["value"] < 19
    assert page["value"] == len(page["rows"])
    assert (await admin.get("reports/alarms/alarms", params={"position": "team:nobody"})).status_code == 404
    assert (await admin.get("reports/alarms/no_such_figure")).status_code == 404


async def test_a_viewer_reads_the_report_and_a_stranger_does_not(admin: Visitor, small: SmallGateway) -> None:
    app = app_of(small)
    assert (await Visitor(app).get("reports/alarms")).status_code == 401
    viewer = await with_role(app, admin, "viewer")
    assert (await viewer.get("reports/alarms")).status_code == 200


@pytest.mark.parametrize(
    ("asked", "reason", "said"),
    [
        ({"day": "4 May"}, "not_a_day", "2026-05-04"),
        ({"week": "2026-W60"}, "not_a_week", "2026-W19"),
        ({"day": DAY, "month": "2026-05"}, "several", "not for several"),
        ({"from": "2026-05-04", "to": "2026-05-01"}, "ends_first", "before it begins"),
        ({"from": "1999-01-01"}, "too_long", "three years"),
    ],
)
async def test_a_period_that_nobody_can_mean_is_refused(admin: Visitor, asked: dict[str, str], reason: str, said: str) -> None:
    answer = await admin.get("reports/alarms", params=asked)
    assert answer.status_code == 422
    assert (answer.json()["error"], answer.json()["reason"]) == ("period", reason)
    assert said in answer.json()["text"]


async def test_a_process_beside_makes_the_same_report_once_for_all_who_ask(mill: Plant, folder: Path) -> None:
    reports, now = ReportProcess(folder), T0 + 3 * 24 * HOUR
    wish = Wish(day=DAY)
    first, again = await asyncio.gather(*(reports.pages("day", lambda: asked_of(mill, wish, now), now) for _ in range(2)))
    assert first is again
    with reading(folder) as connection:
        assert first == pages_of(connection, asked_of(mill, wish, now))


async def test_a_report_process_says_why_there_is_none(mill: Plant, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no database yet"):
        await ReportProcess(tmp_path).pages("day", lambda: asked_of(mill, Wish(day=DAY), T0), T0)


def test_for_people_it_says_value_verdict_target_and_standard_in_their_language(folder: Path) -> None:
    english = printed("--data", folder, "--day", DAY, "--lang", "en")
    assert "Share of the ten most frequent: 100 %  [over limit: target at most 5 %, limit at most 15 % (ISA-18.2" in english
    assert "left out: 15 other journal rows" in english
    assert "Shorter than 30 days" in english
    chinese = printed("--data", folder, "--day", DAY, "--lang", "zh", "--position", "team:maintenance")
    assert "每岗位每天报警数：" in chinese
    assert "maintenance" in chinese.splitlines()[0]


def test_a_figure_on_the_command_line_lists_its_rows(folder: Path) -> None:
    told = printed("--data", folder, "--day", DAY, "--lang", "en", "--figure", "alarms", "--rows")
    assert sum(line.endswith(BEARING) for line in told.splitlines()) == 4
    rows = json.loads(printed("--data", folder, "--day", DAY, "--figure", "alarms", "--rows", "--format", "json"))["rows"]
    assert [row["sequence"] for row in rows] == sorted(row["sequence"] for row in rows)


@pytest.mark.parametrize("wrong", [("--figure", "sunshine"), ("--position", "team:night")])
def test_what_there_is_not_is_said_with_what_there_is(folder: Path, wrong: tuple[str, str]) -> None:
    result = run("report", "alarms", MILL, "--data", folder, *wrong)
    assert result.exit_code == 2
    assert wrong[0] in result.output

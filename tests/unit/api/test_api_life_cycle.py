"""The rest of an alarm's life over the API: confirmed, acknowledgement withdrawn, out of service, hidden, chattering, first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI

from edge.api.cover_form import cover_form
from edge.api.journal import journal_form
from edge.config.plant import Plant
from edge.model.event import Event, JournalRow, Stream
from edge.model.moment import SECOND
from edge.response.policy import LineWords
from rules.definition import Cause, Chatter, Suppressor, Validity
from tests.api_gateway import BEARING, BEARING_TAG, PUMPS, T0, SmallGateway, Visitor, app_of, first_admin, with_role

WARM = "CRM.ST3.MOTOR/de_temp_warm"
ORDER = {"alarm": BEARING, "reason": "new bearing", "work_order": "WO-4711"}


@pytest.fixture
def gateway(mill: Plant) -> Iterator[SmallGateway]:
    """The bearing must be confirmed and chatters at its second raise, the pumps are first-out; hot explains warm."""
    changed: dict[str, dict[str, Any]] = {
        BEARING: {"confirm": True, "chatter": Chatter(2, 600 * SECOND, 60 * SECOND), "first_out": "drive", "on_delay": 0},
        PUMPS: {"first_out": "drive"},
        WARM: {"on_delay": 0},
    }
    rules = tuple(replace(rule, **changed.get(rule.id, {})) for rule in mill.rules)
    policy = replace(mill.policy, rules={rule.id: rule for rule in rules})
    explained = Suppressor(Cause.PARENT, BEARING, (BEARING,), (WARM,))
    gateway = SmallGateway(replace(mill, rules=rules, policy=policy, suppressors=(explained,)))
    yield gateway
    gateway.store.close()


async def one(visitor: Visitor, alarm: str) -> dict[str, Any]:
    shown: dict[str, Any] = (await visitor.get(f"alarms/{alarm}")).json()
    return shown


async def listed(visitor: Visitor, query: str = "") -> set[str]:
    return {shown["alarm"] for shown in (await visitor.get(f"alarms{query}")).json()}


async def test_an_acknowledgement_is_taken_back_with_a_reason(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.sample(BEARING_TAG, 86.0)
    await admin.post("alarms/acknowledge", {"alarm": BEARING, "occurrence": 1})
    body = {"alarm": BEARING, "occurrence": 1, "reason": "called away"}
    answer = await admin.post("alarms/unacknowledge", body)
    assert (answer.json()["event"], answer.json()["data"]["reason"]) == ("unacknowledged", "called away")
    assert (await one(admin, BEARING))["state"] == "unacknowledged"
    assert (await admin.post("alarms/unacknowledge", body)).json()["reason"] == "not_acknowledged"


async def test_what_asks_for_a_confirmation_is_listed_until_it_has_one(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.sample(BEARING_TAG, 86.0)
    early = await admin.post("alarms/confirm", {"alarm": BEARING, "occurrence": 1})
    assert early.json()["reason"] == "acknowledge_first"
    await admin.post("alarms/acknowledge", {"alarm": BEARING, "occurrence": 1})
    gateway.hold(BEARING_TAG, 60.0, 31)
    assert BEARING in await listed(admin)
    shown = await one(admin, BEARING)
    assert (shown["state"], shown["confirmed"], shown["rule"]["confirm"]) == ("normal", False, True)
    answer = await admin.post("alarms/confirm", {"alarm": BEARING, "occurrence": 1, "comment": "new belt"})
    assert (answer.json()["event"], answer.json()["data"]["comment"]) == ("confirmed", "new belt")
    assert BEARING not in await listed(admin)


async def test_out_of_service_is_bound_to_a_reason_and_a_work_order(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.sample(BEARING_TAG, 86.0)
    assert (await admin.post("alarms/take-out-of-service", {**ORDER, "work_order": " "})).json()[
        "reason"
    ] == "work_order_missing"
    assert (await admin.post("alarms/take-out-of-service", ORDER)).status_code == 200
    shown = await one(admin, BEARING)
    assert (shown["state"], shown["work_order"], shown["service_reason"], shown["service_by_name"], shown["hidden"]) == (
        "out_of_service",
        "WO-4711",
        "new bearing",
        "admin",
        True,
    )
    answer = await admin.post("alarms/return-to-service", {"alarm": BEARING})
    assert (answer.json()["event"], answer.json()["data"]["announce"]) == ("returned_to_service", True)


async def test_only_who_maintains_may_take_out_of_service(app: FastAPI, admin: Visitor, gateway: SmallGateway) -> None:
    worker = await with_role(app, admin, "worker")
    answer = await worker.post("alarms/take-out-of-service", ORDER)
    assert (answer.status_code, answer.json()["error"]) == (403, "not_permitted")
    assert (await one(admin, BEARING))["state"] == "normal"


async def test_what_has_learned_nothing_has_nothing_to_learn_anew(admin: Visitor) -> None:
    answer = await admin.post("alarms/learn-anew", {"alarm": BEARING, "reason": "new rolls"})
    assert answer.json()["reason"] == "nothing_to_learn"


async def test_what_adds_nothing_up_has_no_sums_to_reset(app: FastAPI, admin: Visitor) -> None:
    reset = {"alarm": BEARING, "reason": "new bearing"}
    assert (await admin.post("alarms/reset-sums", reset)).json()["reason"] == "no_sums"
    assert (await admin.post("alarms/reset-sums", {"alarm": BEARING})).status_code == 422
    worker = await with_role(app, admin, "worker")
    assert (await worker.post("alarms/reset-sums", reset)).json()["error"] == "not_permitted"


async def test_a_shelf_for_this_once_ends_with_the_activation(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.sample(BEARING_TAG, 75.0)
    body = {"alarm": WARM, "minutes": 30, "reason": "known", "one_shot": True}
    assert (await admin.post("alarms/shelve", body)).json()["data"]["one_shot"] is True
    assert (await one(admin, WARM))["one_shot"] is True
    gateway.hold(BEARING_TAG, 50.0, 120)
    assert (await one(admin, WARM))["shelved_until"] is None


async def test_what_another_alarm_explains_says_which_and_can_be_listed_apart(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.sample(BEARING_TAG, 86.0)
    shown = await one(admin, WARM)
    assert (shown["state"], shown["process_state"], shown["hidden"]) == ("suppressed_by_design", "unacknowledged", True)
    (cover,) = shown["suppressed"]
    assert (cover["cause"], cover["name"], cover["words"]["en"], cover["device_words"]["en"]) == (
        "parent",
        BEARING,
        "bearing hot",
        "motor",
    )
    assert await listed(admin) >= {BEARING, WARM}
    assert await listed(admin, "?hidden=only") == {WARM}
    assert WARM not in await listed(admin, "?hidden=hide")


async def test_what_the_design_hides_at_rest_is_not_put_before_people(mill: Plant) -> None:
    rules = tuple(replace(rule, validity=Validity(times=Never())) if rule.id == WARM else rule for rule in mill.rules)
    gateway = SmallGateway(replace(mill, rules=rules))
    admin = await first_admin(app_of(gateway))
    shown = next(each for each in (await admin.get("alarms?every=true")).json() if each["alarm"] == WARM)
    assert shown["state"] == "suppressed_by_design"
    assert WARM not in await listed(admin)
    assert WARM not in {each["alarm"] for each in (await admin.get("live")).json()["alarms"]}
    gateway.store.close()


class Never:
    """No time of the week."""

    def contains(self, moment: int) -> bool:
        return False

    def next_change(self, moment: int) -> int | None:
        return None


async def test_an_alarm_that_chatters_says_how_often(admin: Visitor, gateway: SmallGateway) -> None:
    for _ in range(2):
        gateway.sample(BEARING_TAG, 86.0)
        gateway.hold(BEARING_TAG, 60.0, 31)
    gateway.sample(BEARING_TAG, 86.0)
    assert (await one(admin, BEARING))["chattering"] == 3


async def test_who_was_first_of_its_group_is_told(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.sample(BEARING_TAG, 86.0)
    gateway.pass_time(5)
    gateway.raise_pumps()
    first, second = await one(admin, BEARING), await one(admin, PUMPS)
    assert (first["first_out"], second["first_out"], first["first_out_group"]) == (1, 2, "drive")
    assert (await one(admin, WARM))["first_out"] is None


# --- the journal ------------------------------------------------------------------------------------------------------


def row(event: Event) -> JournalRow:
    return JournalRow("crm", "line-2", 1, 1, T0, event, "", "")


def test_the_journal_names_what_hides_an_alarm_and_what_hid_it_last(mill: Plant) -> None:
    hidden = journal_form(row(Event(Stream.ALARM, "suppressed", WARM, T0, {"suppressed": [f"parent:{BEARING}"]})), mill)
    released = journal_form(row(Event(Stream.ALARM, "released", WARM, T0, {"cause": "group:power"})), mill)
    assert [cover["words"]["en"] for cover in hidden["covers"]] == ["bearing hot"]
    assert released["covers"] == [{"cause": "group", "name": "power", "words": {}, "device_words": {}}]


def test_what_hides_an_alarm_has_the_words_of_its_suppression_and_of_the_state_of_its_line(mill: Plant) -> None:
    air = {"zh": "气源压力低", "en": "air supply low"}
    line = LineWords({"zh": "轧机", "en": "mill"}, {"threading": {"zh": "穿带", "en": "threading"}})
    plant = replace(mill, policy=replace(mill.policy, suppressions={"air": air}, lines={"mill": line}))
    rule = replace(plant.policy.rules[WARM], validity=Validity("mill", ("rolling",)))
    assert cover_form("inhibited:air east", rule, plant)["words"] == air
    assert cover_form("machine_state", rule, plant, "threading")["state_words"]["en"] == "threading"


def test_the_journal_names_who_was_first_before(mill: Plant) -> None:
    moved = row(Event(Stream.ALARM, "first_out_moved", BEARING, T0, {"group": "drive", "occurrence": 1, "before": PUMPS}))
    assert journal_form(moved, mill)["other"]["alarm"] == PUMPS


def test_the_journal_names_a_line_and_its_states(mill: Plant) -> None:
    lines = {"mill": LineWords({"en": "rolling mill"}, {"threading": {"en": "threading"}})}
    plant = replace(mill, policy=replace(mill.policy, lines=lines))
    turned = row(Event(Stream.LINE, "state", "mill", T0, {"before": None, "state": "threading"}))
    line = journal_form(turned, plant)["line"]
    assert (line["words"], line["states"]["threading"]) == ({"en": "rolling mill"}, {"en": "threading"})

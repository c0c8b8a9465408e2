"""Who is told sees the buttons that they may press, by the one table of roles; a group sees what some member may."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from edge.model.person import Role
from edge.response.policy import Route
from tests.unit.response.conftest import DIRECTORY, mill

LI_IS_TOLD = (Route("all", ("person:li", "person:ann", "group:shift")),)


def with_role(role: Role) -> Any:
    li = replace(DIRECTORY.persons["li"], role=role)
    return mill(LI_IS_TOLD, directory=replace(DIRECTORY, persons={**DIRECTORY.persons, "li": li}))


def buttons(intents: list[Any]) -> dict[str, list[str]]:
    return {intent.recipient: [button.action for button in intent.message.buttons] for intent in intents}


@pytest.mark.parametrize("role", [Role.WORKER, Role.ENGINEER, Role.ADMIN])
def test_who_may_act_is_shown_the_buttons(shift_at: Any, role: Role) -> None:
    shown = buttons(shift_at(with_role(role)).hear("raised", "oil_low"))
    assert shown["person:li"] == ["acknowledge", "on_my_way", "shelve"]


def test_who_may_only_look_is_shown_no_buttons_and_the_same_text(shift_at: Any) -> None:
    shift = shift_at(with_role(Role.VIEWER))
    intents = shift.hear("raised", "oil_low")
    assert buttons(intents) == {
        "person:li": [],
        "person:ann": ["acknowledge", "on_my_way", "shelve"],
        "group:shift": ["acknowledge", "on_my_way", "shelve"],
    }
    assert "油压" in intents[0].message.headline
    assert buttons(shift.hear("acknowledged", "oil_low"))["person:li"] == []


def test_a_viewer_and_a_worker_of_one_language_do_not_get_each_others_message(shift_at: Any) -> None:
    persons = {
        **DIRECTORY.persons,
        "li": replace(DIRECTORY.persons["li"], role=Role.VIEWER),
        "ann": replace(DIRECTORY.persons["ann"], language="zh"),
    }
    shown = buttons(shift_at(mill(LI_IS_TOLD, directory=replace(DIRECTORY, persons=persons))).hear("raised"))
    assert (shown["person:li"], shown["person:ann"]) == ([], ["acknowledge", "on_my_way"])

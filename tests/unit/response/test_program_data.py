"""What a program reads of a message: the same as people, in names and numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from edge.model.intent import Purpose, decode_intent, encode_intent
from edge.model.moment import SECOND, to_iso
from edge.model.tag import DataClass
from tests.unit.response.conftest import MOTOR, START, mill


def test_a_raise_says_in_names_and_numbers_what_people_read(shift: Any) -> None:
    intent = shift.hear("raised", value=84.2)[0]
    data = dict(intent.message.data)
    began = data.pop("began")
    assert began <= to_iso(START)
    assert data == {
        "device": "CRM.ST3.MOTOR",
        "area": "st3",
        "device_type": "main_motor",
        "kind": "high",
        "tag": "CRM.ST3.MOTOR.de_temp",
        "active": True,
        "acknowledged": False,
        "raised": to_iso(START),
        "value": 84.2,
        "quality": "good",
        "limit": 80.0,
        "unit": "°C",
    }


def test_a_return_says_since_when_and_what_the_worst_was(shift: Any) -> None:
    shift.hear("raised")
    shift.receive(shift.told(Purpose.RAISED)[0])
    shift.at(30).hear("acknowledged")
    shift.at(60).hear("returned", value=76.9, peak=91.24)
    data = shift.told(Purpose.RETURNED)[0].message.data
    assert (data["returned"], data["returned_value"], data["peak"]) == (to_iso(START + 60 * SECOND), 76.9, 91.24)
    assert (data["acknowledged_by"], data["acknowledged_at"]) == ("ann", to_iso(START + 30 * SECOND))


def test_numbers_of_a_red_tag_are_left_out(shift_at: Any) -> None:
    tags = tuple(replace(tag, data_class=DataClass.RED) for tag in MOTOR.tags)
    shift = shift_at(mill(devices={MOTOR.name: replace(MOTOR, tags=tags)}))
    data = shift.hear("raised")[0].message.data
    assert data["device"] == "CRM.ST3.MOTOR"
    assert not {"value", "limit", "unit", "quality"} & data.keys()


def test_it_is_kept_with_the_intent(shift: Any) -> None:
    intent = shift.hear("raised")[0]
    assert decode_intent(encode_intent(intent)) == intent

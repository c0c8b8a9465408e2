"""Acts: stored with their intent, forgotten by none, and refused where a channel cannot do them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, get_args

import pytest

from edge.model.act import (
    Act,
    AskApproval,
    Call,
    CallMedium,
    CloseConference,
    CloseGroup,
    CloseOrder,
    OpenConference,
    OpenGroup,
    OpenOrder,
    Tell,
    WriteRow,
)
from edge.model.intent import decode_intent, encode_intent
from tests.unit.cloud_bridge.harness import START, intent

ACTS: list[Act] = [
    Tell(),
    *(Call(medium) for medium in CallMedium),
    OpenOrder("WO-17", "https://andon.example/orders/WO-17", START),
    OpenOrder("WO-18", "https://andon.example/orders/WO-18"),
    CloseOrder("WO-17"),
    OpenGroup("INC-4", "3号机架 主电机", ("li", "wang")),
    CloseGroup("INC-4", archive=True),
    OpenConference("INC-4", "3号机架 主电机", ("li",)),
    CloseConference("INC-4"),
    WriteRow("orders", "WO-17", {"设备": "3号机架", "分钟": 12.5}),
    AskApproval("scrap", {"事由": "轧辊裂纹"}),
]


def stored(data: Any) -> Any:
    """As it comes back from the disk."""
    return json.loads(json.dumps(data))


@pytest.mark.parametrize("act", ACTS, ids=repr)
def test_an_act_comes_back_from_the_outbox_as_it_went_in(act: Act) -> None:
    wanted = replace(intent(), act=act)
    assert decode_intent(stored(encode_intent(wanted))) == wanted


def test_each_kind_of_act_is_among_them() -> None:
    assert {type(act) for act in ACTS} == set(get_args(Act))


def test_a_row_of_before_there_were_acts_tells() -> None:
    row = stored(encode_intent(intent()))
    assert "act" not in row
    assert decode_intent(row).act == Tell()


@pytest.mark.parametrize("unknown", [{"kind": "sing"}, {"kind": "call", "medium": "smoke"}, {"kind": "call", "loudness": 3}])
def test_an_act_of_a_newer_version_is_told_apart_from_a_damaged_one(unknown: dict[str, Any]) -> None:
    row = stored(encode_intent(intent())) | {"act": unknown}
    with pytest.raises((KeyError, TypeError)):
        decode_intent(row)

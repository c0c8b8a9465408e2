"""Presses on a card of the stand-in's phones, as the tests of the way back make and follow them."""

from __future__ import annotations

import json
from typing import Any

from simulators.dingtalk.presses import Press, PressStatus
from tests.unit.cloud_bridge.harness import Bench
from tests.unit.cloud_bridge.intents import intent

ALARM = "CRM.ST3.MOTOR/de_temp_high"
CARD = intent().card
CARDS = {CARD: (ALARM, 17)}


def pushed(kind: str, topic: str, data: Any, **headers: str) -> str:
    """A frame of the server's."""
    return json.dumps({"type": kind, "headers": {"topic": topic, "messageId": "m-1", **headers}, "data": json.dumps(data)})


async def settled(bench: Bench, press: Press) -> PressStatus:
    await bench.until(lambda: press.status is not PressStatus.WAITING)
    return press.status

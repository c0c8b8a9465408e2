"""Delivery: what empties the outbox, for every channel alike."""

from __future__ import annotations

from cloud_bridge.delivery.admission import HANDS
from cloud_bridge.delivery.lane import Delivery

__all__ = ["HANDS", "Delivery"]

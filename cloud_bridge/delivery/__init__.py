"""Delivery: what empties the outbox, for every channel alike."""

from __future__ import annotations

from cloud_bridge.delivery.lane import HANDS, Delivery

__all__ = ["HANDS", "Delivery"]

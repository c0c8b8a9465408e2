"""A hang-tag in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edge.console.plant_time import PlantTime
from edge.console.words import Words


def hang_text(tag: Mapping[str, Any], words: Words, time: PlantTime) -> str:
    """Who hung it, since when, and where to reach them."""
    told = words("hang.by", who=tag["by_name"], since=time.shown(tag["since"]))
    return words("hang.with_phone", told=told, phone=tag["phone"]) if tag["phone"] else told

"""The channels there are, one row each; what a channel does is imported only when a plant uses it."""

from __future__ import annotations

from collections.abc import Mapping

from cloud_bridge.base import ChannelRow
from cloud_bridge.dingtalk.config import DingTalkConfig, GroupAddress, PersonAddress, address_problem, is_answered_by_text

_ROWS = (
    ChannelRow(
        name="dingtalk",
        config=DingTalkConfig,
        person=PersonAddress,
        group=GroupAddress,
        factory="cloud_bridge.dingtalk.channel:open_channel",
        address_problem=address_problem,
        is_answered_by_text=is_answered_by_text,
        quota=lambda config: config.quota,
    ),
)

CHANNELS: Mapping[str, ChannelRow] = {row.name: row for row in _ROWS}

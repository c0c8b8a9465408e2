"""The channels there are, one row each; what a channel does is imported only when a plant uses it."""

from __future__ import annotations

from collections.abc import Mapping

from cloud_bridge.apprise.config import AppriseConfig, ServiceAddress
from cloud_bridge.apprise.config import address_problem as apprise_address_problem
from cloud_bridge.base import ChannelRow
from cloud_bridge.dingtalk.config import (
    DingTalkConfig,
    GroupAddress,
    PersonAddress,
    address_problem,
    is_answered_by_text,
    is_exclusive,
)
from cloud_bridge.dingtalk.remarks import remarks
from cloud_bridge.mqtt.config import MqttConfig, SubscriberAddress
from cloud_bridge.webhook.config import EndpointAddress, WebhookConfig
from cloud_bridge.webhook.config import address_problem as webhook_address_problem

_ROWS = (
    ChannelRow(
        name="dingtalk",
        config=DingTalkConfig,
        person=PersonAddress,
        group=GroupAddress,
        factory="cloud_bridge.dingtalk.channel:open_channel",
        address_problem=address_problem,
        is_answered_by_text=is_answered_by_text,
        rings=lambda config: config.calls,
        is_exclusive=is_exclusive,
        quota=lambda config: config.quota,
        remarks=remarks,
    ),
    ChannelRow(
        name="apprise",
        config=AppriseConfig,
        person=ServiceAddress,
        group=ServiceAddress,
        factory="cloud_bridge.apprise.channel:open_channel",
        address_problem=apprise_address_problem,
    ),
    ChannelRow(
        name="webhook",
        config=WebhookConfig,
        person=EndpointAddress,
        group=EndpointAddress,
        factory="cloud_bridge.webhook.channel:open_channel",
        address_problem=webhook_address_problem,
        for_machines=True,
    ),
    ChannelRow(
        name="mqtt",
        config=MqttConfig,
        person=SubscriberAddress,
        group=SubscriberAddress,
        factory="cloud_bridge.mqtt.channel:open_channel",
        for_machines=True,
    ),
)

CHANNELS: Mapping[str, ChannelRow] = {row.name: row for row in _ROWS}

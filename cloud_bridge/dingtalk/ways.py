"""By which call an intent travels. Pure.

A card is what a raise makes and a state changes; what shall ring again is a message of its own.

    recipient                     raised, flood    state          flood_over     all others
    person                        card             card update    card update    robot message, which rings again
    group with conversation_id    card             card update    card update    webhook if it has one, else robot message
    group with only a webhook     webhook          nothing        webhook        webhook

Without a card template there are no cards: what would be one is a message, and a state is shown by nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from cloud_bridge.dingtalk.config import DingTalkConfig, WebhookConfig
from cloud_bridge.pace import Pace
from edge.model.act import Tell
from edge.model.intent import Intent, Purpose
from edge.model.moment import MINUTE

#: A minute of a webhook robot: two under DingTalk's limit, because its windows need not begin when ours do.
ROBOT_MESSAGES_MAX = 18
#: Of which only critical alarms may use so many.
KEPT_FOR_CRITICAL = 3

#: Where a card or a robot message goes: (`IM_ROBOT`, user id) or (`IM_GROUP`, open conversation id).
Space = tuple[str, str]


@dataclass(frozen=True, slots=True)
class RaiseCard:
    space: Space
    template: str


@dataclass(frozen=True, slots=True)
class UpdateCard:
    """The card is known by its name alone, wherever it is."""


@dataclass(frozen=True, slots=True)
class NoCard:
    """There is no card whose state could be shown: delivered by doing nothing."""


@dataclass(frozen=True, slots=True)
class SendByWebhook:
    hook: WebhookConfig


@dataclass(frozen=True, slots=True)
class SendByRobot:
    space: Space


Way = RaiseCard | UpdateCard | NoCard | SendByWebhook | SendByRobot


def way_of(intent: Intent, config: DingTalkConfig) -> Way | None:
    """None: the address is of no person and of no group that the configuration knows. A group that was opened for an incident
    is addressed by its open conversation id, with which the receipt of its opening begins."""
    if "user_id" in intent.address:
        return _way(intent.purpose, ("IM_ROBOT", intent.address["user_id"]), None, config.card_template_id)
    if "conversation_id" in intent.address:
        return _way(intent.purpose, ("IM_GROUP", intent.address["conversation_id"]), None, config.card_template_id)
    group = config.groups.get(intent.address.get("group", ""))
    if group is None:
        return None
    space = None if group.conversation_id is None else ("IM_GROUP", group.conversation_id)
    return _way(intent.purpose, space, group.webhook, config.card_template_id)


def is_keyed(way: Way | None) -> bool:
    """Whether the cloud knows a repeat: by outTrackId, by msgUuid, or because a full state is only set once more."""
    return not isinstance(way, SendByRobot)


def pace_of(intent: Intent, config: DingTalkConfig) -> Pace | None:
    """A webhook robot is blocked for ten minutes when it sends more than 20 a minute (dingtalk-api 2.4); other calls count by
    the second, and their pace is kept where they are made."""
    way = way_of(intent, config)
    if not isinstance(intent.act, Tell) or not isinstance(way, SendByWebhook):
        return None
    return pace_of_hook(way.hook)


def pace_of_hook(hook: WebhookConfig) -> Pace:
    """By the reference of its token, which two groups may share."""
    return Pace(f"webhook {hook.token}", ROBOT_MESSAGES_MAX, MINUTE, kept=KEPT_FOR_CRITICAL)


def _way(purpose: Purpose, space: Space | None, hook: WebhookConfig | None, template: str | None) -> Way | None:
    has_card = space is not None and template is not None
    match purpose:
        case Purpose.RAISED | Purpose.FLOOD if space is not None and template is not None:
            return RaiseCard(space, template)
        case Purpose.FLOOD_OVER if has_card:
            return UpdateCard()
        case Purpose.STATE:
            return UpdateCard() if has_card else NoCard()
    if hook is not None:
        return SendByWebhook(hook)
    return None if space is None else SendByRobot(space)

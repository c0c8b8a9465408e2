"""Which permissions the app needs for what cloud.yaml asks of it, and why. Pure.

The names are those of the developer console. A permission that nothing configured needs is not asked for: an administrator
grants what he can see a reason for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cloud_bridge.dingtalk.config import DingTalkConfig
from cloud_bridge.dingtalk.endpoints import ENDPOINTS, Endpoint, Scope


@dataclass(frozen=True, slots=True)
class Need:
    """why: key of the sentence that says it, in `edge/texts`. is_optional: alarms are told without it; only the acts that it
    allows are refused."""

    scope: Scope
    why: str
    is_optional: bool


def needs(config: DingTalkConfig) -> tuple[Need, ...]:
    """Each once; what alarms need first."""
    return tuple(Need(scope, f"dingtalk.scope.{scope.name.lower()}", is_optional) for scope, is_optional in _needs(config))


def calls_under(scope: Scope) -> tuple[Endpoint, ...]:
    """The calls that a permission allows."""
    return tuple(endpoint for endpoint in ENDPOINTS if endpoint.scope is scope)


def _needs(config: DingTalkConfig) -> Iterator[tuple[Scope, bool]]:
    yield Scope.ROBOT, False
    # Whoever has left the organisation loses access, and to-dos and conferences name people by another id.
    yield Scope.MEMBER, False
    if config.card_template_id is not None:
        yield Scope.CARD, False
    if config.agent_id is not None:
        yield Scope.BASE, False
    if config.calls:
        yield Scope.DING, False
    if config.group_template_id is not None:
        yield Scope.GROUP, False
    if config.tables:
        yield Scope.TABLE, False
    if config.documents:
        yield Scope.WIKI, False
        yield Scope.WIKI_CONTENT, False
    if config.approvals:
        yield Scope.APPROVAL, False
        yield Scope.APPROVAL_READ, False
    if config.events and config.iot == "devicemng":
        yield Scope.DEVICE, False
    if config.shifts is not None:
        yield Scope.SHIFTS, False
        yield Scope.LEAVES, False
    for scope in (Scope.TODO, Scope.TODO_READ, Scope.CONFERENCE, Scope.CONFERENCE_READ):
        yield scope, True

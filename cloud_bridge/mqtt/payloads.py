"""Which topics an event goes to. Pure.

    andon/SITE/TOPIC                   every event for a subscriber, once; TOPIC is the subscriber's, else `events`
    andon/SITE/alarms/ALARM/state      retained: the newest event of each alarm (`standing.py`), for who connects later
    andon/SITE/presence/AGENT          retained: whether this connection stands; the broker says offline when we are gone

ALARM is `DEVICE/RULE`, which is two levels: `andon/+/alarms/+/+/state` are the states of all alarms.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cloud_bridge.event import encode, event_of, is_about_an_alarm
from cloud_bridge.mqtt.standing import Standing
from edge.model.intent import Claim
from edge.ports import MqttWill

ONLINE, OFFLINE = b'{"state":"online"}', b'{"state":"offline"}'

#: No level of a topic may hold these: wildcards, the NUL that MQTT forbids, and other control characters.
_NOT_IN_TOPICS = re.compile(r"[+#\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Publication:
    topic: str
    payload: bytes
    retain: bool


def publications(claim: Claim, standing: Standing, *, prefix: str, site: str, agent: str) -> Iterator[Publication]:
    """First the event, then the state where it says that: who sees a state can have seen the event."""
    intent = claim.intent
    payload = encode(event_of(intent, site=site, agent=agent))
    yield Publication(_topic(prefix, site, str(intent.address["topic"])), payload, retain=False)
    if is_about_an_alarm(intent) and standing.says(intent):
        yield Publication(_topic(prefix, site, "alarms", intent.alarm, "state"), payload, retain=True)


def presence(prefix: str, site: str, agent: str) -> MqttWill:
    """What we say of ourselves, and the broker when we are gone without a word."""
    return MqttWill(_topic(prefix, site, "presence", agent), ONLINE, OFFLINE, qos=1)


def _topic(*levels: str) -> str:
    return "/".join(_NOT_IN_TOPICS.sub("_", level) for level in levels)

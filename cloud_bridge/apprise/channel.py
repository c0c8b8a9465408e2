"""The apprise channel: an intent becomes a plain message by one service, and true or false its outcome.

apprise says no more than whether a service took a message, so a call is unkeyed: false is an outcome that nobody knows, and is
repeated once, marked as a possible repeat, after two minutes: what a mail server puts off
(greylisting), it takes then. Where the service's machine cannot even be reached nothing has left us, and it is
tried again for as long as it takes.

A service that hangs holds up nobody else (`threads.py`); what is wanted there waits until it lets go.

There are no cards here: a state that changes nothing for anybody is told to nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial

import structlog

from cloud_bridge.apprise.config import AppriseConfig, ServiceConfig, addressed
from cloud_bridge.apprise.payloads import title_and_body
from cloud_bridge.base import Channel, ChannelOpening, Take
from cloud_bridge.marks import marks_of
from cloud_bridge.page import page_of
from edge.model.act import Act, Tell
from edge.model.errors import ConfigError
from edge.model.intent import NO_CARD, Claim, Delivered, Intent, Outcome, Purpose, Refused, Retry, Unknown
from edge.model.moment import Moment
from edge.ports import NoReply

log = structlog.get_logger()

#: What a person has to mend is tried again this often.
MENDING_AFTER_S = 120.0
#: The one repeat of what may not have been taken: by then a mail server has started again, or takes what it had put off.
REPEATED_AFTER_S = 120.0


def open_channel(opening: ChannelOpening) -> Channel:
    """The factory named in `cloud_bridge/catalog.py`."""
    return AppriseChannel(opening)


class AppriseChannel:
    name = "apprise"
    #: Nothing comes back by these services.
    unheard_since: Moment | None = None

    def __init__(self, opening: ChannelOpening) -> None:
        if not isinstance(opening.config, AppriseConfig):
            raise TypeError(f"the apprise channel wants an AppriseConfig, not a {type(opening.config).__name__}")
        self._config = opening.config
        self._clock = opening.clock
        self._secret = opening.secret
        self._late_after = opening.late_after
        self._notifiers = {name: opening.carriers.notifier() for name in opening.config.services}
        #: Since when a service has been seen to hang.
        self._hung_since: dict[str, Moment] = {}

    def is_keyed(self, intent: Intent) -> bool:
        return intent.purpose is Purpose.STATE

    def can(self, act: type[Act]) -> bool:
        return act is Tell

    async def deliver(self, claim: Claim) -> Outcome:
        intent = claim.intent
        name = str(intent.address.get("service", ""))
        service = self._config.services.get(name)
        if not self.can(type(intent.act)):
            return Refused(f"the apprise channel cannot do this act: {type(intent.act).__name__}")
        if service is None:
            return Refused(f"{intent.recipient} has no service that cloud.yaml knows: mend people.yaml or apprise.services")
        if intent.purpose is Purpose.STATE:
            return Delivered(NO_CARD)
        self._watch(name)
        try:
            return await self._send(claim, name, service)
        except ConfigError as error:
            return Retry(MENDING_AFTER_S, str(error))
        except NoReply as error:
            reason = f"{name}: {error}"
            return Unknown(reason, after_s=REPEATED_AFTER_S) if error.sent else Retry(0.0, reason)
        finally:
            self._watch(name)

    async def _send(self, claim: Claim, name: str, service: ServiceConfig) -> Outcome:
        """Raises ConfigError, and NoReply."""
        intent = claim.intent
        url = addressed(self._secret(service.url), intent.address.get("to"))
        marks = marks_of(claim, self._clock.now(), self._late_after, may_be_repeated=True)
        fit = partial(title_and_body, intent.message, marks, rest=page_of(intent, self._config.public_url))
        answer = None if url is None else await self._notifiers[name].notify(url, fit)
        if answer is None:
            mend = f"{service.url} holds no address that apprise knows, or has {{to}} where personal: true is missing"
            return Retry(MENDING_AFTER_S, mend)
        if answer.accepted:
            return Delivered(answer.service)
        return Unknown(f"{answer.service} did not take it, or nobody knows: apprise says no more", after_s=REPEATED_AFTER_S)

    def hanging(self) -> Mapping[str, Moment]:
        """As of `ServiceChannel`."""
        return {name: since for name, since in self._hung_since.items() if self._notifiers[name].hangs}

    def _watch(self, name: str) -> None:
        """Before and after an attempt."""
        hangs, known = self._notifiers[name].hangs, name in self._hung_since
        if hangs and not known:
            self._hung_since[name] = self._clock.now()
            log.warning("service hangs, nothing more is sent there", channel=self.name, service=name)
        elif known and not hangs:
            del self._hung_since[name]
            log.warning("service has let go", channel=self.name, service=name)

    async def listen(self, take: Take) -> None:
        """Nothing comes back."""
        await asyncio.Event().wait()

    async def close(self) -> None:
        """Not waiting for a service that hangs."""

"""The visit: every check once, one after the other, by calls that nobody's phone notices.

What cannot work because something before it does not is left out: without a token there is no use in asking for permissions.
Which calls these are say `probes`, what their answers mean `heard`; here they are only made. A web socket is not opened: a
gateway that runs meanwhile would lose the presses that came through ours (dingtalk-api 7.4).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from cloud_bridge.dingtalk.bodies import contacts
from cloud_bridge.dingtalk.calls import TIMEOUT_S, Calls
from cloud_bridge.dingtalk.config import DingTalkConfig, GroupConfig, WebhookConfig
from cloud_bridge.dingtalk.doctor.ear import Ear
from cloud_bridge.dingtalk.doctor.findings import VERDICTS, Check, Finding, Reason, Verdict
from cloud_bridge.dingtalk.doctor.heard import Heard, heard
from cloud_bridge.dingtalk.doctor.probes import (
    NOBODY,
    WEBHOOK_BODY,
    Probe,
    agent_probe,
    group_probe,
    person_probe,
    robot_in,
    scope_probe,
    template_probe,
    webhook_meaning,
)
from cloud_bridge.dingtalk.endpoints import Scope
from cloud_bridge.dingtalk.errors import without
from cloud_bridge.dingtalk.frames import SUBSCRIPTIONS
from cloud_bridge.dingtalk.scopes import Need, needs
from cloud_bridge.dingtalk.signature import server_wall
from edge.model.act import CallMedium
from edge.model.errors import ConfigError
from edge.model.moment import MINUTE, SECOND, Span
from edge.ports import Clock, HttpReply, NoReply, Transport

#: How far the clock is from DingTalk's when it is worth a word, and when signatures, which hold for an hour, are soon refused.
CLOCK_OFF_FROM: Span = MINUTE
CLOCK_WRONG_FROM: Span = 50 * MINUTE
#: A call that was throttled is made once more after this.
AGAIN_AFTER: Span = 2 * SECOND

#: Addresses that answer in JSON whatever they are asked (dingtalk-api 0.3).
_ANSWERS_ANYBODY = {"api": "/v1.0/andon/doctor", "oapi": "/gettoken"}

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Patient:
    """What is looked at. persons: user ids on DingTalk by the names of people.yaml. secret: as `ChannelOpening.secret`."""

    config: DingTalkConfig
    persons: Mapping[str, str]
    secret: Callable[[str], str]


async def visit(patient: Patient, transport: Transport, clock: Clock, progress: Progress) -> tuple[Finding, ...]:
    """All findings, in the order of `Check`. Never raises for what the network or the cloud does."""
    return await _Visit(patient, transport, clock, progress).run()


class _Visit:
    def __init__(self, patient: Patient, transport: Transport, clock: Clock, progress: Progress) -> None:
        self._config = patient.config
        self._persons = patient.persons
        self._secret = patient.secret
        self._clock = clock
        self._progress = progress
        self._ear = Ear(transport)
        self._calls = Calls(patient.config, self._ear, clock, patient.secret)
        self._findings: list[Finding] = []
        self._quota_spent = ""
        self._hidden: set[str] = set()

    async def run(self) -> tuple[Finding, ...]:
        try:
            readable = self._secrets()
            if await self._hosts() and self._config.client_secret in readable and await self._credentials():
                await self._stream()
                await self._scopes()
                await self._agent()
                await self._template()
                await self._groups()
                await self._webhooks(readable)
                await self._people()
                self._untold()
            else:
                self._find(Check.SCOPE, "", Reason.SKIPPED)
        finally:
            await self._calls.close()
        return tuple(self._findings)

    # --- what is here -------------------------------------------------------------------------------------------------

    def _secrets(self) -> frozenset[str]:
        """The references that can be revealed."""
        references: list[str | None] = [self._config.client_secret]
        for group in self._config.groups.values():
            if group.webhook is not None:
                references += [group.webhook.token, group.webhook.secret]
        if (callbacks := self._config.callbacks) is not None:
            references += [callbacks.card_secret, callbacks.event_token, callbacks.event_key]
        readable = set()
        for reference in dict.fromkeys(each for each in references if each is not None):
            try:
                self._hidden.add(self._secret(reference))
            except ConfigError as error:
                self._find(Check.SECRET, reference, Reason.UNSET, error.problems[0].text)
            else:
                readable.add(reference)
                self._find(Check.SECRET, reference, Reason.SET)
        return frozenset(readable)

    # --- the way there ------------------------------------------------------------------------------------------------

    async def _hosts(self) -> bool:
        """Whether both hosts answer; with the clock by the one that says what time it is."""
        both = True
        skew: Span | None = None
        for name, base in (("api", self._config.api_base), ("oapi", self._config.oapi_base)):
            answer, came = await self._get(base + _ANSWERS_ANYBODY[name])
            reached = not _is_unreachable(answer)
            reason = Reason.ANSWERS if reached else answer.reason or Reason.NO_WAY
            self._find(Check.HOST, base, reason, "" if reached else answer.words)
            both = both and reached
            if isinstance(came, HttpReply) and (wall := server_wall(came.headers.get("date"))) is not None:
                skew = self._clock.wall() - wall
        if both:
            self._clocks(skew)
        return both

    def _clocks(self, skew: Span | None) -> None:
        if skew is None:
            self._find(Check.CLOCK, "", Reason.CLOCK_UNTOLD)
            return
        off = abs(skew)
        late = Reason.CLOCK_OFF if off < CLOCK_WRONG_FROM else Reason.CLOCK_WRONG
        reason = Reason.CLOCK_RIGHT if off < CLOCK_OFF_FROM else late
        self._find(Check.CLOCK, "", reason, seconds=f"{skew / SECOND:+.0f}")

    async def _get(self, url: str) -> tuple[Heard, HttpReply | NoReply]:
        try:
            came: HttpReply | NoReply = await self._ear.request("GET", url, timeout_s=TIMEOUT_S)
        except NoReply as no_reply:
            came = no_reply
        return heard(came), came

    async def _credentials(self) -> bool:
        """Whether the app's id and secret give a token."""
        await self._calls.make(contacts.user(NOBODY))
        answer = self._ear.last_token()
        self._hidden.add(str((answer.body or {}).get("accessToken") or ""))
        reason = Reason.ACCEPTED if answer.is_accepted else _of_no_scope(answer.reason)
        self._find(Check.CREDENTIALS, self._config.client_id, reason, answer.words)
        return reason is Reason.ACCEPTED

    async def _stream(self) -> None:
        """A ticket, and whether the host that it is for answers. The ticket is left to expire."""
        if self._config.callbacks is not None:
            self._find(Check.CALLBACKS, self._config.callbacks.url, Reason.CALLBACKS_UNTOLD)
            return
        await self._calls.open_stream(SUBSCRIPTIONS)
        answer = self._ear.last()
        endpoint = str((answer.body or {}).get("endpoint") or "")
        subject = urlsplit(endpoint).netloc
        if not answer.is_accepted or not self._config.may_talk_to(endpoint):
            self._find(Check.STREAM, subject, _of_no_scope(answer.reason), answer.words)
            return
        parts = urlsplit(endpoint)
        silent, came = await self._get(urlunsplit(parts._replace(scheme="https" if parts.scheme == "wss" else "http")))
        if isinstance(came, HttpReply):
            # Any answer will do: web sockets are all that it has.
            self._find(Check.STREAM, subject, Reason.ANSWERS)
        else:
            self._find(Check.STREAM, subject, silent.reason or Reason.NO_WAY, silent.words)

    # --- what the app may do ------------------------------------------------------------------------------------------

    async def _scopes(self) -> None:
        for need in needs(self._config):
            probe = scope_probe(need.scope, self._config, self._clock.now())
            if probe is None:
                self._find(Check.SCOPE, need.scope, Reason.NO_CALL, why=need.why)
                continue
            reason, answer = await self._try(probe)
            self._find_scope(need, reason, answer)

    def _find_scope(self, need: Need, reason: Reason, answer: Heard) -> None:
        if reason is Reason.MISSING and need.is_optional:
            reason = Reason.MISSING_UNUSED
        named = ", ".join(answer.scopes) or str(need.scope)
        said = "" if reason is Reason.GRANTED else answer.words
        self._find(Check.SCOPE, need.scope, reason, said, why=need.why, scopes=named, robot=self._config.robot)

    async def _agent(self) -> None:
        if self._config.agent_id is not None:
            reason, answer = await self._try(agent_probe(self._config.agent_id))
            said = "" if reason is Reason.AGENT_KNOWN else answer.words
            self._find(Check.AGENT, str(self._config.agent_id), _without_scope(reason), said)

    async def _template(self) -> None:
        if self._config.card_template_id is None:
            self._find(Check.TEMPLATE, "", Reason.NO_TEMPLATE)
            return
        reason, answer = await self._try(template_probe(self._config.card_template_id, self._clock.now()))
        self._find(Check.TEMPLATE, self._config.card_template_id, _without_scope(reason), answer.words)

    async def _groups(self) -> None:
        for name, group in self._config.groups.items():
            if group.conversation_id is not None:
                reason, words = await self._group(group)
                self._find(Check.GROUP, name, reason, words, scopes=str(Scope.GROUP), robot=self._config.robot)

    async def _group(self, group: GroupConfig) -> tuple[Reason, str]:
        reason, answer = await self._try(group_probe(group))
        if reason is Reason.ROBOT_IS_IN:
            return robot_in(answer, self._config.robot), ""
        return Reason.MEMBERS_HIDDEN if reason is Reason.MISSING else reason, answer.words

    async def _webhooks(self, readable: frozenset[str]) -> None:
        for name, group in self._config.groups.items():
            if group.webhook is not None and _is_readable(group.webhook, readable):
                await self._calls.webhook(group.webhook, WEBHOOK_BODY)
                answer = self._ear.last()
                reason = _of_no_scope(webhook_meaning(answer))
                self._find(Check.WEBHOOK, name, reason, "" if reason is Reason.WEBHOOK_KNOWN else answer.words)

    async def _people(self) -> None:
        """Everybody of people.yaml, and in whose name we act."""
        for done, (name, user_id) in enumerate(self._everybody().items(), 1):
            reason, answer = await self._try(person_probe(user_id))
            if reason is Reason.MISSING:
                # Said already, once, with the permissions.
                return
            self._find(Check.PERSON, name, reason, answer.words, user=user_id)
            self._progress(done, len(self._everybody()))

    def _everybody(self) -> Mapping[str, str]:
        operators = {f"cloud.yaml {name}": table.operator for name, table in self._config.tables.items()}
        operators |= {f"cloud.yaml {name}": place.operator for name, place in self._config.documents.items()}
        if self._config.shifts is not None:
            operators["cloud.yaml shifts"] = self._config.shifts.operator
        return {**self._persons, **operators}

    def _untold(self) -> None:
        """What no call tells."""
        reason = Reason.QUOTA_SPENT if self._quota_spent else Reason.QUOTA_UNTOLD
        self._find(Check.QUOTA, "", reason, self._quota_spent)
        if {CallMedium.SMS, CallMedium.PHONE} & set(self._config.calls):
            self._find(Check.BALANCE, "", Reason.BALANCE_UNTOLD)
        if self._config.group_template_id is not None:
            self._find(Check.SCENE_GROUP, self._config.group_template_id, Reason.SCENE_GROUP_UNTOLD)

    async def _try(self, probe: Probe) -> tuple[Reason, Heard]:
        """What comes of a call; one that was throttled is made once more."""
        for _ in range(2):
            await self._calls.make(probe.request)
            answer = self._ear.last()
            reason = probe.meaning(answer)
            if reason is not Reason.BUSY:
                break
            await self._clock.sleep_until(self._clock.now() + AGAIN_AFTER)
        if reason is Reason.QUOTA_SPENT:
            # One finding of its own says so; what the call was for could not be looked at.
            self._quota_spent = answer.words
            return Reason.SKIPPED, answer
        return reason, answer

    def _find(self, check: Check, subject: str, reason: Reason, said: str = "", **arguments: str) -> None:
        # The cloud may repeat in its words what we sent.
        self._findings.append(Finding(check, str(subject), reason, without(said, self._hidden), arguments))


def _is_unreachable(answer: Heard) -> bool:
    return answer.reason is not None and VERDICTS[answer.reason] is Verdict.UNREACHABLE


def _without_scope(reason: Reason) -> Reason:
    """The permission is a finding of its own."""
    return Reason.SKIPPED if reason is Reason.MISSING else reason


def _of_no_scope(reason: Reason | None) -> Reason:
    """The call needs no permission: an answer that says that one is missing is none that was foreseen."""
    return Reason.UNCLEAR if reason in (None, Reason.MISSING) else reason


def _is_readable(hook: WebhookConfig, readable: frozenset[str]) -> bool:
    return hook.token in readable and (hook.secret is None or hook.secret in readable)

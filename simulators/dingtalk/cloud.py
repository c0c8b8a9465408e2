"""The cloud of the stand-in, whole and without I/O: calls in, replies out, frames to and from stream connections.

The same object serves real sockets (`server`) and virtual time in memory: `handle` for every HTTP call, `connect` for a
stream connection, `tick` for what falls due, `press` and `say` for what persons do, `phone` for what they see. Time
comes in with every call as Unix microseconds and never runs backwards; chance comes in at the start.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol
from zoneinfo import ZoneInfo

from simulators.dingtalk.account_calls import AccountCalls
from simulators.dingtalk.admission import Admission
from simulators.dingtalk.answers import Answers
from simulators.dingtalk.approval_calls import ApprovalCalls
from simulators.dingtalk.approvals import ApprovalBook
from simulators.dingtalk.attendance import Attendance
from simulators.dingtalk.call_desk import CallDesk
from simulators.dingtalk.calls import Handler
from simulators.dingtalk.card_calls import CardCalls
from simulators.dingtalk.cards import CardBook
from simulators.dingtalk.conference_calls import ConferenceCalls
from simulators.dingtalk.conferences import ConferenceBook
from simulators.dingtalk.connection import Connection
from simulators.dingtalk.contacts import ContactCalls
from simulators.dingtalk.credential_calls import CredentialCalls
from simulators.dingtalk.devices import Devices
from simulators.dingtalk.ding_calls import DingCalls
from simulators.dingtalk.dings import DingBook
from simulators.dingtalk.directory import Directory
from simulators.dingtalk.documents import Documents
from simulators.dingtalk.events import Events
from simulators.dingtalk.faults import Fault, Faults
from simulators.dingtalk.gateway import StreamGateway
from simulators.dingtalk.handsets import Handsets, Said
from simulators.dingtalk.http_callbacks import HttpCallbacks
from simulators.dingtalk.ledger import PHONE_CALLS, SMS, Direction, Effect, Ledger
from simulators.dingtalk.limits import Balance, CallRate, Quota
from simulators.dingtalk.message_status import MessageStatus
from simulators.dingtalk.notices import WorkNotices
from simulators.dingtalk.organisation import Organisation
from simulators.dingtalk.panes import Panes, view_panes
from simulators.dingtalk.people import People
from simulators.dingtalk.person_calls import PersonCalls
from simulators.dingtalk.phone import PhoneView
from simulators.dingtalk.posts import Posts
from simulators.dingtalk.presses import Press
from simulators.dingtalk.robot import AppRobot
from simulators.dingtalk.routes import CallName
from simulators.dingtalk.scene_groups import SceneGroups
from simulators.dingtalk.tables import Tables
from simulators.dingtalk.template import Template
from simulators.dingtalk.tickets import TicketDesk
from simulators.dingtalk.timeline import Timeline
from simulators.dingtalk.todo_calls import TodoCalls
from simulators.dingtalk.todos import TodoBook
from simulators.dingtalk.tokens import TokenDesk, UserTokens
from simulators.dingtalk.webhook import WebhookRobots
from simulators.dingtalk.wire import Chance, Reply, Request

OAPI_URL = "https://oapi.dingtalk.com"
STREAM_URL = "wss://wss-open-connection.dingtalk.com:443/connect"


class UnreachableError(Exception):
    """The way to the cloud is cut: no connection could be made."""


class Family(Protocol):
    """Calls of one kind."""

    def calls(self) -> Mapping[CallName, Handler]: ...


class Cloud:
    """templates: the cards published to the app. oapi_url, stream_url: the addresses told to the app.

    Parts that a test may read or set directly: what is kept, `gateway`, `faults`, `robot.flow_controlled`,
    `ding_calls.unreachable`, `card_calls.undelivered`, `admission.missing_scopes`, `directory.source_address`,
    `attendance.shifts` and `leaves`.
    """

    def __init__(
        self,
        organisation: Organisation,
        chance: Chance,
        templates: Iterable[Template],
        *,
        oapi_url: str = OAPI_URL,
        stream_url: str = STREAM_URL,
    ) -> None:
        app, behaviour = organisation.app, organisation.behaviour
        self._chance = chance
        self.faults = Faults()

        # What is kept.
        self.organisation = organisation
        self.directory = directory = Directory(organisation)
        self.timeline = timeline = Timeline(organisation)
        self.ledger = Ledger()
        self.cards = CardBook()
        self.templates = {template.template_id: template for template in templates}
        self.dings, self.todos = DingBook(), TodoBook()
        self.conferences, self.approvals = ConferenceBook(), ApprovalBook()
        self.api_calls, self.pushes = Quota(behaviour.api_calls_per_month), Quota(behaviour.pushes_per_month)
        self.balances = {SMS: Balance(organisation.balances.sms), PHONE_CALLS: Balance(organisation.balances.calls)}
        self.tokens, self.user_tokens = TokenDesk(chance), UserTokens(directory.person, chance)

        # The way to the app.
        tickets = TicketDesk(chance)
        self.gateway = StreamGateway(tickets, behaviour, self.ledger, app.client_id, chance)
        self.posts = Posts(self.ledger, lambda: self.faults.is_cut)
        self.callbacks = HttpCallbacks(directory, self.posts, chance)
        self.events = Events(app, behaviour, self.gateway, self.callbacks, self.pushes, chance)
        tell = self.events.tell

        # Families of calls that others ask something, too.
        self.webhooks = WebhookRobots(directory, timeline, self.pushes, chance)
        self.robot = AppRobot(directory, timeline, chance)
        self.card_calls = CardCalls(directory, self.templates, self.cards, timeline, chance)
        self.ding_calls = DingCalls(directory, self.dings, self.balances, timeline, chance)
        self.notices = WorkNotices(directory, timeline)
        self.scene_groups = SceneGroups(directory, timeline, chance, tell)
        self.conference_calls = ConferenceCalls(directory, self.conferences, timeline, chance, tell, f"{oapi_url}/conference/")
        self.approval_calls = ApprovalCalls(directory, organisation.processes, self.approvals, timeline, chance, tell)
        zone = ZoneInfo(organisation.time_zone or "Asia/Shanghai")
        self.attendance = Attendance(directory, organisation.shifts, organisation.leaves, zone)
        self.tables = Tables(directory, organisation.tables, chance)
        self.documents = Documents(directory, organisation.workspaces, chance)
        self.devices = Devices(directory, organisation.device_events, self.dings, timeline, chance)

        # Calls, in the order they pass.
        call_rate = CallRate(behaviour.calls_per_second)
        self.admission = Admission(directory, self.tokens, self.user_tokens, call_rate, self.api_calls)
        families: tuple[Family, ...] = (
            CredentialCalls(app, self.tokens, tickets, stream_url),
            PersonCalls(app, self.user_tokens),
            ContactCalls(directory, lambda: self.admission.missing_scopes),
            self.attendance,
            self.webhooks,
            self.robot,
            MessageStatus(directory, timeline),
            self.card_calls,
            self.callbacks,
            self.ding_calls,
            self.notices,
            TodoCalls(directory, self.todos, self.dings, self.user_tokens, timeline, chance, tell),
            self.scene_groups,
            self.conference_calls,
            self.approval_calls,
            self.tables,
            self.documents,
            self.devices,
            AccountCalls(behaviour, self.api_calls, self.pushes, self.events.failed),
        )
        self._call_desk = CallDesk(
            handlers={name: handler for family in families for name, handler in family.calls().items()},
            admission=self.admission,
            faults=self.faults,
            ledger=self.ledger,
            behaviour=behaviour,
            chance=chance,
        )

        # What persons do.
        self._handsets = Handsets(
            directory=directory,
            timeline=timeline,
            cards=self.cards,
            gateway=self.gateway,
            webhooks=self.webhooks,
            callbacks=self.callbacks,
            ledger=self.ledger,
            pushes=self.pushes,
            chance=chance,
            oapi_url=oapi_url,
        )
        self._answers = Answers(self.dings, self.todos, self.conferences, timeline, self.ledger, self.conference_calls.report)
        self.people = People(directory, timeline, self.user_tokens, self.approvals, self.approval_calls, self.ledger, tell)

    # Calls ------------------------------------------------------------------------------------------------------------

    def handle(self, request: Request, now_us: int) -> Reply:
        """Answer one HTTP call. Never raises for what a caller sends. Look at `fate` before the rest of the reply."""
        self.tick(now_us)
        return self._call_desk.handle(request, now_us)

    # Stream and time --------------------------------------------------------------------------------------------------

    def connect(self, ticket: str, now_us: int) -> Connection:
        """A stream connection for a ticket. Raises TicketError (get a new ticket), UnreachableError (cut)."""
        self.tick(now_us)
        if self.faults.is_cut:
            raise UnreachableError
        return self.gateway.connect(ticket, now_us)

    def tick(self, now_us: int) -> int | None:
        """Do what is due by now; returns when something is due next, None = never. Calling early or late is harmless:
        every other method looks first whether something is due."""
        if self.faults.mend_is_due(now_us):
            self.mend(now_us)
        self.gateway.tick(now_us)
        self.posts.tick(now_us)
        for ding, user_id in self.dings.tick(now_us):
            self.timeline.changed()
            self.ledger.add(
                now_us, Direction.CONTROL, "ding", Effect.DING_ENDED, subject=ding.ding_id, notes=(f"{user_id}: missed",)
            )
        for conference in self.conferences.tick(now_us):
            self.conference_calls.report(conference, now_us, "close" if conference.ended_us else "timeout")
        return self.next_due()

    def next_due(self) -> int | None:
        dues = (
            self.gateway.next_due(),
            self.faults.cut_until_us,
            *(part.next_due() for part in (self.posts, self.dings, self.conferences)),
        )
        return min((due for due in dues if due is not None), default=None)

    # Persons ----------------------------------------------------------------------------------------------------------

    def phone(self, user_id: str) -> PhoneView:
        """What the person's phone shows; raises PersonError for an unknown person. Marks nothing as read."""
        return self._handsets.view(user_id)

    def glance(self, user_id: str, conversation_id: str, since_us: int = 0) -> PhoneView:
        """The same with one chat open: of that one only the messages that changed at or after the moment, of the others
        none."""
        return self._handsets.glance(user_id, conversation_id, since_us)

    def mark_read(self, user_id: str, conversation_id: str) -> None:
        self._handsets.mark_read(user_id, conversation_id)

    def press(
        self,
        user_id: str,
        out_track_id: str,
        action: str,
        params: Mapping[str, str] | None = None,
        *,
        now_us: int,
        stale: bool = False,
    ) -> Press:
        """Touch a card's button. params: `{"choice": id}` for a button that asks. The returned press lives: its status
        turns when the app answers or 2 s are over. stale: press what the present card no longer shows. Raises
        PersonError when the person cannot do that."""
        self.tick(now_us)
        return self._handsets.press(user_id, out_track_id, action, params or {}, now_us, stale=stale)

    def panes(self, user_id: str) -> Panes:
        """What the person's phone shows beside chats; raises PersonError for an unknown person."""
        return view_panes(self._handsets.known(user_id), self.dings, self.todos, self.conferences)

    def answer(self, user_id: str, kind: str, key: str, does: str, now_us: int) -> None:
        """What a person does with a `ding` (a `Touch`), a `conference` (a `Step`) or a `todo` (`tick`). Raises PersonError."""
        self.tick(now_us)
        self._answers.answer(self._handsets.known(user_id), kind, key, does, now_us)

    def find_press(self, press_id: str) -> Press | None:
        return self._handsets.find_press(press_id)

    def say(self, user_id: str, conversation_id: str, text: str, now_us: int) -> Said:
        """Write into a chat; conversation_id empty = the chat with the robot. Raises PersonError."""
        self.tick(now_us)
        return self._handsets.say(user_id, conversation_id, text, now_us)

    # Faults on request ------------------------------------------------------------------------------------------------

    def ask_fault(self, fault: Fault, now_us: int) -> None:
        """The next `fault.times` calls named `fault.call` meet this fault."""
        self.faults.add(fault)
        self._note(now_us, Effect.FAULT_SET, f"{fault.kind} {fault.call} x{fault.times}")

    def cut(self, now_us: int, until_us: int | None = None) -> None:
        """End all connections and refuse new ones and all calls, until `mend` or that moment."""
        self.faults.cut(until_us)
        self._note(now_us, Effect.CUT)
        for connection in self.gateway.connections:
            self.gateway.drop(connection, now_us, "the way was cut")

    def mend(self, now_us: int) -> None:
        self.faults.mend()
        self._note(now_us, Effect.MENDED)

    def expire_token(self, now_us: int) -> None:
        self.tokens.expire()
        self._note(now_us, Effect.FAULT_SET, "token expired")

    def spend_quota(self, now_us: int, *, api_calls: bool, pushes: bool) -> None:
        """Set which monthly quotas are spent; False restores."""
        self.api_calls.exhausted = api_calls
        self.pushes.exhausted = pushes
        self._note(now_us, Effect.FAULT_SET, f"quota spent: api_calls={api_calls}, pushes={pushes}")

    def turn_zombie(self, now_us: int, *, zombie: bool = True) -> None:
        """Present connections stay open and deliver nothing any more; False revives them."""
        for connection in self.gateway.connections:
            connection.zombie = zombie
        self._note(now_us, Effect.FAULT_SET, f"zombie={zombie}")

    def ask_to_disconnect(self, now_us: int, reason: str = "connection is expired") -> None:
        """Send the disconnect frame on every connection."""
        for connection in self.gateway.connections:
            self.gateway.ask_to_disconnect(connection, now_us, reason)

    def duplicate_next(self, now_us: int, times: int = 1) -> None:
        """The next pushes are delivered twice."""
        self.gateway.duplicates_next = times
        self._note(now_us, Effect.FAULT_SET, f"the next {times} pushes are delivered twice")

    def _note(self, now_us: int, effect: Effect, *notes: str) -> None:
        self.ledger.add(now_us, Direction.CONTROL, "fault", effect, notes=notes)

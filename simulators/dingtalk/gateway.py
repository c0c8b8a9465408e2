"""Stream mode: tickets, connections, and what is pushed over them until it is acknowledged (reference 7).

A push goes to one connection, chosen at random among those that subscribed to its topic. Its fate is decided by an
acknowledgement or by `tick`:

    card action     answered within 2 s, or NO_ANSWER: a later answer is ignored
    robot message   acknowledged, or sent again every 60 s until the attempts are used up, then LOST
    event           acknowledged within 3 s, or sent again after 10 s and 30 s, then LOST; an answer LATER is none
    nobody there    a card action and a message are LOST at once; an event waits until it is due again

    WAITING --answered--> settled
            --not in time--> settled, or RESTING until it is sent again; an answer while it rests comes too late

No socket and no task here: a shell (or a test on virtual time) takes frames out of a connection, puts frames in, and
calls `tick` when `next_due` says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from simulators.dingtalk.behaviour import Behaviour
from simulators.dingtalk.connection import Connection, State
from simulators.dingtalk.frames import ACK_OK, Acknowledgement, Topic, read_acknowledgement, write_frame
from simulators.dingtalk.ledger import Direction, Effect, Ledger
from simulators.dingtalk.tickets import TicketDesk, TicketError, TicketProblem
from simulators.dingtalk.wire import SECOND_US, Chance, new_id

DRAIN_US = 10 * SECOND_US
FRAMES_WAITING_MAX = 1_000
SETTLED_MAX = 10_000

#: An event's answer that asks for it to be sent again.
LATER = "LATER"


class Outcome(StrEnum):
    """How a push ended. FAILED: acknowledged with a code other than 200, or with data that cannot be read."""

    ANSWERED = "answered"
    FAILED = "failed"
    NO_ANSWER = "no_answer"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of a push. data: the answer's data. why: for people, when it did not go well. code: the app's."""

    outcome: Outcome
    why: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    code: int = 0


@dataclass(slots=True)
class Push:
    """reference: whose fate this is (a press, a message, an event). again_us: how long after each sending it is sent again
    when it was not acknowledged; a card action never is. headers: of an event. cost: for the ledger."""

    reference: str
    topic: Topic
    data: Mapping[str, Any]
    answer_within_us: int
    again_us: tuple[int, ...]
    on_outcome: Callable[[Ended, int], None]
    """Called once, with the end and now (microseconds)."""
    headers: Mapping[str, str] = field(default_factory=dict)
    cost: Mapping[str, int] = field(default_factory=dict)
    message_id: str = ""
    sent_us: int = 0
    due_us: int = 0
    is_resting: bool = False

    @property
    def name(self) -> str:
        """In the ledger: the topic, or the type of an event, as it has by HTTP."""
        return f"event {self.headers['eventType']}" if self.topic is Topic.EVENT else str(self.topic)


class StreamGateway:
    """All stream connections of one app."""

    def __init__(self, tickets: TicketDesk, behaviour: Behaviour, ledger: Ledger, app_id: str, chance: Chance) -> None:
        self._tickets = tickets
        self._behaviour = behaviour
        self._ledger = ledger
        self._app_id = app_id
        self._chance = chance
        self._connections: dict[str, Connection] = {}
        self._pending: dict[str, Push] = {}
        self._settled: dict[str, Outcome] = {}
        self._system: dict[str, tuple[Topic, Mapping[str, Any]]] = {}
        """System frames sent, by messageId, with their data: a ping must come back with its own."""
        self.duplicates_next = 0
        """How many of the next pushes are delivered twice, with the same messageId."""
        self.events_wanted = False
        """Has any connection ever subscribed to events."""

    @property
    def connections(self) -> Iterator[Connection]:
        return iter(tuple(self._connections.values()))

    def connect(self, ticket: str, now_us: int) -> Connection:
        """Use a ticket up; raises TicketError when it is unknown, used or expired, or there are too many connections."""
        topics = self._tickets.redeem(ticket, now_us)
        most = self._behaviour.stream_connections_most
        if most and len(self._connections) >= most:
            raise TicketError(TicketProblem.TOO_MANY)
        ping_every_us = int(self._behaviour.ping_every_s * SECOND_US)
        connection = Connection(
            new_id(self._chance),
            topics,
            now_us,
            on_receive=self._receive,
            on_close=lambda connection, now_us: self.drop(connection, now_us, "closed by the app"),
            ping_due_us=now_us + ping_every_us if ping_every_us else None,
        )
        self._connections[connection.connection_id] = connection
        self.events_wanted |= Topic.EVENT in topics
        self._ledger.add(now_us, Direction.CONTROL, "stream/connect", Effect.CONNECTED, subject=connection.connection_id)
        return connection

    def push(self, push: Push, now_us: int) -> None:
        """Send to one of the subscribed connections; the outcome arrives by `push.on_outcome`, perhaps before this
        returns."""
        push.message_id = new_id(self._chance)
        push.sent_us = now_us
        connection = self._choose(push.topic)
        if connection is None:
            self._nobody_there(push, "no stream connection subscribes to this topic", now_us)
            return
        # Registered before the frame leaves: an app in memory may answer at once.
        push.due_us = now_us + push.answer_within_us
        self._pending[push.message_id] = push
        copies = 1
        if self.duplicates_next:
            self.duplicates_next -= 1
            copies = 2
        for _ in range(copies):
            self._send(connection, push, Effect.PUSHED, now_us)

    def _receive(self, connection: Connection, text: str, now_us: int) -> None:
        # What is due by now is decided first, so that an answer that comes too late finds the door shut.
        self.tick(now_us)
        answer = read_acknowledgement(text)
        if answer is None:
            note = (f"not an acknowledgement: {text[:200]}",)
            subject = connection.connection_id
            self._ledger.add(now_us, Direction.FROM_APP, "frame", Effect.MALFORMED, subject=subject, notes=note)
        elif answer.message_id in self._system:
            self._system_answered(answer, now_us)
        elif answer.message_id in self._pending and not self._pending[answer.message_id].is_resting:
            self._answered(self._pending[answer.message_id], answer, now_us)
        else:
            self._too_late(answer, now_us)

    def tick(self, now_us: int) -> None:
        """Do what is due: deadlines, redeliveries, pings, ends of connections."""
        for push in [push for push in self._pending.values() if push.due_us <= now_us]:
            if push.message_id not in self._pending:
                continue  # settled meanwhile: an app in memory answers within the call that sends
            if push.is_resting:
                self._redeliver(push, now_us)
            elif push.again_us:
                self._rest(push)
                if push.due_us <= now_us:
                    self._redeliver(push, now_us)
            else:
                final = Outcome.NO_ANSWER if push.topic is Topic.CARD_ACTION else Outcome.LOST
                self._settle(push, Ended(final, "not answered in time"), now_us)
        life_us = int(self._behaviour.connection_life_s * SECOND_US)
        for connection in self.connections:
            if connection.closes_us is not None and connection.closes_us <= now_us:
                self.drop(connection, now_us, "drained")
            elif life_us and connection.state is State.OPEN and connection.opened_us + life_us <= now_us:
                self.ask_to_disconnect(connection, now_us)
            elif connection.ping_due_us is not None and connection.ping_due_us <= now_us:
                self._ping(connection, now_us)

    def next_due(self) -> int | None:
        """When `tick` has something to do next; None = nothing is waiting."""
        life_us = int(self._behaviour.connection_life_s * SECOND_US)
        dues = [push.due_us for push in self._pending.values()]
        for connection in self._connections.values():
            if connection.closes_us is not None:
                dues.append(connection.closes_us)
            elif life_us:
                dues.append(connection.opened_us + life_us)
            if connection.ping_due_us is not None and connection.state is State.OPEN:
                dues.append(connection.ping_due_us)
        return min(dues, default=None)

    def ask_to_disconnect(self, connection: Connection, now_us: int, reason: str = "connection is expired") -> None:
        """Send the disconnect frame: nothing more is delivered here, and the connection ends 10 s later."""
        connection.closes_us = now_us + DRAIN_US
        connection.ping_due_us = None
        self._send_system(connection, Topic.DISCONNECT, {"reason": reason}, now_us)
        connection.state = State.DRAINING

    def drop(self, connection: Connection, now_us: int, reason: str) -> None:
        """End a connection; what it has not acknowledged stays due."""
        if self._connections.pop(connection.connection_id, None) is None:
            return
        connection.state = State.CLOSED
        self._ledger.add(
            now_us,
            Direction.CONTROL,
            "stream/disconnect",
            Effect.DISCONNECTED,
            subject=connection.connection_id,
            notes=(reason,),
        )
        connection.signal()

    def _choose(self, topic: Topic) -> Connection | None:
        able = [c for c in self._connections.values() if c.state is State.OPEN and topic in c.topics]
        return able[self._chance.randrange(len(able))] if able else None

    def _send(self, connection: Connection, push: Push, effect: Effect, now_us: int) -> None:
        # Written down before it leaves: an app in memory answers within the next call.
        self._ledger.add(
            now_us,
            Direction.TO_APP,
            push.name,
            Effect.SWALLOWED if connection.zombie else effect,
            subject=push.reference,
            notes=(f"messageId {push.message_id}", f"connection {connection.connection_id}"),
            cost=push.cost if effect is Effect.PUSHED else {},
        )
        self._put(connection, push.topic, push.message_id, push.data, now_us, push.headers)

    def _put(
        self,
        connection: Connection,
        topic: Topic,
        message_id: str,
        data: Mapping[str, Any],
        now_us: int,
        headers: Mapping[str, str],
    ) -> None:
        if connection.zombie or connection.is_closed:
            return
        if connection.waiting >= FRAMES_WAITING_MAX:
            self.drop(connection, now_us, f"{FRAMES_WAITING_MAX} frames were not taken")
            return
        connection_id = connection.connection_id
        frame = write_frame(
            topic, message_id, data, now_us=now_us, app_id=self._app_id, connection_id=connection_id, headers=headers
        )
        connection.put(frame)

    def _rest(self, push: Push) -> None:
        """Not acknowledged: the next sending is due, now or later."""
        push.is_resting = True
        push.due_us = push.sent_us + push.again_us[0]
        self._pending[push.message_id] = push

    def _nobody_there(self, push: Push, why: str, now_us: int) -> None:
        if push.topic is Topic.EVENT and push.again_us:
            self._rest(push)
        else:
            self._settle(push, Ended(Outcome.LOST, why), now_us)

    def _redeliver(self, push: Push, now_us: int) -> None:
        push.sent_us, push.is_resting = now_us, False
        push.again_us = push.again_us[1:]
        connection = self._choose(push.topic)
        if connection is None:
            self._nobody_there(push, "no stream connection when it was due again", now_us)
            return
        push.due_us = now_us + push.answer_within_us
        if not self._behaviour.redelivery_keeps_message_id:
            del self._pending[push.message_id]
            self._remember(push.message_id, Outcome.NO_ANSWER)
            push.message_id = new_id(self._chance)
            self._pending[push.message_id] = push
        self._send(connection, push, Effect.REDELIVERED, now_us)

    def _ping(self, connection: Connection, now_us: int) -> None:
        connection.ping_due_us = now_us + int(self._behaviour.ping_every_s * SECOND_US)
        self._send_system(connection, Topic.PING, {"opaque": new_id(self._chance)}, now_us)

    def _send_system(self, connection: Connection, topic: Topic, data: Mapping[str, Any], now_us: int) -> None:
        message_id = new_id(self._chance)
        self._system[message_id] = (topic, data)
        while len(self._system) > SETTLED_MAX:
            del self._system[next(iter(self._system))]
        effect = Effect.PING if topic is Topic.PING else Effect.DISCONNECT_ASKED
        self._ledger.add(
            now_us,
            Direction.TO_APP,
            str(topic),
            Effect.SWALLOWED if connection.zombie else effect,
            subject=connection.connection_id,
        )
        self._put(connection, topic, message_id, data, now_us, {})

    def _system_answered(self, answer: Acknowledgement, now_us: int) -> None:
        topic, data = self._system.pop(answer.message_id)
        effect = Effect.ACKNOWLEDGED
        notes: tuple[str, ...] = ()
        if topic is Topic.PING:
            effect = Effect.PONG
            if answer.data != data:
                effect, notes = Effect.MALFORMED, ("the opaque text did not come back",)
        self._acknowledged(answer, str(topic), effect, notes, now_us)

    def _answered(self, push: Push, answer: Acknowledgement, now_us: int) -> None:
        ended = Ended(Outcome.ANSWERED, data=answer.data or {}, code=answer.code)
        if answer.code != ACK_OK:
            ended = Ended(Outcome.FAILED, f"the app answered code {answer.code}", code=answer.code)
        elif answer.data is None:
            ended = Ended(Outcome.FAILED, "data is not a JSON object inside a text", code=answer.code)
        if (
            push.topic is Topic.EVENT
            and push.again_us
            and (ended.outcome is Outcome.FAILED or ended.data.get("status") == LATER)
        ):
            self._rest(push)
            return
        self._settle(push, ended, now_us)

    def _too_late(self, answer: Acknowledgement, now_us: int) -> None:
        settled = self._settled.get(answer.message_id)
        notes: tuple[str, ...] = ()
        if settled is None:
            effect = Effect.MALFORMED
            notes = ("no frame with this messageId awaits an answer",)
        elif settled in (Outcome.NO_ANSWER, Outcome.LOST):
            effect = Effect.LATE_ANSWER_IGNORED
        else:
            effect = Effect.DUPLICATE_IGNORED
        self._acknowledged(answer, "acknowledgement", effect, notes, now_us)

    def _acknowledged(self, answer: Acknowledgement, name: str, effect: Effect, notes: tuple[str, ...], now_us: int) -> None:
        subject, code = answer.message_id, answer.code
        self._ledger.add(now_us, Direction.FROM_APP, name, effect, subject=subject, status=code, notes=notes)

    def _remember(self, message_id: str, outcome: Outcome) -> None:
        self._settled[message_id] = outcome
        while len(self._settled) > SETTLED_MAX:
            del self._settled[next(iter(self._settled))]

    def _settle(self, push: Push, ended: Ended, now_us: int) -> None:
        self._pending.pop(push.message_id, None)
        self._remember(push.message_id, ended.outcome)
        effect = _EFFECTS[ended.outcome]
        if effect is Effect.ANSWER and push.topic in (Topic.ROBOT_MESSAGE, Topic.EVENT):
            effect = Effect.ACKNOWLEDGED
        self._ledger.add(
            now_us,
            Direction.FROM_APP if ended.code else Direction.CONTROL,
            push.name,
            effect,
            subject=push.reference,
            status=ended.code,
            notes=(ended.why,) if ended.why else (),
        )
        push.on_outcome(ended, now_us)


_EFFECTS = {
    Outcome.ANSWERED: Effect.ANSWER,
    Outcome.FAILED: Effect.FAILED_ANSWER,
    Outcome.NO_ANSWER: Effect.NO_ANSWER,
    Outcome.LOST: Effect.LOST,
}

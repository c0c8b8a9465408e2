"""What must hold of what people and rules do to devices, whatever happens around it. Each says in words what it found wrong.

writes_hold      nothing leaves us twice, after its time, without a grant or while a tag hangs; what has left is never called
                 expired or refused, what has not is never called done; in the end every write has an end
hang_tags_hang   a hang-tag goes by the hand of its hanger, or of who is in charge with a reason, and in no other way
forces_end       no forced value outlives its end, and no rule writes because of one
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from edge.model.event import Event, Stream
from edge.model.moment import SECOND, Moment, Span, from_iso
from edge.model.permission import Permission, may
from edge.response.point import WriteState
from tests.counting_links import Sent
from tests.simulation.play import Record

#: Function, register and unit of each press' set point and light, by tag; written down again by hand.
POINTS = {f"PRESS.{n}.{key}": (*where, n) for n in (1, 2) for key, where in {"speed": (6, 10), "lamp": (5, 0)}.items()}
#: As the grants say: what was under way before a tag was hung leaves within it.
VALID_FOR: Span = 10 * SECOND


def writes_hold(record: Record) -> list[str]:
    events = [row.event for row in record.journal if row.event.stream is Stream.WRITE]
    asked = {event.data["write"]: event for event in events if event.kind == "asked"}
    ends: dict[str, list[str]] = defaultdict(list)
    for event in events:
        if event.kind in set(WriteState) and "write" in event.data:
            ends[event.data["write"]].append(event.kind)
    wrong = [f"{each} left us without a grant" for each in record.sent if _place(each) not in POINTS.values()]
    wrong += [f"{write} has no end" for write in asked if not ends[write]]
    wrong += record.open_writes
    for write, event in asked.items():
        if event.subject.endswith(".speed"):
            wrong += _of_set_point(record, write, event, ends[write])
    wrong += _of_lights(record)
    wrong += _while_a_tag_hangs(record)
    return wrong


def _of_set_point(record: Record, write: str, event: Event, ends: list[str]) -> Iterator[str]:
    wire = round(event.data["value"] * 10).to_bytes(2, "big")
    left = [each for each in record.sent if each.data == wire and _place(each) == POINTS[event.subject]]
    if len(left) > 1:
        yield f"{write} left us {len(left)} times"
    if any(each.at > from_iso(event.data["valid_until"]) for each in left):
        yield f"{write} left us after its time"
    if left and ends[-1:] in (["expired"], ["failed"]):
        yield f"{write} left us and is called {ends[-1]}"
    if not left and "done" in ends:
        yield f"{write} never left us and is called done"


def _of_lights(record: Record) -> Iterator[str]:
    wanted: dict[str, Counter[int]] = defaultdict(Counter)
    for row in record.journal:
        if row.event.stream is Stream.WRITE and row.event.kind == "asked":
            wanted[row.event.subject][int(row.event.data["value"])] += 1
    for tag in ("PRESS.1.lamp", "PRESS.2.lamp"):
        sent = Counter(each.data[0] & 1 for each in record.sent if _place(each) == POINTS[tag])
        if any(sent[value] > wanted[tag][value] for value in sent):
            yield f"{tag}: {dict(sent)} left us, {dict(wanted[tag])} were asked for"


def _while_a_tag_hangs(record: Record) -> Iterator[str]:
    for device, since, until in _locked(record):
        for tag, place in POINTS.items():
            if tag.startswith(f"{device}."):
                late = [each for each in record.sent if _place(each) == place and since + VALID_FOR < each.at < until]
                yield from (f"{tag}: {each.data.hex()} left us while a tag hung there" for each in late)
        for row in record.journal:
            event = row.event
            is_asked = event.stream is Stream.WRITE and event.kind == "asked" and event.subject.startswith(f"{device}.")
            if is_asked and since < event.time < until:
                yield f"{event.data['write']} was taken up while a tag hung there"


def _locked(record: Record) -> Iterator[tuple[str, Moment, Moment]]:
    """The stretches in which at least one tag hung on a device."""
    hanging: dict[str, set[str]] = defaultdict(set)
    begun: dict[str, Moment] = {}
    for row in record.journal:
        event = row.event
        if event.kind == "hang_tag_hung":
            hanging[event.subject].add(event.data["tag"])
            begun.setdefault(event.subject, event.time)
        elif event.kind == "hang_tag_removed":
            hanging[event.subject].discard(event.data["tag"])
            if not hanging[event.subject]:
                yield event.subject, begun.pop(event.subject), event.time
    for device, since in begun.items():
        yield device, since, max((row.recorded_at for row in record.journal), default=since) + 1


def hang_tags_hang(record: Record) -> list[str]:
    hung: dict[str, str] = {}
    wrong = []
    roles = {name: person.role for name, person in record.plant.policy.directory.persons.items()}
    for row in record.journal:
        event = row.event
        if event.kind == "hang_tag_hung":
            hung[event.data["tag"]] = event.data["by"]
        elif event.kind == "hang_tag_removed":
            hanger, by = hung.pop(event.data["tag"], "nobody"), event.data["by"]
            if by != hanger and not (may(roles[by], Permission.MAINTAIN) and event.data["reason"]):
                wrong.append(f"{event.data['tag']} of {hanger} was taken off by {by}")
    if sorted(hung) != sorted(record.hanging):
        wrong.append(f"there hang {sorted(record.hanging)}, and by the journal {sorted(hung)}")
    return wrong


def forces_end(record: Record) -> list[str]:
    """The torque of a press is never above its limit: what its rule has written, it has written because of a forced value."""
    asked = [row.event for row in record.journal if row.event.stream is Stream.WRITE and row.event.kind == "asked"]
    by_force = [event for event in asked if event.data["by"].endswith("/torque_high")]
    return [*record.overdue_forces, *(f"{event.data['write']} was asked for because of a forced value" for event in by_force)]


def _place(sent: Sent) -> tuple[int, int, int]:
    return sent.function, sent.address, sent.unit

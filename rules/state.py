"""The durable state of a rule as a plain JSON object, and back.

A record holds the alarm, its delay, and what its tag last showed. With it stand the kind and the tag, which are the
meaning that the state has: limits, delays and words may change under it, another kind or another tag make another
alarm. Moments are microseconds of steady UTC, as in the columns; None stands for NEVER, NOT_YET and NaN.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any

import numpy as np

from edge.model.alarm import AlarmFacts, Priority
from edge.model.moment import NEVER, Moment
from edge.model.sample import Quality
from rules.alarm import Alarm
from rules.board import Board
from rules.columns import Floats, Indices, Moments
from rules.definition import Rule
from rules.signals.base import Signal
from rules.tag_state import NOT_YET

Record = Mapping[str, Any]

#: The key of the one record that is no rule's (an alarm's id has its device before the stroke): lines, and covers that are
#: ending.
COVERS = "/covers"

_FACT_FIELDS = attrgetter(*(each.name for each in fields(AlarmFacts)))
_FACT_NAMES = tuple(each.name for each in fields(AlarmFacts))
_QUALITY = tuple(each.name.lower() for each in sorted(Quality))


def encode_rows(board: Board, alarms: Sequence[Alarm], rows: Indices) -> dict[str, dict[str, Any]]:
    """The records of the rules in some rows, by their ids."""
    layout, delays = board.layout, board.delays
    seen = _encode_tags(board, layout.slot_of[rows])
    raw, peak, pending = delays.raw[rows].tolist(), _numbers(board.peak[rows]), delays.pending[rows].tolist()
    records = {}
    for position, row in enumerate(rows.tolist()):
        rule = layout.rules[row]
        record = records[rule.id] = {
            "kind": str(rule.kind),
            "tag": rule.tag,
            "priority": str(rule.priority),
            "alarm": _encode_alarm(alarms[row]),
            "raw": raw[position],
            "pending": _encode_pending(board, row) if pending[position] else None,
            "peak": peak[position],
            "seen": seen[position],
        }
        if rule.signal is not None:
            record |= _encode_signal(board, rule.signal)
    return records


def _encode_pending(board: Board, row: int) -> dict[str, Any]:
    delays = board.delays
    return {
        "since": int(delays.since[row]),
        "due": _moment(delays.due[row]),
        "due_steady": _moment(delays.due_steady[row]),
        "length": int(delays.length[row]),
        "remains": int(delays.remains[row]),
        "counted": _moment(delays.counted[row]),
        "context_began": board.context_began.get(row),
    }


def encode_past(occurrence: int) -> dict[str, Any] | None:
    """What stays of an alarm whose rule is gone: its count. An occurrence names what people were told, so none is used
    twice, not even by a rule of the same id years later."""
    return {"occurrence": occurrence} if occurrence else None


def occurrence_of(record: Record) -> int:
    """Of a full record or of what stayed of one."""
    alarm = alarm_of(record)
    return int(record["occurrence"]) if alarm is None else alarm.facts.occurrence


def alarm_of(record: Record) -> Alarm | None:
    """None for what stayed of an alarm whose rule is gone."""
    return _decode_alarm(record["alarm"]) if "alarm" in record else None


def means_the_same(record: Record, rule: Rule) -> bool:
    return record.get("kind") == str(rule.kind) and record.get("tag") == rule.tag


def priority_of(record: Record) -> Priority | None:
    """What the rule had when it was written; the first versions did not say."""
    return Priority(record["priority"]) if "priority" in record else None


def decode_row(board: Board, row: int, record: Record) -> Alarm:
    """Put a full record into its row, as it was; its tag apart. Its alarm is given back."""
    alarm = _decode_alarm(record["alarm"])
    delays = board.delays
    delays.raw[row] = record["raw"]
    delays.active[row] = alarm.facts.active
    board.peak[row] = math.nan if record["peak"] is None else record["peak"]
    if (pending := record["pending"]) is not None:
        delays.since[row] = pending["since"]
        delays.pending[row] = True
        delays.due[row] = _or(pending["due"], NEVER)
        delays.due_steady[row] = _or(pending["due_steady"], NEVER)
        delays.remains[row] = pending["remains"]
        # The first versions took for granted that it is the rule's.
        rule = board.layout.rules[row]
        delays.length[row] = pending.get("length", rule.on_delay if record["raw"] else rule.off_delay)
        delays.counted[row] = _or(pending["counted"], NEVER)
        # Records of the first versions know nothing of context, nor (below) of faults.
        if (context_began := pending.get("context_began")) is not None:
            board.context_began[row] = dict(context_began)
    return alarm


def _encode_alarm(alarm: Alarm) -> dict[str, Any]:
    encoded: dict[str, Any] = dict(zip(Alarm._fields, alarm, strict=True))
    encoded["recent"] = list(alarm.recent)
    encoded["facts"] = dict(zip(_FACT_NAMES, _FACT_FIELDS(alarm.facts), strict=True))
    return encoded


def _decode_alarm(encoded: Mapping[str, Any]) -> Alarm:
    return Alarm(**{**encoded, "facts": AlarmFacts(**encoded["facts"]), "recent": tuple(encoded.get("recent", ()))})


def _encode_tags(board: Board, slots: Indices) -> list[dict[str, Any]]:
    """What is known of some tags, in order."""
    tags = board.tags
    tags.catch_up(slots)
    moments = (_moments(column[slots]) for column in (tags.source, tags.value_source, tags.news_source))
    numbers = (_numbers(column[slots]) for column in (tags.good_value, tags.fault_value))
    others = (column[slots].tolist() for column in (tags.quality, tags.lag, tags.lag_known, tags.unshifted, tags.faulty))
    encoded = []
    for source, value_source, news_source, good_value, fault_value, quality, lag, lag_known, unshifted, faulty in zip(
        *moments, *numbers, *others, strict=True
    ):
        encoded.append(
            {
                "source": source,
                "quality": _QUALITY[quality],
                "value_source": value_source,
                "lag": lag if lag_known else None,
                "unshifted": unshifted,
                "good_value": good_value,
                "news_source": news_source,
                "faulty": faulty,
                "fault_value": fault_value,
            }
        )
    return encoded


def decode_tag(board: Board, row: int, record: Record) -> None:
    """What the record says of the rule's tag. Of the records of several rules, the newest speaks for their tag.

    The newest value is not taken up: the first sample after a restart is never a repeated one, because rules that are new
    since have not seen it."""
    _decode_seen(board, int(board.layout.slot_of[row]), record["seen"])


def _decode_seen(board: Board, slot: int, seen: Record) -> None:
    tags = board.tags
    source = _or(seen["source"], NOT_YET)
    if source < tags.source[slot]:
        return
    tags.source[slot] = source
    tags.quality[slot] = Quality[seen["quality"].upper()]
    tags.value_source[slot] = _or(seen["value_source"], NOT_YET)
    tags.lag[slot] = _or(seen["lag"], 0)
    tags.lag_known[slot] = seen["lag"] is not None
    tags.unshifted[slot] = seen.get("unshifted", False)
    tags.good_value[slot] = math.nan if seen["good_value"] is None else seen["good_value"]
    tags.news_source[slot] = _or(seen["news_source"], NOT_YET)
    tags.faulty[slot] = seen.get("faulty", False)
    fault_value = seen.get("fault_value")
    tags.fault_value[slot] = math.nan if fault_value is None else fault_value


def _encode_signal(board: Board, signal: Signal) -> dict[str, Any]:
    """The signal of a rule that has one, and what it heard last."""
    slots = np.array([board.layout.slots[name] for name in signal.inputs], dtype=np.intp)
    heard = dict(zip(signal.inputs, _encode_tags(board, slots), strict=True))
    return {"signal": board.signals.record(board.layout.signal_number[signal]), "heard": heard}


def heard_until(record: Record) -> int:
    """Of the records of rules with one signal, the greater has its newer memory."""
    return sum(_or(seen["source"], 0) for seen in record.get("heard", {}).values())


def decode_signal(board: Board, row: int, record: Record, *, heard_all: bool) -> None:
    """Let the signal of a rule go on where it was. heard_all: nothing was missed since."""
    signal = board.layout.rules[row].signal
    if signal is None or "signal" not in record:
        return
    board.signals.recall(board.layout.signal_number[signal], record["signal"], heard_all=heard_all)
    for name, seen in record["heard"].items():
        if name in board.layout.slots:
            _decode_seen(board, board.layout.slots[name], seen)


def _moments(column: Moments) -> list[Moment | None]:
    return [moment if NOT_YET < moment < NEVER else None for moment in column.tolist()]


def _numbers(column: Floats) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in column.tolist()]


def _moment(moment: Any) -> Moment | None:
    return int(moment) if NOT_YET < moment < NEVER else None


def _or(value: int | None, otherwise: int) -> int:
    return otherwise if value is None else value

"""What happens on a line, as people write it: actions of a script, an upset or a control request, and faults. Pure.

{at: 30s, ramp: {point: CRM.ST3.MOTOR.de_temp, to: 86, over: 40s}}         an entry of a script
POST /ramp {"point": "CRM.ST3.MOTOR.de_temp", "to": 86, "over": "40s"}      the same, now, at the control port
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum

from simulators.devices.fields import Fields, Located, duration_us, integer, number, positive_us, text, word
from simulators.devices.line import Action, Play
from simulators.faults import (
    CloseAfter,
    Delay,
    ExceptionAnswer,
    Fault,
    FaultPlan,
    HalfFrame,
    Refuse,
    Silent,
    WrongTransaction,
)
from simulators.steering import Break, Fail, Halt, Mend, RampTo, Release, Resume, SensorFault, Set, SettleTo

FAULTS_MAX = 32


class Verb(Enum):
    """What can be done to a point, a machine, a production line; and an upset that can be played."""

    SET = "set"
    RAMP = "ramp"
    SETTLE = "settle"
    RELEASE = "release"
    BREAK = "break"
    FAIL = "fail"
    MEND = "mend"
    HALT = "halt"
    RESUME = "resume"
    PLAY = "play"


KEYS_OF_VERB = {
    Verb.SET: ("point", "value"),
    Verb.RAMP: ("point", "to", "over"),
    Verb.SETTLE: ("point", "to", "time_constant"),
    Verb.RELEASE: ("point",),
    Verb.BREAK: ("point", "as"),
    Verb.FAIL: ("machine",),
    Verb.MEND: ("machine",),
    Verb.HALT: ("line", "over"),
    Verb.RESUME: ("line",),
    Verb.PLAY: ("upset",),
}
"""The first key of each says who is meant."""
HALTED_WITHIN_US = 20_000_000


class FaultKind(Enum):
    """The faults of a Modbus server by name."""

    SILENT = "silent"
    DELAY = "delay"
    EXCEPTION = "exception"
    WRONG_TRANSACTION = "wrong_transaction"
    HALF_FRAME = "half_frame"
    CLOSE_AFTER = "close_after"
    REFUSE = "refuse"


FAULT_OF_KIND: Mapping[FaultKind, Callable[..., Fault]] = {
    FaultKind.SILENT: Silent,
    FaultKind.DELAY: Delay,
    FaultKind.EXCEPTION: ExceptionAnswer,
    FaultKind.WRONG_TRANSACTION: WrongTransaction,
    FaultKind.HALF_FRAME: HalfFrame,
    FaultKind.CLOSE_AFTER: CloseAfter,
    FaultKind.REFUSE: Refuse,
}
OWN_KEY_OF_FAULT = {FaultKind.DELAY: "by", FaultKind.EXCEPTION: "code", FaultKind.CLOSE_AFTER: "bytes"}


def read_entry(source: Located, started_at: int) -> tuple[int, str, Action]:
    """An entry of a script or (with 0) of an upset: the moment, `at` after `started_at`; who is meant, what is done.

    Raises Problem.
    """
    verbs = [verb.value for verb in Verb]
    fields = Fields(source, "script", ("at", *verbs))
    given = [verb for verb in Verb if verb.value in fields]
    if len(given) != 1:
        raise source.problem(f"an entry of the script needs exactly one of {', '.join(verbs)}")
    what = fields.need(given[0].value)
    if isinstance(what.value, str):
        # `fail: CRM.ST3.MOTOR` says all there is to say.
        what = Located({KEYS_OF_VERB[given[0]][0]: what}, what.line, what.column)
    subject, action = read_action(given[0], what)
    return started_at + duration_us(fields.need("at"), fields.name("at")), subject, action


def read_action(verb: Verb, source: Located) -> tuple[str, Action]:
    """Who is meant (`MACHINE.point`, `MACHINE`, a line, an upset) and what is done. Raises Problem."""
    subject_key, *_ = keys = KEYS_OF_VERB[verb]
    if verb is Verb.MEND and isinstance(source.value, dict) and "point" in source.value:
        subject_key, *_ = keys = ("point",)
    fields = Fields(source, verb.value, keys)
    return text(fields.need(subject_key), fields.name(subject_key)), ACTION_OF_VERB[verb](fields)


def _set(fields: Fields) -> Set:
    value = fields.need("value")
    return Set(value.value if isinstance(value.value, str) else number(value, fields.name("value"), finite=False))


def _ramp(fields: Fields) -> RampTo:
    to = number(fields.need("to"), fields.name("to"))
    return RampTo(to, duration_us(fields.need("over"), fields.name("over")))


def _settle(fields: Fields) -> SettleTo:
    to = number(fields.need("to"), fields.name("to"))
    return SettleTo(to, positive_us(fields.need("time_constant"), fields.name("time_constant")))


def _break(fields: Fields) -> Break:
    how = fields.need("as")
    return Break(word(how, fields.name("as"), SensorFault) if isinstance(how.value, str) else number(how, fields.name("as")))


def _halt(fields: Fields) -> Halt:
    over = fields.get("over")
    return Halt(HALTED_WITHIN_US if over is None else duration_us(over, fields.name("over")))


ACTION_OF_VERB: Mapping[Verb, Callable[[Fields], Action]] = {
    Verb.SET: _set,
    Verb.RAMP: _ramp,
    Verb.SETTLE: _settle,
    Verb.RELEASE: lambda _: Release(),
    Verb.BREAK: _break,
    Verb.FAIL: lambda _: Fail(),
    Verb.MEND: lambda _: Mend(),
    Verb.HALT: _halt,
    Verb.RESUME: lambda _: Resume(),
    Verb.PLAY: lambda _: Play(),
}


def read_faults(source: Located) -> FaultPlan:
    """`{seed: 1, faults: [{kind: delay, by: 300ms, unit: 3, share: 0.5}, ...]}`. Raises Problem."""
    fields = Fields(source, "faults", ("seed", "faults"))
    listed = fields.need("faults")
    if not isinstance(listed.value, list) or len(listed.value) > FAULTS_MAX:
        raise listed.problem(f"faults must be a list of at most {FAULTS_MAX}")
    seed = integer(fields.get("seed") or Located(0), fields.name("seed"), 0, 2**63)
    return FaultPlan(tuple(_read_fault(each) for each in listed.value), seed)


def _read_fault(source: Located) -> Fault:
    fields = Fields(source, "fault", ("kind", "unit", "share", *OWN_KEY_OF_FAULT.values()))
    kind = word(fields.need("kind"), fields.name("kind"), FaultKind)
    for key in OWN_KEY_OF_FAULT.values():
        if key in fields and key != OWN_KEY_OF_FAULT.get(kind):
            raise fields.need(key).problem(f'fault: "{key}" has no meaning for {kind.value}')
    unit = fields.get("unit")
    own: dict[str, int] = {}
    if kind is FaultKind.DELAY:
        own["by_us"] = duration_us(fields.need("by"), fields.name("by"))
    elif kind is FaultKind.EXCEPTION and (code := fields.get("code")) is not None:
        own["code"] = integer(code, fields.name("code"), 1, 255)
    elif kind is FaultKind.CLOSE_AFTER and (sent := fields.get("bytes")) is not None:
        own["sent_bytes"] = integer(sent, fields.name("bytes"), 0, 260)
    try:
        return FAULT_OF_KIND[kind](
            unit=None if unit is None else integer(unit, fields.name("unit"), 0, 255),
            share=number(fields.get("share") or Located(1.0), fields.name("share")),
            **own,
        )
    except ValueError as problem:
        raise source.problem(f"fault: {problem}") from problem

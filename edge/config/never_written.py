"""Which points no grant can be for, whatever anybody writes: what starts, resets or releases a machine. Pure.

Andon is no safety function: such acts belong to the machine's own controls, where whoever acts stands in front of it. A name
gives them away, the tag's own or its words in either language; there is no way around it. A point that only sounds like one of
these is given another name. The lists are in `docs/writes.md`, too, word by word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from edge.model.tag import Tag

#: Anywhere in a word of letters: `faultreset`, `enabled`, `unlocking`.
ANYWHERE = (
    "start", "interlock", "bypass", "estop", "emergency", "lockout", "muting", "reset", "enable", "disable", "unlock", "trip",
    "jog", "release", "override", "inhibit", "energiz", "energis", "resum", "controlword", "ctrlword", "ignit", "homing",
)  # fmt: skip
#: How such a word may begin all the same.
HARMLESS = ("preset", "strip", "triple", "tripod")
#: As a word of its own (`pump_run`, `PumpRun`), so that `running_hours` is none.
WORDS = frozenset(
    {"run", "go", "fwd", "forward", "reverse", "cw", "ccw", "ctw", "stw", "rearm", "shunt", "sto", "continue", "launch"}
)
#: A word that begins or ends so: `RSTALL`, `alarmrst`; but none of these.
RST, HARMLESS_RST = "rst", ("first", "burst", "worst", "thirst")
#: What runs, and what opens or closes.
_MACHINES = {"motor", "servo", "drive", "pump", "fan", "spindle", "burner", "laser", "conveyor", "robot", "machine", "power"}
_ORDERS = {"command", "cmd", "request", "req", "order"}
#: Words that mean it together, in either order, also written as one (`safetystop`).
TOGETHER = (
    (_MACHINES, _ORDERS | {"on"}),
    ({"open", "disengage"}, {"brake", "guard", "door", "lock", "clamp", "valve", "gate", "curtain", "fence"}),
    ({"off"}, {"brake", "guard", "gate", "curtain", "fence"}),
    ({"safety", "safe"}, {"stop", "relay", "gate", "guard", "output", "door", "curtain", "torque"}),
    ({"breaker", "contactor"}, _ORDERS | {"close", "open", "on", "off"}),
    ({"clear", "clr", "ack", "acknowledge", "quit"}, {"fault", "alarm", "error", "failure"}),
    ({"control", "ctrl"}, {"word"}),
)
CHINESE = (
    "启", "起动", "开机", "开车", "起停", "开泵", "起泵", "点动", "正转", "反转", "运行", "投入", "恢复", "继续",
    "复位", "复归", "故障清除", "清除故障", "故障应答", "应答故障", "故障确认", "确认故障", "联锁", "连锁", "互锁", "旁路",
    "屏蔽", "急停", "紧急", "解锁", "解除", "松闸", "抱闸", "开闸", "开门", "放行", "使能", "上电", "送电", "伺服开",
    "合闸", "合上", "分闸", "控制字", "光幕", "安全门", "安全回路", "安全继电器",
)  # fmt: skip
#: What shows that something runs, and how long it has.
HARMLESS_CHINESE = ("运行灯", "运行指示", "运行时间", "运行小时")
_SHOWS_THAT_IT_RUNS = re.compile(r"run_(lamp|light|led|indicator|time|hours)\b|hours_run\b")

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"[a-z]+")


def forbidden_by(tag: Tag) -> str | None:
    """The part of a tag's name, or of its words, that no grant can be for; None: there is none."""
    for text in (tag.key, *tag.words.values()):
        if (found := _in_chinese(text) or _in_letters(text)) is not None:
            return found
    return None


def _in_chinese(text: str) -> str | None:
    for each in HARMLESS_CHINESE:
        text = text.replace(each, " ")
    return _first(each for each in CHINESE if each in text)


def _in_letters(text: str) -> str | None:
    run_together = "_".join(_WORD.findall(_CAMEL.sub("_", text).lower()))
    return _first(_found_in_letters(run_together))


def _found_in_letters(run_together: str) -> Iterator[str]:
    words = _WORD.findall(_SHOWS_THAT_IT_RUNS.sub("", run_together))
    for word in words:
        begun = next((each for each in HARMLESS if word.startswith(each)), "")
        yield from (each for each in ANYWHERE if each in word[len(begun) :])
        if word not in HARMLESS_RST and (word.startswith(RST) or word.endswith(RST)):
            yield word
    if "e_stop" in f"_{run_together}_":
        yield "e_stop"
    known = set(words)
    yield from sorted(known & WORDS)
    for one, other in TOGETHER:
        if known & one and known & other:
            yield f"{min(known & one)} {min(known & other)}"
        yield from (word for word in words if _is_both(word, one, other))


def _is_both(word: str, one: Iterable[str], other: Iterable[str]) -> bool:
    return any(word in (first + second, second + first) for first in one for second in other)


def _first(found: Iterable[str]) -> str | None:
    return next(iter(found), None)

"""Which points no grant can be for, whatever anybody writes: what starts, resets or releases a machine. Pure.

Andon is no safety function: such acts belong to the machine's own controls, where whoever acts stands in front of it. A name
gives them away, the tag's own or its words in either language; there is no way around it. A point that only sounds like one of
these is given another name. The list is in `docs/writes.md`, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from edge.model.tag import Tag

#: Anywhere in a name of letters.
_ANYWHERE = ("start", "interlock", "bypass", "estop", "emergency", "lockout", "muting")
#: As a word of its own (`motor_reset`, `MotorReset`), so that `preset` and `running_hours` are none.
_WORDS = frozenset(
    {"reset", "rst", "rearm", "override", "unlock", "jog", "inhibit", "enable", "disable", "trip", "shunt", "energize"}
)
#: Words that mean it together, in either order.
_TOGETHER = (
    ({"run", "go"}, {"command", "cmd", "request", "req", "order"}),
    ({"release", "open", "disengage"}, {"brake", "guard", "door", "lock", "clamp", "valve"}),
    ({"safety", "safe"}, {"stop", "relay", "gate", "guard", "output"}),
    ({"breaker", "contactor"}, {"close", "open", "on", "off", "command", "cmd"}),
)
_CHINESE = (
    "启动", "起动", "开机", "重启", "点动", "复位", "复归", "清零复位", "联锁", "连锁", "互锁", "旁路", "屏蔽", "急停", "紧急",
    "解锁", "解除", "松闸", "使能", "运行命令", "运行指令", "启停", "合闸", "分闸", "送电", "安全门", "安全回路", "安全继电器",
)  # fmt: skip

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"[a-z]+")


def forbidden_by(tag: Tag) -> str | None:
    """The part of a tag's name, or of its words, that no grant can be for; None: there is none."""
    for text in (tag.key, *tag.words.values()):
        if (found := _in_chinese(text) or _in_letters(text)) is not None:
            return found
    return None


def _in_chinese(text: str) -> str | None:
    return next((each for each in _CHINESE if each in text), None)


def _in_letters(text: str) -> str | None:
    words = _WORD.findall(_CAMEL.sub("_", text).lower())
    run_together = "_".join(words)
    if (found := _first(each for each in _ANYWHERE if any(each in word for word in words))) is not None:
        return found
    if "e_stop" in f"_{run_together}_":
        return "e_stop"
    known = set(words)
    if (found := _first(sorted(known & _WORDS))) is not None:
        return found
    for one, other in _TOGETHER:
        if known & one and known & other:
            return f"{min(known & one)} {min(known & other)}"
    return None


def _first(found: Iterable[str]) -> str | None:
    return next(iter(found), None)

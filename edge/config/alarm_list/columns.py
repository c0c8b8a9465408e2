"""What a row of the master alarm list says, column by column."""

from __future__ import annotations

from collections.abc import Iterable

from edge.config.rationalisation import ConsequenceClass
from edge.config.sheets.columns import Column, Form, heads_of
from edge.model.alarm import Priority


def _column(name: str, form: Form, path: tuple[str, ...] = (), width: int = 12, words: Iterable[str] = ()) -> Column:
    said = {str(word): tuple(heads_of(f"alarm_list.word.{word}").values()) for word in words}
    return Column(name, form, path, width, heads_of(f"alarm_list.column.{name}"), said)


RULE = _column("rule", Form.SHOWN, width=26)
REVIEWED_BY = _column("reviewed_by", Form.TEXT, width=16)
REVIEWED_ON = _column("reviewed_on", Form.DATE)
OTHER = _column("other", Form.SHOWN, width=24)

COLUMNS = (
    RULE,
    _column("for", Form.SHOWN, width=18),
    _column("kind", Form.SHOWN),
    _column("tag", Form.SHOWN, width=18),
    _column("unit", Form.SHOWN, width=8),
    _column("name_zh", Form.TEXT, ("words", "zh"), 24),
    _column("name_en", Form.TEXT, ("words", "en"), 24),
    _column("limit", Form.NUMBER, ("limit",)),
    _column("value", Form.SWITCH, ("value",)),
    _column("stale_after", Form.SPAN, ("stale_after",)),
    _column("deadband", Form.NUMBER, ("deadband",)),
    _column("on_delay", Form.SPAN, ("on_delay",)),
    _column("off_delay", Form.SPAN, ("off_delay",)),
    OTHER,
    _column("priority", Form.WORD, ("priority",), words=Priority),
    _column("consequence_class", Form.WORD, ("consequence_class",), words=ConsequenceClass),
    _column("respond_within", Form.SPAN, ("respond_within",)),
    _column("cause_zh", Form.TEXT, ("cause", "zh"), 36),
    _column("cause_en", Form.TEXT, ("cause", "en"), 36),
    _column("consequence_zh", Form.TEXT, ("consequence", "zh"), 36),
    _column("consequence_en", Form.TEXT, ("consequence", "en"), 36),
    _column("action_zh", Form.TEXT, ("guidance", "zh"), 36),
    _column("action_en", Form.TEXT, ("guidance", "en"), 36),
    _column("owner", Form.TEXT, ("owner",), 18),
    REVIEWED_BY,
    REVIEWED_ON,
)
#: The keys of a rule that have columns of their own.
KEYS = {column.path[0] for column in COLUMNS if column.path} | {"for", "kind", "tag"}

ALARM = _column("alarm", Form.SHOWN, width=36)
#: One row for each alarm there is, all of it as it runs and only to be read.
ALARM_COLUMNS = (
    ALARM,
    _column("device", Form.SHOWN, width=20),
    _column("area", Form.SHOWN, width=16),
    *(_column(name, Form.SHOWN) for name in ("kind", "tag", "unit", "limit", "value", "stale_after", "deadband")),
    *(_column(name, Form.SHOWN) for name in ("on_delay", "off_delay", "priority")),
    OTHER,
)

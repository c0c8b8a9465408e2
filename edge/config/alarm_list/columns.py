"""What a row of the master alarm list says, column by column, and the headings in both languages."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import Enum

from edge.texts import LANGUAGES, render


class Form(Enum):
    """What the cells of a column hold."""

    SHOWN = "shown"
    """Only read: it is changed in the files."""
    NUMBER = "number"
    SWITCH = "switch"
    """A number, or true and false."""
    SPAN = "span"
    WORD = "word"
    """One of the product's own words: a priority, a class."""
    TEXT = "text"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Column:
    """name: the same in every language, and a heading too. path: where its value stands in a rule. width: in characters."""

    name: str
    form: Form
    path: tuple[str, ...] = ()
    width: int = 12

    def heading(self, language: str) -> str:
        return render(f"alarm_list.column.{self.name}", {}, language)


RULE = Column("rule", Form.SHOWN, width=26)
REVIEWED_BY = Column("reviewed_by", Form.TEXT, width=16)
REVIEWED_ON = Column("reviewed_on", Form.DATE)
OTHER = Column("other", Form.SHOWN, width=24)

COLUMNS = (
    RULE,
    Column("for", Form.SHOWN, width=18),
    Column("kind", Form.SHOWN),
    Column("tag", Form.SHOWN, width=18),
    Column("unit", Form.SHOWN, width=8),
    Column("name_zh", Form.TEXT, ("words", "zh"), 24),
    Column("name_en", Form.TEXT, ("words", "en"), 24),
    Column("limit", Form.NUMBER, ("limit",)),
    Column("value", Form.SWITCH, ("value",)),
    Column("stale_after", Form.SPAN, ("stale_after",)),
    Column("deadband", Form.NUMBER, ("deadband",)),
    Column("on_delay", Form.SPAN, ("on_delay",)),
    Column("off_delay", Form.SPAN, ("off_delay",)),
    OTHER,
    Column("priority", Form.WORD, ("priority",)),
    Column("consequence_class", Form.WORD, ("consequence_class",)),
    Column("respond_within", Form.SPAN, ("respond_within",)),
    Column("cause_zh", Form.TEXT, ("cause", "zh"), 36),
    Column("cause_en", Form.TEXT, ("cause", "en"), 36),
    Column("consequence_zh", Form.TEXT, ("consequence", "zh"), 36),
    Column("consequence_en", Form.TEXT, ("consequence", "en"), 36),
    Column("action_zh", Form.TEXT, ("guidance", "zh"), 36),
    Column("action_en", Form.TEXT, ("guidance", "en"), 36),
    Column("owner", Form.TEXT, ("owner",), 18),
    REVIEWED_BY,
    REVIEWED_ON,
)
#: The keys of a rule that have columns of their own.
KEYS = {column.path[0] for column in COLUMNS if column.path} | {"for", "kind", "tag"}

ALARM = Column("alarm", Form.SHOWN, width=36)
#: One row for each alarm there is, all of it as it runs and only to be read.
ALARM_COLUMNS = (
    ALARM,
    Column("device", Form.SHOWN, width=20),
    Column("area", Form.SHOWN, width=16),
    *(Column(name, Form.SHOWN) for name in ("kind", "tag", "unit", "limit", "value", "stale_after", "deadband")),
    *(Column(name, Form.SHOWN) for name in ("on_delay", "off_delay", "priority")),
    OTHER,
)


def named(heading: str, columns: tuple[Column, ...]) -> Column | None:
    """The column with this heading in any language, whatever letter case, width or space it came back with."""
    wanted = folded(heading)
    return next(
        (each for each in columns if wanted in {folded(each.name), *(folded(each.heading(lang)) for lang in LANGUAGES)}), None
    )


def folded(text: str) -> str:
    """A text without what spreadsheets and input methods change about it: width, kind and number of spaces, letter case."""
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()

"""The sections `suppressions` and `first_out` of rule files: what each says, and which alarms it means. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from edge.config.explain.stations import Explained, Station
from edge.config.first_out import FirstOutFile
from edge.config.load import Described
from edge.config.suppression import SuppressionFile, name_of
from edge.config.text.finding import Phrase
from edge.config.text.reader import keys_of
from edge.config.text.source import Node
from edge.config.text.typed import default_text, plain_text
from edge.config.text.values import FileModel
from rules.definition import Cause

SECTIONS: Mapping[str, type[FileModel]] = {"suppressions": SuppressionFile, "first_out": FirstOutFile}
#: Alarms that are named one by one; of more, how many there are.
SHOWN_MAX = 20


def explained_section(described: Described, section: str, path: str) -> Iterator[Explained]:
    """path: a name and a key of it, a name, or empty for all of the section; nothing for what is not there."""
    name, _, key = path.partition(".")
    written = dict((described.rules.suppressions if section == "suppressions" else described.rules.first_out).items())
    joined = {built.rule.first_out: None for built in described.rules.built if built.rule.first_out is not None}
    names = [*written, *(each for each in joined if section == "first_out" and each not in written)]
    for each in names if not path else [each for each in names if each == name]:
        for own in keys_of(SECTIONS[section]):
            if not key or own == key.partition(".")[0]:
                stations = tuple(_stations(described, section, each, own, written.get(each)))
                yield Explained(f"{section}.{each}.{own}", stations)


def _stations(described: Described, section: str, name: str, key: str, node: Node | None) -> Iterator[Station]:
    """What is written or by default so, and behind it the alarms that are meant."""
    value = node.get(key) if node is not None else None
    place = value.place if value is not None else None
    if value is not None:
        yield Station(plain_text(value.plain()), place, Phrase("config.explain_written"))
    else:
        field = next(each for own, each in SECTIONS[section].model_fields.items() if key in (own, each.alias))
        yield Station(default_text(field), None, Phrase("config.explain_default"))
    alarms = sorted(_alarms(described, name, key))
    if alarms:
        more = f", ... ({len(alarms)})" if len(alarms) > SHOWN_MAX else ""
        yield Station(", ".join(alarms[:SHOWN_MAX]) + more, place, Phrase("config.explain_meant"))


def _alarms(described: Described, name: str, key: str) -> Iterable[str]:
    if key == "members":
        return {built.rule.id for built in described.rules.built if built.rule.first_out == name}
    mine = [each for each in described.suppressors if each.cause in (Cause.GROUP, Cause.INHIBITED) and name_of(each) == name]
    if key == "while":
        return {source for each in mine for source in each.sources}
    return {target for each in mine for target in each.targets} if key == "hide" else ()

"""What an OPC UA server has, for people and as JSON, with a snippet to paste into a plant folder. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from drivers.opcua.codec import Decoded, Kind, decode
from drivers.opcua.config import OpcUaPoint
from drivers.opcua.status import meaning_of, quality_of
from edge.model.sample import Quality
from edge.probe.opcua import Found, Seen, Wish
from edge.probe.table import table
from edge.texts import render

SHOWN_MAX = 100
VALUE_CHARS_MAX = 40
#: What a snippet is for is a beginning.
TAGS_MAX = 40
_TYPE_OF = {Kind.BOOLEAN: "bool", Kind.STRING: "text", Kind.LOCALIZED_TEXT: "text"}
_POINTS = {type_: OpcUaPoint.model_validate({"node": "i=1", "type": type_}) for type_ in ("float", "bool", "text")}


def text_of(seen: Seen, wish: Wish, language: str) -> str:
    paragraphs: list[list[str]] = []
    if seen.trouble is not None:
        paragraphs.append([_say("trouble", language, url=wish.access.url, said=seen.trouble.render(language))])
    if seen.namespaces:
        paragraphs.append([_say("namespaces", language), *(f"  ns={at}  {uri}" for at, uri in enumerate(seen.namespaces))])
        paragraphs.append(_values(seen, language))
        paragraphs.append(_alarms(seen, language))
        paragraphs.append([_say("paste", language), *snippet(seen, wish)])
    return "\n\n".join("\n".join(lines) for lines in paragraphs if lines)


def document_of(seen: Seen, wish: Wish, language: str) -> dict[str, Any]:
    """The same as plain values."""
    document: dict[str, Any] = {"url": wish.access.url}
    if seen.trouble is not None:
        document["problem"] = seen.trouble.render(language)
    if seen.namespaces:
        document |= {
            "namespaces": list(seen.namespaces),
            "left_out": seen.left_out,
            "nodes": [
                {"node": each.node, "path": str(each.path), "type": _kind(each), "value": _shown(each, language)}
                for each in seen.found
            ],
            "alarms": None
            if seen.alarms is None
            else [{"alarm": each.name, "severity": each.severity, "message": each.message} for each in seen.alarms],
            "snippet": "\n".join(snippet(seen, wish)),
        }
    return document


def snippet(seen: Seen, wish: Wish) -> Iterator[str]:
    """Types and devices as `devices/*.yaml` has them; units and words are for the engineer to put in."""
    usable = [each for each in seen.found if _decoded(each) is not None][:TAGS_MAX]
    yield from ["types:", "  my_type:", "    words: {zh: my_type, en: my_type}", "    driver: opcua", "    tags:"]
    used: set[str] = set()
    for each in usable:
        key = _unused(_name_form(each.path.steps[-1][1]), used)
        yield f"      {key}:"
        yield f"        node: {_quoted(_safe(each.node, seen))}"
        if (type_ := _type_of(each)) != "float":
            yield f"        type: {type_}"
        yield f"        words: {{zh: {key}, en: {key}}}"
    for alarm in seen.alarms or ():
        key = _unused(_name_form(alarm.name), used)
        yield from [f"      {key}:", f"        alarm: {_quoted(alarm.name)}", f"        words: {{zh: {key}, en: {key}}}"]
    yield from ["devices:", "  MY_DEVICE:", "    type: my_type", "    area: my_area"]
    yield "    words: {zh: MY_DEVICE, en: MY_DEVICE}"
    yield f"    connection: {{{', '.join(_connection(wish))}}}"


def _connection(wish: Wish) -> Iterator[str]:
    access = wish.access
    yield f"url: {_quoted(access.url)}"
    if access.security is not None:
        own = access.security
        trusts = f"server_cert: {own.server_cert}" if own.server_cert is not None else f"trusted: {own.trusted}"
        mode = "sign" if own.sign_only else "sign_and_encrypt"
        yield f"security: {{policy: {own.policy}, mode: {mode}, cert: {own.cert}, key: '${{file:{own.key}}}', {trusts}}}"
    if access.username is not None:
        yield f"username: {_quoted(access.username)}"
    if wish.password_env:
        yield f"password: '${{env:{wish.password_env}}}'"
    if access.plain_password:
        yield "plain_password: true"


def _values(seen: Seen, language: str) -> list[str]:
    columns = [_say(f"columns.{name}", language) for name in ("path", "node", "type", "value")]
    rows = [(str(each.path), each.node, _kind(each), _shown(each, language)) for each in seen.found[:SHOWN_MAX]]
    lines = list(table(columns, rows)) if rows else [_say("nothing", language)]
    if len(seen.found) > SHOWN_MAX:
        lines.append(_say("more", language, count=len(seen.found) - SHOWN_MAX))
    return [*lines, _say("left_out", language)] if seen.left_out else lines


def _alarms(seen: Seen, language: str) -> list[str]:
    if seen.alarms is None:
        return [] if seen.trouble is not None else [_say("alarms_unknown", language)]
    if not seen.alarms:
        return [_say("no_alarms", language)]
    return [_say("alarms", language), *(f"  {each.name}  {each.severity}  {each.message}" for each in seen.alarms)]


def _shown(each: Found, language: str) -> str:
    if quality_of(each.value.status) is not Quality.GOOD:
        return meaning_of(each.value.status).render(language)
    value = each.value.value
    text = value if isinstance(value, str) else repr(value)
    return "".join(char if char.isprintable() else "·" for char in text[:VALUE_CHARS_MAX])


def _kind(each: Found) -> str:
    kind = _kind_of(each)
    name = kind.name.lower() if kind is not None else str(each.value.kind)
    return f"{name}[]" if isinstance(each.value.value, list) else name


def _kind_of(each: Found) -> Kind | None:
    return next((kind for kind in Kind if kind == each.value.kind), None)


def _type_of(each: Found) -> str:
    """As a tag says it."""
    kind = _kind_of(each)
    return "float" if kind is None else _TYPE_OF.get(kind, "float")


def _decoded(each: Found) -> Decoded | None:
    """As the driver would read it now; None: it could not."""
    decoded = decode(each.value, _POINTS[_type_of(each)])
    return None if decoded.quality is Quality.BAD else decoded


def _safe(node: str, seen: Seen) -> str:
    """With the namespace's URI in place of its number."""
    found = re.match(r"ns=([0-9]+);", node)
    return node if found is None else f"nsu={seen.namespaces[int(found[1])]};{node[found.end() :]}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _name_form(text: str) -> str:
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:40]
    return name if name[:1].isalpha() else f"tag_{name}".rstrip("_")


def _unused(name: str, used: set[str]) -> str:
    number, tried = 1, name
    while tried in used:
        number += 1
        tried = f"{name}_{number}"
    used.add(tried)
    return tried


def _say(key: str, language: str, **arguments: object) -> str:
    return render(f"probe.opcua.{key}", arguments, language)

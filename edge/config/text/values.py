"""Values that several files share, as pydantic types: durations, secret references, names, words, hosts and ports.

Drivers and channels build their own models from these, so that a duration reads and fails alike everywhere. A model never
writes a sentence for people: it raises `refuse("part.key", ...)`, and the reader's language is put in where the problem is
shown. Not here: files, places, and what a secret reference stands for (`secret.py`).
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from edge.config.text.finding import Phrase
from edge.config.text.slips import duration_meant
from edge.config.text.time_zone import zone_meant
from edge.model.moment import HOUR, MILLISECOND, MINUTE, SECOND, Span
from edge.model.tag import Words

SPAN_OF_UNIT: Final = {"ms": MILLISECOND, "s": SECOND, "min": MINUTE, "h": HOUR, "d": 24 * HOUR}

_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?) ?(ms|s|min|h|d)")
_SECRET = re.compile(r"\$\{(?:env:(?P<env>[A-Za-z_][A-Za-z0-9_]{0,127})|file:(?P<file>[^{}\x00]{1,400}))\}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_DEVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9])?")
_NUMBERS_AND_DOTS = re.compile(r"[0-9]+(\.[0-9]+)+")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")

DEVICE_NAME_MAX = 100


def refuse(key: str, /, **arguments: Any) -> PydanticCustomError:
    """The error a validator raises: a sentence of `edge/texts` by key. `name` (the field) and `given` (the value as messages
    quote it) may stand in the sentence too and are added where the problem is reported."""
    return PydanticCustomError(key, key, arguments)


class FileModel(BaseModel):
    """What may stand in a place of a file: no other keys, never changed once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# --- durations ------------------------------------------------------------------------------------------------------


def parse_duration(text: str) -> Span:
    """`500ms`, `10s`, `1.5min`, `2h`, `1d` as a span. ValueError for anything else, a bare number too."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise ValueError(f'"{text}": 10s, 500ms, 5min, 2h, 1d')
    return round(float(found[1]) * SPAN_OF_UNIT[found[2]])


def format_span(span: Span) -> str:
    """A span as files and messages write it, in the largest unit that keeps it whole: `90 s`, `2 h`, `500 ms`."""
    for unit, length in reversed(SPAN_OF_UNIT.items()):
        # Days only from two on: "24 h" is how limits of a day are spoken of.
        if span and span % length == 0 and (unit != "d" or span > length):
            return f"{span // length} {unit}"
    return f"{span / SECOND:g} s"


class DurationForm(BeforeValidator):
    """Marks a field as a duration, for those who show its default."""


def duration(at_least: str, at_most: str) -> DurationForm:
    """For `Annotated[Span, duration("100ms", "1h")]`: a duration with its unit, both ends included."""
    low, high = parse_duration(at_least), parse_duration(at_most)

    def read(given: Any) -> Span:
        if isinstance(given, bool) or not isinstance(given, str | int | float):
            raise refuse("config.duration_wanted", hint="")
        if not isinstance(given, str):
            raise refuse("config.duration_bare", seconds=f"{given:g}s")
        try:
            span = parse_duration(given)
        except ValueError:
            meant = duration_meant(given)
            hint = Phrase("config.did_you_mean", {"near": meant}) if meant is not None else ""
            raise refuse("config.duration_wanted", hint=hint) from None
        if not low <= span <= high:
            raise refuse("config.duration_range", low=format_span(low), high=format_span(high), span=format_span(span))
        return span

    return DurationForm(read)


Duration = Annotated[Span, duration("0s", "366d")]


# --- secrets --------------------------------------------------------------------------------------------------------


class SecretRef(str):
    """Where a secret is kept, never the secret: `${env:NAME}` or `${file:path}`; revealed by `edge.config.secret.reveal`.

    A relative path counts from the plant folder and is absolute once the plant is loaded."""

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(
            cls._read, serialization=core_schema.plain_serializer_function_ser_schema(str)
        )

    @classmethod
    def _read(cls, given: Any, info: core_schema.ValidationInfo) -> SecretRef:
        found = _SECRET.fullmatch(given) if isinstance(given, str) else None
        if found is None:
            # The value may be the secret itself: no message quotes it.
            raise refuse("config.secret_literal")
        folder = (info.context or {}).get("folder")
        if found["file"] and not found["file"].startswith("/") and folder is not None:
            return cls(f"${{file:{folder}/{found['file']}}}")
        return cls(given)

    @property
    def kept_in(self) -> tuple[Literal["env", "file"], str]:
        """(`env`, variable) or (`file`, path)."""
        found = _SECRET.fullmatch(self)
        if found is None:
            raise ValueError("not a secret reference: ${env:NAME} or ${file:path}")
        return ("env", found["env"]) if found["env"] else ("file", found["file"])


def is_secret_reference(text: str) -> bool:
    return _SECRET.fullmatch(text) is not None


# --- names, words, addresses ----------------------------------------------------------------------------------------


def name_form(given: str) -> str:
    if not _NAME.fullmatch(given):
        raise refuse("config.name_form")
    return given


def device_name_form(given: str) -> str:
    if not _DEVICE.fullmatch(given) or len(given) > DEVICE_NAME_MAX:
        raise refuse("config.device_name_form", most=DEVICE_NAME_MAX)
    return given


def _one_line(given: str) -> str:
    if not given.strip():
        raise refuse("config.text_empty")
    if _UNPRINTABLE.search(given):
        raise refuse("config.text_one_line")
    return given


def _host(given: str) -> str:
    if not _HOST.fullmatch(given) and not _is_address(IPv6Address, given):
        raise refuse("config.host_form")
    if _NUMBERS_AND_DOTS.fullmatch(given) and not _is_address(IPv4Address, given):
        raise refuse("config.host_no_address")
    return given


def _is_address(form: type[IPv4Address] | type[IPv6Address], given: str) -> bool:
    try:
        form(given)
    except ValueError:
        return False
    return True


def _time_zone(given: str) -> str:
    try:
        ZoneInfo(given)
    except (KeyError, ValueError, OSError):
        raise refuse("config.time_zone_unknown", hint=zone_meant(given, available_timezones())) from None
    return given


def _switch_as_number(given: Any) -> Any:
    return float(given) if isinstance(given, bool) else given


#: The id of a type, tag, rule, area, person, ...: ASCII, so that no two names look alike and differ.
Name = Annotated[str, AfterValidator(name_form)]
DeviceName = Annotated[str, AfterValidator(device_name_form)]
Unit = Annotated[str, Field(max_length=16), AfterValidator(_one_line)]
ShortText = Annotated[str, Field(max_length=60), AfterValidator(_one_line)]
LongText = Annotated[str, Field(max_length=500), AfterValidator(_one_line)]
Host = Annotated[str, AfterValidator(_host)]
Port = Annotated[int, Field(ge=1, le=65535)]
#: The IANA name of a time zone.
TimeZone = Annotated[str, AfterValidator(_time_zone)]
#: A number that may also be written `true` (1) or `false` (0).
SwitchOrNumber = Annotated[float, BeforeValidator(_switch_as_number)]


class TwoLanguages(FileModel):
    """A few words for people, in both languages of the product."""

    zh: ShortText
    en: ShortText

    @property
    def words(self) -> Words:
        return {"zh": self.zh, "en": self.en}


class TwoLanguagesLong(FileModel):
    """Some sentences for people, in both languages of the product."""

    zh: LongText
    en: LongText

    @property
    def words(self) -> Words:
        return {"zh": self.zh, "en": self.en}

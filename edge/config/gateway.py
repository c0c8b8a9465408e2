"""`gateway.yaml`: which plant and agent this is, its language and time zone, its addresses and areas. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from edge.config.alive import AliveFile
from edge.config.calendar import Days
from edge.config.lines import LineFile
from edge.config.names import Names
from edge.config.rationalisation import DEFAULT_MATRIX, PriorityMatrixFile
from edge.config.text.reader import Reader, keys_of
from edge.config.text.size import size
from edge.config.text.source import Node
from edge.config.text.time_zone import reversed_sign
from edge.config.text.values import FileModel, Host, Name, Port, TimeZone, TwoLanguages, duration, refuse
from edge.model.moment import HOUR, MINUTE, Span
from edge.model.stage import Stage

GATEWAY_FILE = "gateway.yaml"


def _folder(given: str) -> str:
    if not given.strip() or not given.isprintable() or ".." in given.split("/"):
        raise refuse("config.folder_form")
    return given


def _no_trial(given: object) -> object:
    if given == Stage.COMMISSIONING:
        raise refuse("config.stage_trial")
    return given


class ApiAddress(FileModel):
    """Where the API listens. Only this machine reaches it by default: whoever opens it to the network decides to."""

    host: Host = "127.0.0.1"
    port: Port = 8480


class ConsoleAddress(FileModel):
    """Where the console listens. horn_after: when no channel has delivered for so long, it sounds."""

    host: Host = "127.0.0.1"
    port: Port = 8481
    horn_after: Annotated[Span, duration("10s", "1h")] = MINUTE


class HistoryFile(FileModel):
    """keep: samples older than this are deleted. quota: of all of them on the disk; the eldest go first. segment: how long what
    was read is in memory alone, and lost when the power fails."""

    keep: Annotated[Span, duration("1h", "3660d")] = 7 * 24 * HOUR
    quota: Annotated[int, size("50MB", "100TB")] = 2 * 10**9
    segment: Annotated[Span, duration("10s", "10min")] = MINUTE


class GatewayFile(FileModel):
    """site, agent: identities in every row that is written; they are never renamed once data exists.

    time_zone: the IANA name of the plant's local time. language: of what has no reader of its own. data_folder: where the
    database lives, from the plant folder. strict: what `check` warns of is refused. priority_matrix: the
    priorities of rules that write none. stage: of alarms for which nobody has set one while the gateway ran. holidays,
    extra_workdays: what `only_at` calls workdays, days off and holidays, beside the days of the week. alive: who is to notice
    when this gateway is gone."""

    site: Name
    agent: Name
    time_zone: TimeZone = "UTC"
    language: Literal["zh", "en"] = "en"
    api: ApiAddress = Field(default_factory=ApiAddress)
    console: ConsoleAddress = Field(default_factory=ConsoleAddress)
    data_folder: Annotated[str, Field(max_length=400), AfterValidator(_folder)] = ".andon"
    history: HistoryFile = Field(default_factory=HistoryFile)
    strict: bool = False
    stage: Annotated[Literal["shadow", "live"], BeforeValidator(_no_trial)] = "live"
    priority_matrix: PriorityMatrixFile = DEFAULT_MATRIX
    holidays: Days = Field(default_factory=list)
    extra_workdays: Days = Field(default_factory=list)
    areas: Mapping[Name, TwoLanguages] = Field(default_factory=dict)
    lines: Mapping[Name, LineFile] = Field(default_factory=dict)
    alive: AliveFile = Field(default_factory=AliveFile)


def read_gateway(root: Node | None, reader: Reader) -> tuple[GatewayFile | None, Names]:
    """The file, None when it has problems, and the areas it declares either way."""
    if root is None:
        return None, Names(complete=False)
    node = root.get("areas")
    unknown = root.entries.keys() - set(keys_of(GatewayFile))
    areas = Names(complete=not unknown and isinstance(node.value if node is not None else root.value, Mapping))
    if node is not None:
        areas.declare(node.entries, reader.findings)
    gateway = reader.read(GatewayFile, root, GATEWAY_FILE)
    if gateway is not None and (gateway.api.host, gateway.api.port) == (gateway.console.host, gateway.console.port):
        place = root.follow(("console", "port")).place
        reader.findings.error(place, "same_port", port=gateway.api.port)
    if gateway is not None and (meant := reversed_sign(gateway.time_zone)) is not None:
        reader.findings.note(root.follow(("time_zone",)).place, "time_zone_sign", given=gateway.time_zone, meant=meant)
    return gateway, areas

"""`andon check`: a plant folder looked at once. How the report is shown: `as_text`, `as_json`, `as_sarif`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from edge.config.device_types import DriverRow
from edge.config.folder import reviewed_bytes
from edge.config.load import Loaded, load
from edge.config.people import CLOUD_FILE, ChannelRow
from edge.config.plant import Plant
from edge.config.reviewed.reviews import read_reviews
from edge.config.secret import unset_secrets
from edge.config.text.finding import Finding, Findings, Phrase
from edge.model.errors import Problem

#: Of a file that a configuration names; an exported card template is up to 1 MB.
NAMED_FILE_BYTES_MAX = 4_000_000


@dataclass(frozen=True, slots=True)
class CheckReport:
    """folder: as it was asked for. language: of the texts. problems: sorted by file, line and column. plant: None when
    there is an error among them."""

    folder: Path
    language: str
    problems: tuple[Problem, ...]
    plant: Plant | None

    @property
    def errors(self) -> int:
        return sum(problem.severity == "error" for problem in self.problems)

    @property
    def warnings(self) -> int:
        return sum(problem.severity == "warning" for problem in self.problems)

    @property
    def notes(self) -> int:
        return sum(problem.severity == "note" for problem in self.problems)

    @property
    def usable(self) -> bool:
        return self.errors == 0

    @property
    def exit_code(self) -> int:
        """0 when the plant can be used (warnings and notes are fine), 1 when it has problems."""
        return 0 if self.usable else 1


def check_folder(
    folder: Path,
    drivers: Mapping[str, DriverRow],
    channels: Mapping[str, ChannelRow],
    *,
    environ: Mapping[str, str],
    language: str,
) -> CheckReport:
    """Check a plant folder. A secret that is not set is a note here, and refused only by `run`. A record of reviews that cannot
    be used is a warning, strict or not: the gateway runs without it."""
    loaded = load(folder, drivers, channels, language=language)
    findings = Findings()
    read_reviews(reviewed_bytes(folder), findings)
    problems = [*loaded.problems, *(replace(each, severity="warning") for each in findings.problems(language))]
    if loaded.plant is not None:
        problems += _remarks(loaded, loaded.plant, folder, channels, language)
        problems += unset_secrets(loaded.plant, environ, language=language)
    return CheckReport(folder, language, tuple(sorted(problems)), loaded.plant)


def _remarks(
    loaded: Loaded, plant: Plant, folder: Path, channels: Mapping[str, ChannelRow], language: str
) -> Iterator[Problem]:
    """What there is to say of the channels' configurations and the files that these name."""
    root = loaded.described.singles[CLOUD_FILE]
    for name, config in plant.channels.items():
        for remark in channels[name].remarks(config, lambda path: _text(folder / path)):
            place = root.follow((name, *remark.at)).place
            yield Finding(place, Phrase(remark.key, remark.arguments), "warning").problem(language)


def _text(file: Path) -> str | None:
    try:
        with file.open("rb") as opened:
            return opened.read(NAMED_FILE_BYTES_MAX).decode("utf-8")
    except (OSError, ValueError):
        return None

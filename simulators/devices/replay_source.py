"""How a replay is written in a plan. Pure: files come by a function.

replay:
  file: recording.csv                  # beside the plan
  separator: ";"                       # default ","
  time: datetime                       # the column with the moments
  columns:
    Current: {point: current, at: holding 0, type: float32}       # point: default the column's own name
  speed: 10                            # default 1
  loop: false
  start: first                         # or a moment of the recording: 2020-03-09 10:20:00
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from simulators.devices.fields import Fields, Located, flag, number, text
from simulators.devices.recording import Playback, Recorded, RecordingError, moment_of, read_recording

REPLAY_KEYS = ("file", "separator", "time", "columns", "speed", "loop", "start")
COLUMNS_MAX = 200
SPEED_MAX = 100_000.0

ReadFile = Callable[[str], str]
"""The text of a file that a plan names, by the name that it uses. Raises OSError or UnicodeDecodeError."""


@dataclass(frozen=True, slots=True)
class RecordedPoint:
    """A point of a replay: its name, how it is laid down (the keys of any point), and what it plays."""

    name: str
    source: Located
    signal: Recorded


class BadRecording(Exception):
    """The file that the plan names is wrong; `problems` name it by file, row and column."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def read_replay(source: Located, what: str, started_at: int, read_file: ReadFile) -> Iterator[RecordedPoint]:
    """The points of a replay. Raises Problem for the plan, BadRecording for the file."""
    fields = Fields(source, what, REPLAY_KEYS)
    listed = fields.need("columns")
    if not isinstance(listed.value, dict) or not 1 <= len(listed.value) <= COLUMNS_MAX:
        raise listed.problem(f"{fields.name('columns')} must be a mapping of 1 to {COLUMNS_MAX} columns")
    playback = _playback(fields, list(listed.value), started_at, read_file)
    for column, spec in listed.value.items():
        if not isinstance(spec.value, dict):
            raise spec.problem(f'column "{column}" must be a mapping such as {{at: holding 0, type: float32}}')
        keys = dict(spec.value)
        named = keys.pop("point", None)
        name = column if named is None else text(named, f"{column}: point")
        yield RecordedPoint(name, Located(keys, spec.line, spec.column), Recorded(playback, playback.recording.columns[column]))


def _playback(fields: Fields, columns: list[str], started_at: int, read_file: ReadFile) -> Playback:
    file_source = fields.need("file")
    file = text(file_source, fields.name("file"))
    separator_source = fields.get("separator") or Located(",")
    separator = text(separator_source, fields.name("separator"))
    if len(separator) != 1:
        raise separator_source.problem(f'{fields.name("separator")} must be one character, is "{separator}"')
    try:
        content = read_file(file)
    except (OSError, UnicodeDecodeError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "not UTF-8"
        raise file_source.problem(f"{fields.name('file')}: {file}: {reason}") from problem
    try:
        recording = read_recording(
            content, separator=separator, time=text(fields.need("time"), fields.name("time")), columns=columns
        )
    except RecordingError as problem:
        raise BadRecording([f"{file}:{each}" for each in problem.problems]) from problem
    speed_source, loop, start = fields.get("speed") or Located(1.0), fields.get("loop"), fields.get("start")
    speed = number(speed_source, fields.name("speed"))
    if not 0 < speed <= SPEED_MAX:
        raise speed_source.problem(f"{fields.name('speed')} must be more than 0 and at most {SPEED_MAX:g}, is {speed:g}")
    first = recording.moments[0] if start is None or start.value == "first" else _moment(start, fields)
    if not recording.moments[0] <= first <= recording.moments[-1]:
        assert start is not None
        raise start.problem(f"{fields.name('start')} must be a moment of the recording, {start.value} is outside of it")
    return Playback(recording, started_at, first, speed, False if loop is None else flag(loop, fields.name("loop")))


def _moment(start: Located, fields: Fields) -> int:
    moment = moment_of(str(start.value))
    if moment is None:
        raise start.problem(f"{fields.name('start')} must be first, or a time such as 2020-03-09 10:20:00")
    return moment


def no_files(name: str) -> str:
    """For plans that come without a folder."""
    raise FileNotFoundError(2, "this plan was read without a folder, so it can name no file", name)

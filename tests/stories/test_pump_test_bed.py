"""The pump test bed: a recording plays, and the plant's alarms rise in its labelled windows and nowhere else.

The plant's own recording lies in its folder. Real ones (Skoltech Anomaly Benchmark, not part of this project) are taken from
`../shared/data/skab` beside the repository where they are there. Each was made at another operating point, so each gets
limits of its own, from the first five minutes of its file and the margins in the plant's README, as an engineer would do it.
"""

from __future__ import annotations

import csv
import shutil
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path

import pytest

from cloud_bridge.catalog import CHANNELS
from drivers.catalog import DRIVERS
from edge.config.load import load
from edge.config.plant import Plant
from edge.model.event import Stream
from edge.model.moment import SECOND, Moment, from_iso
from edge.runtime.virtual import VirtualClock, run_virtually
from edge.scenario.stage import Stage

REPOSITORY = Path(__file__).parents[2]
PLANT = REPOSITORY / "simulators" / "plants" / "pump_test_bed"
SKAB = REPOSITORY.parent / "shared" / "data" / "skab"
START = from_iso("2026-05-04T10:00:00+00:00")
BASELINE_ROWS = 300
#: In other-1.csv the motor's body has cooled by its 3 °C four seconds before the label begins.
AHEAD_S = 5.0
MARGINS = {
    # parameter: column, direction, share of the baseline, but at least so much
    "vibration_1_high": ("Accelerometer1RMS", 1, 0.25, 0.0),
    "vibration_2_high": ("Accelerometer2RMS", 1, 0.25, 0.0),
    "current_high": ("Current", 1, 0.2, 0.0),
    "body_low": ("Temperature", -1, 0.0, 3.0),
    "body_high": ("Temperature", 1, 0.0, 3.0),
    "water_high": ("Thermocouple", 1, 0.0, 4.0),
    "flow_low": ("Volume Flow RateRMS", -1, 0.03, 2.0),
    "flow_high": ("Volume Flow RateRMS", 1, 0.06, 2.0),
    "voltage_low": ("Voltage", -1, 0.1, 0.0),
    "voltage_high": ("Voltage", 1, 0.1, 0.0),
}

Span = tuple[float, float]
"""From and to, in seconds of the recording."""


@dataclass(frozen=True, slots=True)
class Course:
    """What a recording is labelled with, and what the gateway made of it. All in seconds of the recording."""

    length: float
    rows: list[tuple[float, bool]]
    windows: list[Span]
    alarms: list[tuple[str, Span]]

    def raised_in(self, window: Span) -> set[str]:
        return {alarm for alarm, (begin, _) in self.alarms if window[0] - AHEAD_S <= begin <= window[1]}

    def raised_outside(self) -> list[tuple[str, Span]]:
        return [each for each in self.alarms if not any(begin - AHEAD_S <= each[1][0] <= end for begin, end in self.windows)]

    def precision_and_recall(self) -> tuple[float, float]:
        """By row: of those with an alarm the share that is labelled, of the labelled ones the share with an alarm."""
        alarmed = [any(begin <= at < end for _, (begin, end) in self.alarms) for at, _ in self.rows]
        both = sum(alarm and labelled for alarm, (_, labelled) in zip(alarmed, self.rows, strict=True))
        return both / sum(alarmed), both / sum(labelled for _, labelled in self.rows)


def read_rows(recording: Path) -> list[dict[str, str]]:
    with recording.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def plant_for(recording: Path, rows: list[dict[str, str]], folder: Path) -> Plant:
    """The plant folder with this recording and limits for its operating point."""
    shutil.copytree(PLANT, folder)
    simulation = folder / "simulation.yaml"
    simulation.write_text(
        simulation.read_text(encoding="utf-8").replace("file: recording.csv", f"file: {recording}"), encoding="utf-8"
    )
    limits = {}
    for name, (column, direction, share, at_least) in MARGINS.items():
        baseline = sum(float(row[column]) for row in rows[:BASELINE_ROWS]) / BASELINE_ROWS
        limits[name] = baseline + direction * max(share * baseline, at_least)
    devices = folder / "devices" / "pump.yaml"
    written = ", ".join(f"{name}: {limit:.4f}" for name, limit in limits.items())
    devices.write_text(devices.read_text(encoding="utf-8") + f"    parameters: {{{written}}}\n", encoding="utf-8")
    loaded = load(folder, DRIVERS, CHANNELS)
    assert loaded.plant is not None, sorted(map(str, loaded.problems))
    return loaded.plant


async def _play(plant: Plant, length: float, clock: VirtualClock) -> list[tuple[str, Span]]:
    """The alarms raised while the recording plays, each until it returned or the recording was over."""
    stage = Stage(plant, clock)
    await stage.open()
    await clock.sleep_until(START + round(length * SECOND))
    rows = stage.store.read_after(0, 100_000)
    await stage.close()
    began: dict[str, float] = {}
    alarms: list[tuple[str, Span]] = []
    for event in (row.event for row in rows if row.event.stream is Stream.ALARM):
        at = _seconds(event.time)
        if event.kind == "raised":
            began[event.subject] = at
        elif event.kind == "returned":
            alarms.append((event.subject, (began.pop(event.subject), at)))
    return sorted([*alarms, *((subject, (begin, length)) for subject, begin in began.items())], key=lambda each: each[1])


def _seconds(moment: Moment) -> float:
    return (moment - START) / SECOND


def play(recording: Path, folder: Path, rows_max: int | None = None) -> Course:
    rows = read_rows(recording)[:rows_max]
    plant = plant_for(recording, rows, folder)
    moments = [_seconds_of_day(row["datetime"]) for row in rows]
    labelled = [(at - moments[0], float(row.get("anomaly", "0")) > 0) for at, row in zip(moments, rows, strict=True)]
    length = labelled[-1][0] + 1
    windows = []
    for is_anomaly, group in groupby(labelled, key=lambda each: each[1]):
        times = [at for at, _ in group]
        if is_anomaly:
            windows.append((times[0], times[-1]))
    return Course(length, labelled, windows, run_virtually(partial(_play, plant, length), START))


def _seconds_of_day(text: str) -> float:
    return from_iso(text.replace(" ", "T") + "+00:00") / SECOND


def skab(name: str) -> Path:
    file = SKAB / name
    if not file.is_file():
        pytest.skip(f"{file} is not there; the benchmark's data are not part of this project")
    return file


def test_its_own_recording_raises_flow_at_once_and_the_motor_body_minutes_later(tmp_path):
    course = play(PLANT / "recording.csv", tmp_path / "plant")
    [window] = course.windows
    assert course.raised_in(window) == {"TESTBED.PUMP/flow_low", "TESTBED.PUMP/body_cold"}
    assert course.raised_outside() == []
    raised = {alarm: begin - window[0] for alarm, (begin, _) in course.alarms}
    assert raised["TESTBED.PUMP/flow_low"] < 60 < raised["TESTBED.PUMP/body_cold"]


@pytest.mark.parametrize(
    ("name", "alarms", "precision", "recall"),
    [("valve1-0.csv", {"body_cold"}, 0.64, 0.76), ("other-1.csv", {"flow_low", "body_cold"}, 0.98, 1.0)],
)
def test_a_real_fault_raises_its_alarms_in_the_labelled_window(name, alarms, precision, recall, tmp_path):
    course = play(skab(name), tmp_path / "plant")
    [window] = course.windows
    assert course.raised_in(window) == {f"TESTBED.PUMP/{alarm}" for alarm in alarms}
    assert course.raised_outside() == []
    assert course.precision_and_recall() == pytest.approx((precision, recall), abs=0.01)


def test_half_an_hour_without_a_fault_raises_nothing(tmp_path):
    course = play(skab("anomaly-free.csv"), tmp_path / "plant", 1800)
    assert course.windows == []
    assert course.alarms == []

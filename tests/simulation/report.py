"""A simulation from its seed to its verdict, in words that say how to play it again."""

from __future__ import annotations

from dataclasses import dataclass

from edge.config.plant import Plant
from tests.simulation.invariants import INVARIANTS
from tests.simulation.play import Record, load_plant, play
from tests.simulation.script import Script, draw_script

#: Findings of one invariant that are printed; one mistake often shows in dozens.
FINDINGS_MAX = 8


@dataclass(frozen=True, slots=True)
class Report:
    """findings: by invariant, what does not hold."""

    seed: int
    minutes: float
    record: Record
    findings: dict[str, list[str]]

    @property
    def holds(self) -> bool:
        return not self.findings

    def __str__(self) -> str:
        record = self.record
        figures = (
            f"seed {self.seed}: {len(record.script)} steps, {len(record.deaths)} deaths, {len(record.journal)} journal rows, "
            f"{len(record.told)} intents, {len(record.calls)} calls, {len(record.touches)} presses"
        )
        lines = [figures]
        for name, findings in self.findings.items():
            lines.append(f"  {name.upper()} DOES NOT HOLD:")
            lines += [f"    {finding}" for finding in findings[:FINDINGS_MAX]]
            lines += [f"    ... and {len(findings) - FINDINGS_MAX} more"] if len(findings) > FINDINGS_MAX else []
        if self.findings:
            lines.append(
                f"  again: ./dev simulate --seeds 1 --start {self.seed} --minutes {self.minutes:g}    shorter: add --shrink"
            )
        return "\n".join(lines)


def simulate(seed: int, minutes: float, plant: Plant | None = None) -> Report:
    """Draw a script, play it, judge it."""
    return judge(draw_script(seed, minutes), plant or load_plant(), seed=seed, minutes=minutes)


def judge(script: Script, plant: Plant, *, seed: int = 0, minutes: float = 0) -> Report:
    record = play(plant, script, seed=seed)
    findings = {name: found for name, invariant in INVARIANTS.items() if (found := invariant(record))}
    return Report(seed, minutes, record, findings)


def shrink(report: Report, plant: Plant) -> Report:
    """The same failure with as few steps as can be found by leaving out ever smaller parts."""
    wanted, best = set(report.findings), report
    size = max(1, len(best.record.script) // 2)
    while True:
        start, shorter = 0, False
        while start < len(best.record.script):
            script = best.record.script
            tried = judge((*script[:start], *script[start + size :]), plant, seed=report.seed, minutes=report.minutes)
            if wanted & set(tried.findings):
                best, shorter = tried, True
            else:
                start += size
        if size == 1 and not shorter:
            return best
        size = max(1, size // 2)

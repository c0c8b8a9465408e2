"""`python -m tests.simulation --seeds N [--start S] [--minutes M] [--shrink]`: many seeds; exit code 1 on a failure."""

from __future__ import annotations

import argparse
import sys
import time

from tests.simulation.play import load_plant
from tests.simulation.report import shrink, simulate


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev simulate", description="the whole gateway under seeded faults")
    parser.add_argument("--seeds", type=int, default=50, help="how many seeds (default 50)")
    parser.add_argument("--start", type=int, default=0, help="the first seed")
    parser.add_argument("--minutes", type=float, default=10.0, help="plant time of each script (default 10)")
    parser.add_argument("--shrink", action="store_true", help="cut a failing script down to the steps that matter")
    options = parser.parse_args()

    plant = load_plant()
    begun, failed = time.perf_counter(), []
    for seed in range(options.start, options.start + options.seeds):
        report = simulate(seed, options.minutes, plant)
        print(report, flush=True)
        if not report.holds:
            failed.append(seed)
            if options.shrink:
                report = shrink(report, plant)
                print("cut down to:", report, *(f"    {timed}," for timed in report.record.script), sep="\n", flush=True)
    took = time.perf_counter() - begun
    print(f"{options.seeds} seeds, {options.seeds * options.minutes:g} minutes of plant time in {took:.0f} s: ", end="")
    print(f"{len(failed)} failed: {', '.join(map(str, failed))}" if failed else "every invariant holds")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

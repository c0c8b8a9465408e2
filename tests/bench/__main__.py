"""`python -m tests.bench [--seconds N] [--json FILE] [PART ...]`: one table, each figure beside another just run."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

from tests.bench import (
    bench_alarm,
    bench_engine,
    bench_history,
    bench_load,
    bench_modbus,
    bench_mqtt,
    bench_plan,
    bench_road,
    bench_rules,
    bench_store,
)
from tests.bench.figure import HEAD, Figure


def main() -> None:
    parser = argparse.ArgumentParser(prog="./dev bench", description="Ratios carry over to other machines, figures do not.")
    parser.add_argument(
        "part", nargs="*", help="engine (rules, load, samples), store, history, modbus, mqtt, plan, alarm, road; default: all"
    )
    parser.add_argument("--seconds", type=int, default=bench_road.SECONDS, help="length of the flood (default 60)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    options = parser.parse_args()
    parts: Mapping[str, Callable[[], list[Figure]]] = {
        "rules": bench_rules.run,
        "load": bench_load.run,
        "samples": bench_engine.run,
        "store": bench_store.run,
        "history": bench_history.run,
        "modbus": bench_modbus.run,
        "mqtt": bench_mqtt.run,
        "plan": bench_plan.run,
        "alarm": bench_alarm.run,
        "road": lambda: bench_road.run(options.seconds),
    }
    wanted = set(options.part)
    if "engine" in wanted:
        wanted = wanted - {"engine"} | {"rules", "load", "samples"}
    if unknown := wanted - parts.keys():
        parser.error(f"no part {', '.join(sorted(unknown))}; these are: engine, {', '.join(parts)}")
    print(HEAD)
    measured = []
    for name, run in parts.items():
        if not wanted or name in wanted:
            figures = run()
            print(*figures, sep="\n", flush=True)
            measured += [{"part": name, **asdict(figure), "verdict": figure.verdict} for figure in figures]
    if options.json is not None:
        options.json.write_text(json.dumps(measured, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

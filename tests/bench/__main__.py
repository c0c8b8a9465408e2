"""`python -m tests.bench [--seconds N] [engine] [store] [history] [road]`: one table, each figure beside another just run."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping

from tests.bench import bench_engine, bench_history, bench_road, bench_store
from tests.bench.figure import HEAD, Figure


def main() -> None:
    parser = argparse.ArgumentParser(prog="./dev bench", description="Ratios carry over to other machines, figures do not.")
    parser.add_argument("part", nargs="*", help="engine, store, history, road; default: all")
    parser.add_argument("--seconds", type=int, default=bench_road.SECONDS, help="length of the flood (default 60)")
    options = parser.parse_args()
    parts: Mapping[str, Callable[[], list[Figure]]] = {
        "engine": bench_engine.run,
        "store": bench_store.run,
        "history": bench_history.run,
        "road": lambda: bench_road.run(options.seconds),
    }
    if unknown := set(options.part) - parts.keys():
        parser.error(f"no part {', '.join(sorted(unknown))}; these are: {', '.join(parts)}")
    print(HEAD)
    for name, run in parts.items():
        if not options.part or name in options.part:
            print(*run(), sep="\n", flush=True)


if __name__ == "__main__":
    main()

"""How long a plant folder with 100,000 rules out of templates takes until its engine stands. By hand: `./dev bench load`."""

from __future__ import annotations

import gc
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time

from cloud_bridge.catalog import CHANNELS
from drivers.catalog import DRIVERS
from edge.config.load import load
from rules.engine import Engine
from rules.layout import build_layout
from tests.bench.figure import Figure

PLANT = Path(__file__).parents[1] / "cases" / "config" / "plant"
#: A plant has at most 100,000 tags, with the session of each device, and as many rules.
DEVICES, TAGS_EACH, RULES_EACH = 1_950, 50, 51
TIMES = 3
START = 1_777_881_600_000_000


def write_plant(folder: Path) -> None:
    """One type with fifty tags and a rule or two for each, and some two thousand devices of it."""
    for name in ("gateway.yaml", "people.yaml", "cloud.yaml", "response.yaml"):
        # Its line reads the tags of its boilers.
        text = (PLANT / name).read_text(encoding="utf-8").partition("lines:")[0]
        (folder / name).write_text(text, encoding="utf-8")
    tags = "".join(
        f"      t{n}: {{address: holding {n}, type: int16, unit: °C, words: {{zh: 温度{n}, en: temperature {n}}}}}\n"
        for n in range(TAGS_EACH)
    )
    types = "types:\n  press:\n    words: {zh: 压机, en: press}\n    driver: modbus\n    parameters: {hot: 80}\n    tags:\n"
    connection = "connection: {host: 127.0.0.1, port: 5020, unit_id: 1, every: 1s}"
    devices = "".join(
        f"  P{n}: {{type: press, area: boiler_1, words: {{zh: 压机{n}, en: press {n}}}, "
        f"parameters: {{hot: {60 + n % 40}}}, {connection}}}\n"
        for n in range(DEVICES)
    )
    (folder / "devices").mkdir()
    (folder / "devices" / "presses.yaml").write_text(f"{types}{tags}devices:\n{devices}", encoding="utf-8")
    words = "words: {zh: 温度高, en: temperature high}, guidance: {zh: 检查冷却, en: check the cooling}"
    rules = "".join(
        f'  hot{n}: {{for: press, kind: high, tag: t{n % TAGS_EACH}, limit: "{{hot}}", deadband: 2, '
        f"on_delay: {5 + n // TAGS_EACH}s, priority: low, {words}}}\n"
        for n in range(RULES_EACH)
    )
    (folder / "rules").mkdir()
    (folder / "rules" / "presses.yaml").write_text(f"rules:\n{rules}", encoding="utf-8")


def load_once(folder: Path) -> tuple[int, float, float]:
    """How many rules there are; how long reading and checking took, and building the engine, in seconds."""
    gc.collect()
    started = process_time()
    loaded = load(folder, DRIVERS, CHANNELS)
    read = process_time() - started
    if loaded.plant is None:
        raise ValueError(loaded.problems[0])
    plant = loaded.plant
    started = process_time()
    tags = [tag for device in plant.devices.values() for tag in device.tags]
    Engine(build_layout(1, tags, plant.rules, plant.lines, plant.suppressors, plant.first_out_words), START)
    return len(plant.rules), read, process_time() - started


def run() -> list[Figure]:
    with TemporaryDirectory() as folder:
        write_plant(Path(folder))
        rules, read, built = zip(*(load_once(Path(folder)) for _ in range(TIMES)), strict=True)
    both = [sum(each) for each in zip(read, built, strict=True)]
    what = f"{rules[0]:,} rules from templates"
    return [
        Figure(f"{what}: read and checked", median(read), "s", least=min(read)),
        Figure(f"{what}: engine built", median(built), "s", least=min(built)),
        Figure(f"{what}: both", median(both), "s", least=min(both), goal=10),
    ]

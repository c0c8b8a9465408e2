"""A small plant in which people do everything there is to values: write, force, enter, hang tags."""

from __future__ import annotations

from pathlib import Path

from cloud_bridge.catalog import CHANNELS
from drivers.catalog import DRIVERS
from edge.config.load import load
from edge.config.plant import Plant

SETPOINT, LAMP, TEMPERATURE, ACID = "OVEN_1.setpoint", "OVEN_1.lamp", "OVEN_1.temperature", "BATH_1.acid"

_FILES = {
    "gateway.yaml": "site: hall\nagent: gw\nareas: {hall: {zh: 热处理车间, en: heat treatment}}\n",
    "devices/hall.yaml": """types:
  oven:
    words: {zh: 回火炉, en: tempering oven}
    driver: modbus
    tags:
      temperature: {address: holding 0, type: float32, unit: °C, range: [0, 400], words: {zh: 炉温, en: temperature}}
      setpoint: {address: holding 10, type: float32, unit: °C, range: [0, 300], words: {zh: 设定温度, en: set point}}
      lamp: {address: coil 0, words: {zh: 报警灯, en: andon light}}
      gas: {address: holding 4, type: float32, unit: "%", words: {zh: 可燃气体, en: gas}}
  bath:
    words: {zh: 酸洗槽, en: pickling bath}
    driver: manual
    tags:
      acid: {words: {zh: 游离酸浓度, en: free acid}, unit: g/L, every: 8h, between: [80, 260], anyway: true, range: [0, 300]}
      filter: {words: {zh: 滤网已更换, en: filter changed}, type: switch}
devices:
  OVEN_1:
    {type: oven, area: hall, words: {zh: 1 号回火炉, en: oven 1}, connection: {host: 127.0.0.1, unit_id: 1, every: 1s}}
  BATH_1: {type: bath, area: hall, words: {zh: 1 号酸洗槽, en: bath 1}}
""",
    "rules/hall.yaml": """rules:
  hot:
    {for: oven, tag: temperature, kind: high, limit: 200, priority: high, words: {zh: 炉温高, en: oven hot}, write: {lamp: 1}}
  gas: {for: oven, tag: gas, kind: high, limit: 20, priority: critical, class: safety, words: {zh: 可燃气体泄漏, en: gas leak}}
""",
    "writes.yaml": """writes:
  oven.lamp: {purpose: lamp, values: [0, 1], rules: true, rest: 0, role: worker}
  oven.setpoint: {purpose: setpoint, range: [120, 180], step: 20, role: worker, two_step: 2min}
""",
}


def hall_plant(folder: Path) -> Plant:
    """folder: where its files are written."""
    for name, text in _FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    loaded = load(folder, DRIVERS, CHANNELS)
    assert loaded.plant is not None, "\n".join(map(str, loaded.problems))
    return loaded.plant

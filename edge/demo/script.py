"""The scripts of the story: which plant, which machine, and what happens to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_PLANTS = Path(__file__).parents[2] / "simulators" / "plants"


@dataclass(frozen=True, slots=True)
class Script:
    """A value goes from `normal` to `near` its limit, beyond it to `beyond`, and back.

    name: of the plant's folder, and the end of the keys of its texts. point: of the simulated machine. presser: whose phone the
    story looks at, by the language it is told in; they get the alarm's cards. set_point: from where the alarm counts, if it
    is a deviation.
    """

    name: str
    point: str
    alarm: str
    unit: str
    protocol: str
    normal: float
    near: float
    beyond: float
    presser: Mapping[str, str]
    set_point: float = 0.0

    @property
    def folder(self) -> Path:
        return _PLANTS / self.name


SCRIPTS: Mapping[str, Script] = {
    script.name: script
    for script in (
        Script(
            name="cold_rolling_mill",
            point="CRM.ST3.MOTOR.de_temp",
            alarm="CRM.ST3.MOTOR/de_temp_high",
            unit="°C",
            protocol="Modbus",
            normal=62.0,
            near=78.0,
            beyond=84.0,
            presser={"zh": "shift_fitter_a", "en": "shift_lead_a"},
        ),
        Script(
            name="pv_module_line",
            point="PV.STRINGER_2.solder_temp",
            alarm="PV.STRINGER_2/solder_hot",
            unit="°C",
            protocol="MQTT",
            normal=230.0,
            near=234.0,
            beyond=237.0,
            set_point=230.0,
            presser={"zh": "line_operator", "en": "process_engineer"},
        ),
    )
}

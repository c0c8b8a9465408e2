"""How a signal is written in a plan. Pure.

    62                                                        a constant
    {constant: 2.1, noise: 0.2}
    {sine: {mean: 50, amplitude: 5, period: 1min}}
    {square: {low: 0, high: 1, period: 10s, duty: 0.3}}
    {ramp: {from: 20, to: 60, over: 5min}}
    {lag: {target: 62, from: 20, time_constant: 40s}, noise: {amplitude: 0.3, every: 2s, seed: 7}}
    {response: {of: {MILL.speed: 0.018, leak: 24}, offset: 38, lag: [8min, 1min]}, wander: 0.6, noise: 0.1, resolution: 0.1}
    {show: MILL.speed, noise: 2}
    {text: DC01}    {texts: [idle, run, fault], by: MILL.phase}    {show_text: MILL.product}

`noise`, `wander` and `resolution` may stand beside the signal; `noise` inside it too. A lag without `from` starts at its
target. A name without a dot is a point of the same machine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from simulators.devices.fields import Fields, Located, duration_us, integer, number, positive_us, text
from simulators.devices.point import TextSignal
from simulators.devices.quantities import FixedText, NumberedText, Reference, TextReference
from simulators.devices.references import References
from simulators.devices.response import LAGS_MAX, Inertia, Input, Response
from simulators.signals import (
    WANDER_OCTAVES_MAX,
    Constant,
    Lag,
    Noise,
    Ramp,
    Sensor,
    Signal,
    Sine,
    Square,
    Sum,
    Wander,
)

KEYS_OF_SIGNAL = {
    "sine": ("mean", "amplitude", "period"),
    "square": ("low", "high", "period", "duty"),
    "ramp": ("from", "to", "over"),
    "lag": ("target", "from", "time_constant"),
    "response": ("of", "offset", "clamp", "lag", "lag_down", "from"),
}
NUMBERS = ("constant", *KEYS_OF_SIGNAL, "show")
TEXTS = ("text", "texts", "show_text")
SENSOR = ("wander", "noise", "resolution")
SEED_MAX = 2**63
INPUTS_MAX = 16
TEXTS_MAX = 64


@dataclass(frozen=True, slots=True)
class Place:
    """Where a signal stands: in which point of which machine, and what all signals of the plan share.

    started_at: the moment at which lags, ramps and responses begin. seed: for noise that names none.
    """

    machine: str
    point: str
    started_at: int
    seed: int
    references: References

    @property
    def name(self) -> str:
        return f"{self.machine}.{self.point}"

    def reference(self, name: str, source: Located) -> Reference:
        full = self._full(name)
        self.references.note(self.name, full, source)
        return Reference(self.references.quantities, full)

    def text_reference(self, name: str, source: Located) -> TextReference:
        full = self._full(name)
        self.references.note(self.name, full, source, is_text=True)
        return TextReference(self.references.quantities, full)

    def _full(self, name: str) -> str:
        return name if "." in name else f"{self.machine}.{name}"


def read_signal(source: Located, place: Place) -> Signal | TextSignal:
    """A signal. Raises Problem."""
    if not isinstance(source.value, dict):
        return Constant(number(source, "signal"))
    fields = Fields(source, "signal", (*NUMBERS, *TEXTS, "by", *SENSOR))
    kinds = [kind for kind in (*NUMBERS, *TEXTS) if kind in fields]
    if len(kinds) != 1:
        raise source.problem(f"signal needs exactly one of {', '.join((*NUMBERS, *TEXTS))}")
    if kinds[0] in TEXTS:
        return _read_text(kinds[0], fields, place)
    if (by := fields.get("by")) is not None:
        raise by.problem('signal: "by" has no meaning without texts')
    signal, inner_noise = _read_number(kinds[0], fields, place)
    noise = fields.get("noise")
    if inner_noise is not None and noise is not None:
        raise noise.problem("noise is given twice")
    wander = fields.get("wander")
    if wander is not None:
        signal = Sum((signal, _read_wander(wander, place.seed)))
    noise = noise or inner_noise
    resolution = fields.get("resolution")
    if noise is None and resolution is None:
        return signal
    step = 0.0 if resolution is None else number(resolution, "resolution")
    if resolution is not None and step <= 0:
        raise resolution.problem(f"resolution must be more than 0, is {step:g}")
    return Sensor(signal, None if noise is None else _read_noise(noise, place.seed), step)


def _read_number(kind: str, fields: Fields, place: Place) -> tuple[Signal, Located | None]:
    """The signal, and the noise that stands inside it."""
    if kind == "constant":
        return Constant(number(fields.need(kind), "constant")), None
    if kind == "show":
        return place.reference(text(fields.need(kind), "show"), fields.need(kind)), None
    inner = Fields(fields.need(kind), kind, (*KEYS_OF_SIGNAL[kind], "noise"))
    signal = _read_response(inner, place) if kind == "response" else _read_kind(kind, inner, place.started_at)
    return signal, inner.get("noise")


def _read_kind(kind: str, fields: Fields, started_at: int) -> Signal:
    def value(key: str, default: float | None = None) -> float:
        source = fields.need(key) if default is None else fields.get(key) or Located(default)
        return number(source, fields.name(key))

    def period_us(key: str) -> int:
        return positive_us(fields.need(key), fields.name(key))

    match kind:
        case "sine":
            return Sine(value("mean"), value("amplitude"), period_us("period"), started_at)
        case "square":
            duty = value("duty", 0.5)
            if not 0 <= duty <= 1:
                raise fields.need("duty").problem(f"{fields.name('duty')} must be 0 to 1, is {duty:g}")
            return Square(value("low"), value("high"), period_us("period"), duty, started_at)
        case "ramp":
            over_us = duration_us(fields.need("over"), fields.name("over"))
            return Ramp(value("from"), value("to"), started_at, over_us)
        case _:
            target = value("target")
            return Lag(target, period_us("time_constant"), value("from", target), started_at)


def _read_response(fields: Fields, place: Place) -> Response:
    of = fields.need("of")
    if not isinstance(of.value, dict) or not 1 <= len(of.value) <= INPUTS_MAX:
        raise of.problem(f"response: of must name 1 to {INPUTS_MAX} points with a gain each, such as {{MILL.speed: 0.018}}")
    inputs = tuple(
        Input(place.reference(name, gain).value, number(gain, f"response: gain of {name}")) for name, gain in of.value.items()
    )
    ups = _constants(fields, "lag")
    downs = _constants(fields, "lag_down") or ups
    if len(ups) != len(downs):
        raise fields.need("lag_down").problem(
            f"{fields.name('lag_down')} must have as many entries as lag, which has {len(ups)}"
        )
    offset, initial = fields.get("offset"), fields.get("from")
    low, high = _clamp(fields)
    return Response(
        inputs,
        tuple(Inertia(up, down) for up, down in zip(ups, downs, strict=True)),
        place.started_at,
        offset=0.0 if offset is None else number(offset, fields.name("offset")),
        low=low,
        high=high,
        initial=None if initial is None else number(initial, fields.name("from")),
    )


def _constants(fields: Fields, key: str) -> list[int]:
    """Time constants, one or a list of them."""
    source = fields.get(key)
    if source is None:
        return []
    listed = source.value if isinstance(source.value, list) else [source]
    if not 1 <= len(listed) <= LAGS_MAX:
        raise source.problem(f"{fields.name(key)} must be one time constant, or a list of at most {LAGS_MAX} in series")
    return [positive_us(each, fields.name(key)) for each in listed]


def _clamp(fields: Fields) -> tuple[float, float]:
    source = fields.get("clamp")
    if source is None:
        return -math.inf, math.inf
    if not isinstance(source.value, list) or len(source.value) != 2:
        raise source.problem("response: clamp must be [lowest, highest]")
    low, high = (number(each, fields.name("clamp")) for each in source.value)
    if low >= high:
        raise source.problem(f"response: clamp must rise, {low:g} is not below {high:g}")
    return low, high


def _read_text(kind: str, fields: Fields, place: Place) -> TextSignal:
    for key in SENSOR:
        if key in fields:
            raise fields.need(key).problem(f"a text has no {key}")
    source = fields.need(kind)
    if kind == "texts":
        listed = source.value
        if not isinstance(listed, list) or not 1 <= len(listed) <= TEXTS_MAX:
            raise source.problem(f"texts must be a list of 1 to {TEXTS_MAX}")
        by = fields.need("by")
        return NumberedText(tuple(text(each, "texts") for each in listed), place.reference(text(by, "by"), by))
    if (by_source := fields.get("by")) is not None:
        raise by_source.problem('signal: "by" has no meaning without texts')
    return FixedText(text(source, kind)) if kind == "text" else place.text_reference(text(source, kind), source)


def _read_noise(source: Located, seed: int) -> Noise:
    if not isinstance(source.value, dict):
        return Noise(number(source, "noise"), seed)
    fields = Fields(source, "noise", ("amplitude", "every", "seed"))
    return Noise(
        number(fields.need("amplitude"), fields.name("amplitude")),
        integer(fields.get("seed") or Located(seed), fields.name("seed"), 0, SEED_MAX),
        positive_us(fields.get("every") or Located("100ms"), fields.name("every")),
    )


def _read_wander(source: Located, seed: int) -> Wander:
    # Not the seed of the noise: the two would move together.
    seed ^= 0x5A5A5A5A
    if not isinstance(source.value, dict):
        return Wander(number(source, "wander"), seed, 600_000_000)
    fields = Fields(source, "wander", ("amplitude", "every", "octaves", "seed"))
    return Wander(
        number(fields.need("amplitude"), fields.name("amplitude")),
        integer(fields.get("seed") or Located(seed), fields.name("seed"), 0, SEED_MAX),
        positive_us(fields.get("every") or Located("10min"), fields.name("every")),
        integer(fields.get("octaves") or Located(3), fields.name("octaves"), 1, WANDER_OCTAVES_MAX),
    )

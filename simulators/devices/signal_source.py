"""How a signal is written in a plan. Pure.

    62                                                        a constant
    {constant: 2.1, noise: 0.2}
    {sine: {mean: 50, amplitude: 5, period: 1min}}
    {square: {low: 0, high: 1, period: 10s, duty: 0.3}}
    {ramp: {from: 20, to: 60, over: 5min}}
    {lag: {target: 62, from: 20, time_constant: 40s}, noise: {amplitude: 0.3, every: 2s, seed: 7}}

`noise` may stand beside the signal or inside it. A lag without `from` starts at its target.
"""

from __future__ import annotations

from simulators.devices.fields import Fields, Located, duration_us, integer, number, positive_us
from simulators.signals import Constant, Lag, Noise, Ramp, Signal, Sine, Square, Sum

KEYS_OF_SIGNAL = {
    "sine": ("mean", "amplitude", "period"),
    "square": ("low", "high", "period", "duty"),
    "ramp": ("from", "to", "over"),
    "lag": ("target", "from", "time_constant"),
}
SEED_MAX = 2**63


def read_signal(source: Located, started_at: int, seed: int) -> Signal:
    """A signal that begins at `started_at`; `seed` is for noise that names none. Raises Problem."""
    if not isinstance(source.value, dict):
        return Constant(number(source, "signal"))
    fields = Fields(source, "signal", ("constant", *KEYS_OF_SIGNAL, "noise"))
    kinds = [kind for kind in ("constant", *KEYS_OF_SIGNAL) if kind in fields]
    if len(kinds) != 1:
        raise source.problem(f"signal needs exactly one of constant, {', '.join(KEYS_OF_SIGNAL)}")
    kind = kinds[0]
    noise = fields.get("noise")
    if kind == "constant":
        signal: Signal = Constant(number(fields.need(kind), "constant"))
    else:
        inner = Fields(fields.need(kind), kind, (*KEYS_OF_SIGNAL[kind], "noise"))
        signal = _read_kind(kind, inner, started_at)
        if "noise" in inner and noise is not None:
            raise noise.problem("noise is given twice")
        noise = noise or inner.get("noise")
    return signal if noise is None else Sum((signal, _read_noise(noise, seed)))


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


def _read_noise(source: Located, seed: int) -> Noise:
    if not isinstance(source.value, dict):
        return Noise(number(source, "noise"), seed)
    fields = Fields(source, "noise", ("amplitude", "every", "seed"))
    return Noise(
        number(fields.need("amplitude"), fields.name("amplitude")),
        integer(fields.get("seed") or Located(seed), fields.name("seed"), 0, SEED_MAX),
        positive_us(fields.get("every") or Located("100ms"), fields.name("every")),
    )

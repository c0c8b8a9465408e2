"""What the drivers have to say to /metrics: rates configured and achieved, lags, overruns, and their own counters. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from drivers.base import Driver, Scanning
from edge.model.moment import SECOND


def driver_figures(drivers: Iterable[Driver]) -> dict[str, float]:
    """Gauges and counters by name and labels."""
    figures: dict[str, float] = {}
    for driver in drivers:
        for device, (configured, achieved) in driver.rates().items():
            figures[f'andon_poll_rate{{device="{device}",of="configured"}}'] = configured
            figures[f'andon_poll_rate{{device="{device}",of="achieved"}}'] = achieved
        for scan in driver.scans() if isinstance(driver, Scanning) else ():
            labels = f'device="{scan.device}",every="{scan.every / SECOND:g}s"'
            figures[f'andon_scan_rate{{{labels},of="configured"}}'] = scan.configured
            figures[f'andon_scan_rate{{{labels},of="achieved"}}'] = scan.achieved
            figures[f"andon_scan_lag_seconds{{{labels}}}"] = scan.lag / SECOND
            figures[f"andon_scan_overruns_total{{{labels}}}"] = scan.overruns
        for (device, what), count in driver.counters().items():
            figures[f'andon_driver_{what}_total{{device="{device}"}}'] = count
    return figures

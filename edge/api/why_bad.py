"""Why a tag is bad, in words: what its device says of it now, or what its values are measured by."""

from __future__ import annotations

from functools import cached_property

from drivers.base import RefusedInput, Refusing
from edge.api.gateway import GatewayFace
from edge.model.sample import Mark, Quality, Sample
from edge.model.tag import SESSION, Tag, tag_name
from edge.texts import LANGUAGES, catalogue, render

Sentence = dict[str, str]
_FAULT = "sensor_fault"
_LOST = "disconnected"
_REFUSED = "refused"


class WhyBad:
    """For one answer: the drivers are asked once, and only when a tag is bad that nothing else explains."""

    def __init__(self, gateway: GatewayFace) -> None:
        self._gateway = gateway

    def reason(self, device: str, tag: Tag, sample: Sample | None) -> tuple[str, Sentence | None]:
        """sensor_fault, disconnected, refused (its device does not give this one), or empty when nothing more is known; and
        the sentence, by language, where there is more to say."""
        if sample is not None and sample.quality is not Quality.BAD:
            return "", None
        if sample is not None and sample.mark & Mark.SENSOR_FAULT:
            return _FAULT, _outside(tag)
        session = self._gateway.tag(tag_name(device, SESSION))
        if session is not None and session.value == 0:
            return _LOST, None
        if tag.name in self._refused:
            return _REFUSED, self._refused[tag.name]
        return "", None

    @cached_property
    def _refused(self) -> dict[str, Sentence]:
        return {
            tag: _said(driver.name.partition(" ")[0], refused)
            for driver in self._gateway.drivers()
            if isinstance(driver, Refusing)
            for tag, refused in driver.refused_tags().items()
        }


def _said(protocol: str, refused: RefusedInput) -> Sentence:
    """Where it was looked for, and what the cause means; of a cause without words, what the device said."""
    key = f"drivers.{protocol}.counted.{refused.cause}"
    known = key in catalogue(LANGUAGES[0])
    said = refused.first or refused.cause
    return {each: f"{refused.source}: {render(key, {}, each) if known else said}" for each in LANGUAGES}


def _outside(tag: Tag) -> Sentence | None:
    if tag.measure.valid is None:
        return None
    low, high = tag.measure.valid
    told = {"low": f"{low:.12g}", "high": f"{high:.12g}", "unit": tag.unit}
    return {each: render("api.why_bad.outside", told, each) for each in LANGUAGES}

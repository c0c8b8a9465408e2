"""A pulse is believed when the gateway that it names has sealed it, and in no other case."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.model.pulse import FIGURES_MAX, Pulse, Unfit, seal, unseal

SECRETS = {"mill.edge1": "one", "mill.edge2": "two"}
PULSE = Pulse("mill.edge1", 3, 7, leaving=False, figures={"uplink": 1.0, "disk_free": 43.5})
NUMBERS = st.integers(0, 2**53 - 1)
FIGURES = st.dictionaries(st.text(max_size=20), st.floats(allow_nan=False, allow_infinity=False), max_size=FIGURES_MAX)


def as_text(body: bytes, digest: str = "0" * 64) -> str:
    return f"{urlsafe_b64encode(body).decode()}.{digest}"


@given(pulse=st.builds(Pulse, st.sampled_from(sorted(SECRETS)), NUMBERS, NUMBERS, st.booleans(), FIGURES))
def test_a_pulse_comes_back_from_its_text(pulse: Pulse) -> None:
    text = seal(pulse, SECRETS[pulse.gateway])
    assert unseal(text, SECRETS) == (pulse if len(text) <= 4_000 else Unfit.FORM)


@given(at=st.integers(0, 10_000), sign=st.sampled_from("Aa0-_.=é"))
def test_a_text_that_was_changed_anywhere_is_not_believed(at: int, sign: str) -> None:
    text = seal(PULSE, "one")
    at %= len(text)
    changed = text[:at] + sign + text[at + 1 :]
    assert changed == text or unseal(changed, SECRETS) in (Unfit.FORM, Unfit.SEAL, Unfit.UNKNOWN_GATEWAY)


def test_each_gateway_speaks_for_itself_alone() -> None:
    assert unseal(seal(PULSE, "two"), SECRETS) is Unfit.SEAL
    assert unseal(seal(Pulse("mill.edge3", 1, 1), "one"), SECRETS) is Unfit.UNKNOWN_GATEWAY


@given(text=st.text(max_size=300) | st.binary(max_size=300).map(as_text))
def test_no_text_breaks_the_reader(text: str) -> None:
    assert unseal(text, SECRETS) in tuple(Unfit)


GOOD = {"gateway": "mill.edge1", "boot": 1, "sequence": 1, "leaving": False, "figures": {}}


@pytest.mark.parametrize(
    "change",
    [
        {"gateway": ""},
        {"gateway": "m" * 131},
        {"boot": True},
        {"boot": -1},
        {"sequence": 1 << 53},
        {"sequence": 1.0},
        {"leaving": 1},
        {"figures": {"uplink": True}},
        {"figures": {"uplink": "1"}},
        {"figures": {str(each): 1.0 for each in range(FIGURES_MAX + 1)}},
        {"figures": []},
    ],
)
def test_what_is_not_quite_a_pulse_is_none(change: dict[str, object]) -> None:
    assert unseal(as_text(json.dumps(GOOD).encode()), SECRETS) is Unfit.SEAL
    assert unseal(as_text(json.dumps(GOOD | change).encode()), SECRETS) is Unfit.FORM


def test_figures_that_are_no_numbers_and_depth_without_end_are_no_pulse() -> None:
    assert unseal(as_text(json.dumps(GOOD).replace("{}", '{"uplink":NaN}').encode()), SECRETS) is Unfit.FORM
    assert unseal(as_text(b"[" * 2_000), SECRETS) is Unfit.FORM

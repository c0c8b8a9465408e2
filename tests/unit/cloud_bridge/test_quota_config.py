"""What `cloud.yaml` may say of a quota."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from ruamel.yaml import YAML

from cloud_bridge import dingtalk
from cloud_bridge.catalog import CHANNELS
from cloud_bridge.quota.account import Limits
from cloud_bridge.quota.config import QuotaConfig
from tests.unit.cloud_bridge.harness import config


def test_left_out_it_is_the_standard_edition_with_a_tenth_in_reserve() -> None:
    read = CHANNELS["dingtalk"].quota(config())
    assert read is not None
    assert read.limits == Limits(api=5_000, pushes=3_000, sms_a_day=50, calls_a_day=20, reserve=0.1)


def test_the_commented_lines_of_the_sample_are_the_defaults() -> None:
    lines = (Path(dingtalk.__file__).parent / "sample.yaml").read_text(encoding="utf-8").splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith("  # quota:"))
    shown = YAML(typ="safe").load("\n".join(line.removeprefix("  # ") for line in lines[start : start + 6]))["quota"]
    assert QuotaConfig.model_validate(shown) == QuotaConfig()
    assert set(shown) == set(QuotaConfig.model_fields)


def test_a_share_is_read_as_such() -> None:
    assert QuotaConfig(api=200_000, reserve="2.5 %").limits == Limits(api=200_000, reserve=0.025)
    assert QuotaConfig(reserve="2.5%") == QuotaConfig(reserve=0.025)


@pytest.mark.parametrize("reserve", ["51%", "10", 10, 0.6, "-1%", "ten"])
def test_what_is_no_share_is_refused_with_a_sentence(reserve: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        QuotaConfig(reserve=reserve)
    assert [error["type"] for error in caught.value.errors()] == ["quota.config.reserve_form"]

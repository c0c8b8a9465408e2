"""What a channel is called on a screen."""

from __future__ import annotations

import pytest

from cloud_bridge.catalog import CHANNELS
from edge.console.words import Words


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("channel", CHANNELS)
def test_every_channel_has_a_name_for_people(channel: str, language: str) -> None:
    assert Words(language)(f"channel.{channel}")

"""What a channel is called on a screen and in a message."""

from __future__ import annotations

import pytest

from cloud_bridge.catalog import CHANNELS
from edge.console.words import Words
from edge.texts import render


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("channel", CHANNELS)
def test_every_channel_has_a_name_for_people(channel: str, language: str) -> None:
    assert Words(language)(f"channel.{channel}") == render(f"response.channel.{channel}", {}, language)

"""Addresses of the console as people pass them on: without a language."""

from __future__ import annotations

import httpx
import pytest

from edge.console.app import create_console


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("/", "/zh"),
        ("/tags", "/zh/tags"),
        ("/alarms/CRM.ST3.MOTOR/de_temp_high", "/zh/alarms/CRM.ST3.MOTOR/de_temp_high"),
        ("/alarms/%E6%B3%B5%20%3F/x", "/zh/alarms/%E6%B3%B5%20%3F/x"),
        ("/?code=abc", "/zh?code=abc"),
    ],
)
async def test_an_address_without_a_language_leads_to_the_page_in_the_readers(asked: str, wanted: str) -> None:
    console = create_console("http://127.0.0.1:1", language="zh", port=8481)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(console), base_url="http://127.0.0.1:8481") as browser:
        answer = await browser.get(asked)
    assert (answer.status_code, answer.headers["location"]) == (307, wanted)

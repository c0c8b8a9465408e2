"""The pages before the log-in: first start, log-in, and the wait for an agent that does not answer."""

from __future__ import annotations

import re
from collections.abc import Mapping

from nicegui import ui

from edge.client.client import ApiError, Client
from edge.console.words import Words

RETRY_S = 2.0
#: As the API asks for them; it decides, this says so sooner.
PASSWORD_MIN = 10
_NAME = re.compile(r"[\w.@-]{1,64}")


async def show_entry(
    words: Words, api: str, other_language: str, *, told: str, beside: Mapping[str, str], name: str, code: str
) -> None:
    """told: what the last try was answered; beside: what of it stands beside which field; name: what it had typed. code: of the
    set-up, from the address."""
    site, set_up = "", None
    async with Client(api, language=words.language) as client:
        try:
            site = str((await client.site())["site"])
            set_up = await client.setup_needed()
        except ApiError:
            told = words("entry.no_answer")
    with ui.element("main").classes("entry"):
        with ui.element("div").classes("entry-head"):
            ui.label(words("title")).classes("product")
            ui.label(site).classes("site")
            ui.link(
                words("language"), f"/{other_language}" + (f"?code={code}" if code.isascii() and code.isprintable() else "")
            )
        if set_up is None:
            _told(told)
            _retry(words, api)
        elif set_up:
            _set_up(words, told, beside, name, code)
        else:
            _log_in(words, told, beside, name)


def _log_in(words: Words, told: str, beside: Mapping[str, str], name: str) -> None:
    ui.label(words("entry.log_in")).classes("heading")
    _told(told)
    with _form(f"/{words.language}/log-in"):
        _field(words("entry.name"), "name", "username", beside, value=name, focus=not name)
        _field(words("entry.password"), "password", "current-password", beside, secret=True, focus=bool(name))
        ui.button(words("entry.log_in")).props("type=submit unelevated no-caps")


def _set_up(words: Words, told: str, beside: Mapping[str, str], name: str, code: str) -> None:
    ui.label(words("entry.set_up")).classes("heading")
    ui.label(words("entry.set_up_why")).classes("why")
    _told(told)
    with _form(f"/{words.language}/set-up"):
        _field(words("entry.code"), "code", "off", beside, value=code, hint=words("entry.code_hint"), focus=not code)
        named = _field(
            words("entry.name"), "name", "username", beside, value=name, hint=words("entry.name_hint"), focus=bool(code)
        )
        named.validation = {words("entry.wrong_name"): lambda typed: not typed or bool(_NAME.fullmatch(typed))}
        secret = _field(
            words("entry.password"), "password", "new-password", beside, secret=True, hint=words("entry.password_hint")
        )
        # Told when the field is left: nobody is scolded while still typing.
        secret.on("blur", lambda: _tell_length(secret, words))
        ui.button(words("entry.make")).props("type=submit unelevated no-caps")


def _tell_length(secret: ui.input, words: Words) -> None:
    typed = secret.value or ""
    secret.error = words("entry.wrong_password") if typed and len(typed) < PASSWORD_MIN else None


def _told(told: str) -> None:
    if told:
        ui.label(told).classes("told").props("role=alert")


def _form(action: str) -> ui.element:
    return ui.element("form").props(f'method="post" action="{action}"')


def _field(
    label: str,
    name: str,
    fills: str,
    beside: Mapping[str, str],
    *,
    value: str = "",
    hint: str = "",
    secret: bool = False,
    focus: bool = False,
) -> ui.input:
    """fills: what a password manager puts there (HTML's `autocomplete`). beside: what was wrong the last time, by field."""
    field = ui.input(label, value=value, password=secret, password_toggle_button=secret)
    field.props(f"outlined name={name} autocomplete={fills} required maxlength=200 spellcheck=false autocapitalize=off")
    field.props["hint"] = hint
    field.error = beside.get(name)
    return field.props("autofocus") if focus else field


def _retry(words: Words, api: str) -> None:
    """Open the page anew once the agent answers."""

    async def look() -> None:
        async with Client(api, language=words.language) as client:
            try:
                await client.site()
            except ApiError:
                return
        ui.navigate.reload()

    ui.timer(RETRY_S, look)

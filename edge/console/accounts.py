"""The page of accounts, for administrators: list, add, role, password, disable."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from nicegui import ui
from nicegui.events import ValueChangeEventArguments

from edge.client.client import ApiError, ApiRefusal, Client
from edge.console.frame import Frame, Page, follow
from edge.console.words import Words
from edge.model.person import Role


async def show_accounts(page: Page) -> None:
    words, client, frame = page.words, page.client(), Frame(page)
    with ui.element("main").classes("accounts"):
        ui.label(words("users.heading")).classes("heading")
        if "administer" in page.visit.permissions:
            accounts = Accounts(words, client)
            await accounts.refresh()
        else:
            ui.label(words("users.administrators_only")).classes("why")
    follow(page, frame.show)


class Accounts:
    def __init__(self, words: Words, client: Client) -> None:
        self._words, self._client = words, client
        # Where an answer is said: a switch that was pressed may have been drawn anew until it comes.
        self._page = ui.context.client
        self._list = ui.element("div").classes("account-list")
        with ui.element("div").classes("account-new"):
            ui.label(words("users.add")).classes("small-heading")
            self._name = ui.input(words("users.name")).props("outlined dense maxlength=64 autocomplete=off")
            self._name.props["hint"] = words("entry.name_hint")
            self._password = ui.input(words("entry.password"), password=True, password_toggle_button=True)
            self._password.props("outlined dense maxlength=200 autocomplete=new-password")
            self._password.props["hint"] = words("entry.password_hint")
            self._role = ui.select(self._roles(), value=Role.WORKER.value, label=words("users.role")).props("outlined dense")
            self._person = ui.input(words("users.person")).props("outlined dense maxlength=64 autocomplete=off")
            self._person.props["hint"] = words("users.person_hint")
            ui.button(words("users.add"), on_click=self._add).props("unelevated no-caps")

    def _roles(self) -> dict[str, str]:
        return {role.value: self._words(f"role.{role}") for role in Role}

    async def refresh(self) -> None:
        """The list as it is now; also after a refusal, so that no switch shows what was not done."""
        try:
            users = await self._client.users()
        except ApiError as error:
            with self._page:
                ui.notify(self._sentence(error), type="negative", position="bottom")
            return
        self._list.clear()
        with self._list:
            for column in ("name", "person", "role", "enabled"):
                ui.label(self._words(f"users.{column}")).classes("column")
            ui.label("")
            for user in users:
                self._line(user)

    def _line(self, user: Mapping[str, Any]) -> None:
        name = str(user["name"])
        ui.label(name).classes("account-name")
        ui.label(user["person"] or "")

        async def give_role(event: ValueChangeEventArguments[Any]) -> None:
            await self._change(name, role=event.value)

        async def enable(event: ValueChangeEventArguments[Any]) -> None:
            await self._change(name, disabled=not event.value)

        role = ui.select(self._roles(), value=user["role"], on_change=give_role).props("outlined dense")
        role.props["aria-label"] = self._words("users.role")
        enabled = ui.switch(value=not user["disabled"], on_change=enable)
        enabled.props["aria-label"] = self._words("users.enabled")
        ui.button(self._words("users.change_password"), on_click=partial(self._ask_password, name)).props("flat dense no-caps")

    async def _change(self, name: str, **changes: Any) -> None:
        done = self._words("users.changed", name=name)
        await self._try(lambda: self._client.change_user(name, **changes), done)

    async def _ask_password(self, name: str) -> None:
        words = self._words
        with ui.dialog() as dialog, ui.card().classes("dialog"):
            ui.label(f"{words('users.new_password')}: {name}").classes("small-heading")
            field = ui.input(words("users.new_password"), password=True, password_toggle_button=True)
            field.props("outlined dense maxlength=200 autocomplete=new-password autofocus")
            field.props["hint"] = words("entry.password_hint")
            with ui.element("div").classes("acts"):
                ui.button(words("users.change_password"), on_click=lambda: dialog.submit(field.value)).props(
                    "unelevated no-caps"
                )
                ui.button(words("users.cancel"), on_click=lambda: dialog.submit(None)).props("flat no-caps")
        password = await dialog
        dialog.delete()
        if password:
            await self._change(name, password=password)

    async def _add(self) -> None:
        name, password = self._name.value or "", self._password.value or ""
        role, person = str(self._role.value), (self._person.value or "").strip() or None
        done = self._words("users.added", name=name)
        if await self._try(lambda: self._client.add_user(name, password, role, person), done):
            for field in (self._name, self._password, self._person):
                field.set_value("")

    async def _try(self, ask: Callable[[], Awaitable[Any]], done: str) -> bool:
        try:
            await ask()
        except ApiError as error:
            with self._page:
                ui.notify(self._sentence(error), type="warning", position="bottom", timeout=8_000)
            return False
        else:
            with self._page:
                ui.notify(done, type="info", position="bottom")
            return True
        finally:
            await self.refresh()

    def _sentence(self, error: ApiError) -> str:
        return str(error) if isinstance(error, ApiRefusal) else self._words("act.unknown")

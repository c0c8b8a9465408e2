"""One class, one method a route. Raises `ApiRefusal` for what the API refuses, `ApiUnreachable` when it does not answer."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

TIMEOUT_S = 10.0
#: A report reads the whole journal; others wait for it too.
REPORT_WITHIN_S = 300.0


class ApiError(Exception):
    """A request that did not do what was asked."""


class ApiUnreachable(ApiError):
    """No answer: the agent is not running, or not reachable from here."""


class ApiRefusal(ApiError):
    """status: of HTTP. key: for programs. The text is the API's sentence in the client's language."""

    def __init__(self, status: int, key: str, text: str, data: Mapping[str, Any]) -> None:
        super().__init__(text)
        self.status = status
        self.key = key
        self.data = data


class Client:
    """base: `http://127.0.0.1:8480`. token: of a log-in, or None before. language: of the sentences in refusals.

    An async context manager; `log_in` and `set_up` keep the token they get."""

    def __init__(self, base: str, *, token: str | None = None, language: str = "en") -> None:
        self.base = base.rstrip("/")
        self.token = token
        self.language = language
        # The agent is a neighbour: no proxy of the environment stands between. Certificates matter to https alone, and reading
        # those of this machine takes long enough to be felt on each page of the console.
        certificates = self.base.startswith("https:")
        self._http = httpx.AsyncClient(base_url=self.base, timeout=TIMEOUT_S, trust_env=False, verify=certificates)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    # --- first start and log-in -----------------------------------------------------------------------------------

    async def site(self) -> dict[str, Any]:
        return dict(await self._ask("GET", "/api/v1/site"))

    async def setup_needed(self) -> bool:
        return bool((await self._ask("GET", "/api/v1/setup"))["needed"])

    async def set_up(self, code: str, name: str, password: str) -> None:
        """Make the first account and log in with it."""
        await self._ask("POST", "/api/v1/setup", {"code": code, "name": name, "password": password})
        await self.log_in(name, password)

    async def log_in(self, name: str, password: str) -> None:
        self.token = str((await self._ask("POST", "/api/v1/sessions", {"name": name, "password": password}))["token"])

    async def log_out(self) -> None:
        """Also when the session has ended by itself."""
        with suppress(ApiRefusal):
            await self._ask("DELETE", "/api/v1/sessions/me")
        self.token = None

    async def me(self) -> dict[str, Any]:
        return dict(await self._ask("GET", "/api/v1/sessions/me"))

    # --- accounts -------------------------------------------------------------------------------------------------

    async def users(self) -> list[dict[str, Any]]:
        return list(await self._ask("GET", "/api/v1/users"))

    async def add_user(self, name: str, password: str, role: str, person: str | None = None) -> dict[str, Any]:
        body = {"name": name, "password": password, "role": role, "person": person}
        return dict(await self._ask("POST", "/api/v1/users", body))

    async def change_user(self, name: str, **changes: Any) -> dict[str, Any]:
        """changes: password, role, disabled."""
        return dict(await self._ask("PATCH", f"/api/v1/users/{name}", changes))

    # --- what is ---------------------------------------------------------------------------------------------------

    async def alarms(self, *, every: bool = False) -> list[dict[str, Any]]:
        return list(await self._ask("GET", "/api/v1/alarms", query={"every": "true"} if every else None))

    async def shelving(self) -> dict[str, Any]:
        """The reasons that the plant presets, and for how long one shelves."""
        return dict(await self._ask("GET", "/api/v1/alarms/shelving"))

    async def alarm(self, alarm: str) -> dict[str, Any]:
        """All that is known of one."""
        return dict(await self._ask("GET", f"/api/v1/alarms/{quote(alarm)}"))

    async def explanation(self, alarm: str) -> list[dict[str, Any]]:
        """Why it is what it is: its terms, each with a sentence in both languages."""
        return list((await self._ask("GET", f"/api/v1/explanations/{quote(alarm)}"))["terms"])

    async def tags(self, offset: int = 0, limit: int | None = None) -> list[dict[str, Any]]:
        query = {"offset": str(offset)} | ({} if limit is None else {"limit": str(limit)})
        return list(await self._ask("GET", "/api/v1/tags", query=query))

    async def tag(self, tag: str) -> dict[str, Any]:
        """All that is known of one."""
        return dict(await self._ask("GET", f"/api/v1/tags/{quote(tag, safe='')}"))

    async def drivers(self) -> list[dict[str, Any]]:
        """Each connection to devices: `driver`, `devices` (device, up, since, why, configured, achieved, scans, counts, words)
        and `refused` (device, tag, source, cause, times, first, at) with `words`: what causes mean."""
        return list(await self._ask("GET", "/api/v1/drivers"))

    async def trend(self, tag: str, *, start: str | None = None, end: str | None = None, points: int = 500) -> dict[str, Any]:
        """What a tag showed from `start` up to `end`, ISO 8601 with an offset; the last hour when left out. points: 1 to 2000.

            {"tag", "unit", "from", "to",
             "bucket_s",   width of a bucket in seconds; 0: these are the samples themselves, each its own bucket
             "buckets": [{"t", "min", "max", "first", "last", "count", "quality"}],
             "gaps": [{"from", "to", "reason"}],
             "texts": [{"t", "text"}]}

        t: where the bucket begins (of a sample: its source time). A bucket without a value is not there; quality is the worst
        in it: good, uncertain or bad. Bad samples have no part in min, max, first and last; count is of those that have. gaps:
        where the line must not be drawn; reason: bad, sensor_fault, stale (no sample for longer than the tag's stale_after) or
        no_data (none is kept). Those narrower than a bucket are left out. texts: of a tag that is a text, which has no buckets,
        each change and the text in force at `from`; the newest 2000."""
        query = {"points": str(points)} | {name: text for name, text in (("from", start), ("to", end)) if text is not None}
        return dict(await self._ask("GET", f"/api/v1/trends/{quote(tag, safe='')}", query=query))

    async def live(self, since: str = "") -> dict[str, Any]:
        """What has changed since the answer that brought this cursor; everything without one."""
        return dict(await self._ask("GET", "/api/v1/live", query={"since": since}))

    async def deliveries(self, limit: int = 100, **wanted: str | int | None) -> dict[str, Any]:
        """wanted: before, alarm, occurrence, state, purpose, recipient, changes_of_state (show or hide); None is any."""
        query = {"limit": str(limit)} | {name: str(value) for name, value in wanted.items() if value is not None}
        return dict(await self._ask("GET", "/api/v1/deliveries", query=query))

    async def proof(self, alarm: str, occurrence: int | None = None, *, read: bool = False) -> dict[str, Any]:
        """Who was told of one occurrence, the newest unless given: people, otherwise, acts. read: ask channels whether it was
        read, which uses up a call each."""
        query = {"read": "true"} if read else {}
        query |= {} if occurrence is None else {"occurrence": str(occurrence)}
        return dict(await self._ask("GET", f"/api/v1/proof/{quote(alarm, safe='')}", query=query))

    async def replay(self, intent: str) -> dict[str, Any]:
        """Have a message tried anew that was refused or set aside."""
        return dict(await self._ask("POST", "/api/v1/deliveries/replay", {"intent": intent}))

    async def quota(self) -> dict[str, Any]:
        """What the clouds count: now, and a row for each channel and kind."""
        return dict(await self._ask("GET", "/api/v1/quota"))

    async def journal(self, after: int = 0, limit: int = 100) -> list[dict[str, Any]]:
        """Rows above a sequence, ascending."""
        return list(await self._ask("GET", "/api/v1/journal", query={"after": str(after), "limit": str(limit)}))

    async def journal_back(self, before: int | None = None, limit: int = 100) -> list[dict[str, Any]]:
        """Rows below a sequence, newest first; None: the newest of all."""
        start = (1 << 63) - 1 if before is None else before
        return list(await self._ask("GET", "/api/v1/journal", query={"before": str(start), "limit": str(limit)}))

    async def follow_journal(self) -> AsyncIterator[dict[str, Any]]:
        """Journal rows from now on. Ends with ApiUnreachable when the connection is lost."""
        address = self.base.replace("http", "ws", 1) + "/api/v1/journal/follow"
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            async with connect(address, additional_headers=headers, proxy=None) as socket:
                async for frame in socket:
                    yield json.loads(frame)
        except (OSError, WebSocketException) as error:
            raise ApiUnreachable(str(error)) from error
        raise ApiUnreachable("the journal was closed")

    # --- commands -------------------------------------------------------------------------------------------------

    async def acknowledge(self, alarm: str, occurrence: int, comment: str = "") -> dict[str, Any]:
        return await self._command("acknowledge", {"alarm": alarm, "occurrence": occurrence, "comment": comment})

    async def on_my_way(self, alarm: str, occurrence: int) -> dict[str, Any]:
        return await self._command("on-my-way", {"alarm": alarm, "occurrence": occurrence})

    async def comment(self, alarm: str, text: str) -> dict[str, Any]:
        return await self._command("comment", {"alarm": alarm, "text": text})

    async def shelve(self, alarm: str, minutes: float, reason: str, *, one_shot: bool = False) -> dict[str, Any]:
        return await self._command("shelve", {"alarm": alarm, "minutes": minutes, "reason": reason, "one_shot": one_shot})

    async def unshelve(self, alarm: str) -> dict[str, Any]:
        return await self._command("unshelve", {"alarm": alarm})

    async def reset(self, alarm: str) -> dict[str, Any]:
        return await self._command("reset", {"alarm": alarm})

    async def unacknowledge(self, alarm: str, occurrence: int, reason: str) -> dict[str, Any]:
        return await self._command("unacknowledge", {"alarm": alarm, "occurrence": occurrence, "reason": reason})

    async def confirm(self, alarm: str, occurrence: int, comment: str = "") -> dict[str, Any]:
        return await self._command("confirm", {"alarm": alarm, "occurrence": occurrence, "comment": comment})

    async def take_out_of_service(self, alarm: str, reason: str, work_order: str) -> dict[str, Any]:
        return await self._command("take-out-of-service", {"alarm": alarm, "reason": reason, "work_order": work_order})

    async def return_to_service(self, alarm: str) -> dict[str, Any]:
        return await self._command("return-to-service", {"alarm": alarm})

    async def learn_anew(self, alarm: str, reason: str) -> dict[str, Any]:
        return await self._command("learn-anew", {"alarm": alarm, "reason": reason})

    async def reset_sums(self, alarm: str, reason: str) -> dict[str, Any]:
        return await self._command("reset-sums", {"alarm": alarm, "reason": reason})

    async def _command(self, verb: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return dict(await self._ask("POST", f"/api/v1/alarms/{verb}", body))

    # --- writes ---------------------------------------------------------------------------------------------------

    async def writes(self) -> dict[str, Any]:
        """Points that may be written or were, with their grants and last writes."""
        return dict(await self._ask("GET", "/api/v1/writes"))

    async def write_point(self, tag: str, value: float | str, reason: str) -> dict[str, Any]:
        """Taken is not yet done; the answer names the write."""
        return dict(await self._ask("POST", "/api/v1/writes", {"tag": tag, "value": value, "reason": reason}))

    async def confirm_write(self, write: str) -> dict[str, Any]:
        return dict(await self._ask("POST", "/api/v1/writes/confirm", {"write": write}))

    async def refuse_write(self, write: str) -> dict[str, Any]:
        """No to a write that waits for a second person."""
        return dict(await self._ask("POST", "/api/v1/writes/refuse", {"write": write}))

    # --- stages and maintenance -----------------------------------------------------------------------------------

    async def stages(self) -> dict[str, Any]:
        """`stages` (scope, stage, by, by_name, reason, only, until), `minutes_max` of a trial, `scopes` and `recipients`."""
        return dict(await self._ask("GET", "/api/v1/stages"))

    async def set_stage(
        self, scope: str, stage: str, reason: str, *, only: Sequence[str] = (), minutes: float = 0
    ) -> dict[str, Any]:
        """scope: `plant`, `line:NAME` or an alarm's id. only, minutes: of commissioning."""
        body = {"scope": scope, "stage": stage, "reason": reason, "only": list(only), "minutes": minutes}
        return dict(await self._ask("POST", "/api/v1/stages", body))

    async def shadow(self, day: str | None = None) -> dict[str, Any]:
        """Who would have been told on a day, `2026-05-04` of the plant's calendar; None: today."""
        return dict(await self._ask("GET", "/api/v1/stages/shadow", query=None if day is None else {"day": day}))

    async def maintenance(self) -> dict[str, Any]:
        """`windows` (window, devices, begin, end, owner, owner_name, permit, reason, open, left), and all `devices` by id."""
        return dict(await self._ask("GET", "/api/v1/maintenance"))

    async def plan_maintenance(
        self, window: str, devices: Sequence[str], end: str, permit: str, reason: str, *, begin: str | None = None
    ) -> dict[str, Any]:
        """begin, end: ISO 8601 with an offset; begin None: now."""
        body = {"window": window, "devices": list(devices), "begin": begin, "end": end, "permit": permit, "reason": reason}
        return dict(await self._ask("POST", "/api/v1/maintenance", body))

    async def end_maintenance(self, window: str) -> dict[str, Any]:
        return dict(await self._ask("POST", "/api/v1/maintenance/end", {"window": window}))

    # --- hang-tags ------------------------------------------------------------------------------------------------

    async def hang_tags(self) -> list[dict[str, Any]]:
        """By device: tag, device, by, by_name, since, order, phone, reason, is_old."""
        return list(await self._ask("GET", "/api/v1/hang-tags"))

    async def hang(self, device: str, order: str, reason: str, *, phone: str = "") -> dict[str, Any]:
        body = {"device": device, "order": order, "phone": phone, "reason": reason}
        return dict(await self._ask("POST", "/api/v1/hang-tags", body))

    async def remove_hang_tag(self, tag: str, reason: str = "") -> dict[str, Any]:
        return dict(await self._ask("POST", "/api/v1/hang-tags/remove", {"tag": tag, "reason": reason}))

    # --- values of people -----------------------------------------------------------------------------------------

    async def forced(self) -> list[dict[str, Any]]:
        """The eldest first: tag, value, text, since, until, by, by_name, reason, actual (value, text, quality, source_time)."""
        return list(await self._ask("GET", "/api/v1/forced"))

    async def force(self, tag: str, value: float | str, minutes: float, reason: str) -> dict[str, Any]:
        return dict(
            await self._ask("POST", "/api/v1/forced", {"tag": tag, "value": value, "minutes": minutes, "reason": reason})
        )

    async def release(self, tag: str) -> dict[str, Any]:
        return dict(await self._ask("POST", "/api/v1/forced/release", {"tag": tag}))

    async def entries(self) -> list[dict[str, Any]]:
        """Every tag that people enter, what is due first."""
        return list(await self._ask("GET", "/api/v1/entries"))

    async def enter(
        self, tag: str, value: float | str, *, measured_at: str | None = None, confirmed: bool = False
    ) -> dict[str, Any]:
        """measured_at: ISO 8601 with an offset; None: now."""
        body = {"tag": tag, "value": value, "measured_at": measured_at, "confirmed": confirmed}
        return dict(await self._ask("POST", "/api/v1/entries", body))

    # --- reports --------------------------------------------------------------------------------------------------

    async def alarm_report(self, **period: str) -> dict[str, Any]:
        """How good the alarm system is. period: `begin` and `end`, or `day`, `week`, `month`; none: the last 30 days."""
        return dict(await self._ask("GET", "/api/v1/reports/alarms", query=_period(period), timeout_s=REPORT_WITHIN_S))

    async def alarm_figure(self, figure: str, position: str = "", **period: str) -> dict[str, Any]:
        """One figure with the journal rows it was made of. position: empty for all together, `-` for nobody's."""
        query = {"position": position, **_period(period)}
        path = f"/api/v1/reports/alarms/{quote(figure)}"
        return dict(await self._ask("GET", path, query=query, timeout_s=REPORT_WITHIN_S))

    # --- the wire -------------------------------------------------------------------------------------------------

    async def _ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> Any:
        headers = {"Accept-Language": self.language}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            reply = await self._http.request(method, path, json=body, params=query, headers=headers, timeout=timeout_s)
        except httpx.HTTPError as error:
            raise ApiUnreachable(str(error) or type(error).__name__) from error
        if reply.status_code == httpx.codes.NO_CONTENT:
            return None
        try:
            answer = reply.json()
        except ValueError as error:
            raise ApiUnreachable(f"{path} answered no JSON (status {reply.status_code})") from error
        if reply.is_error:
            raise ApiRefusal(reply.status_code, str(answer.get("error", "")), str(answer.get("text", "")), answer)
        return answer


def _period(said: Mapping[str, str]) -> dict[str, str]:
    """The names that the API has for what is no name in Python."""
    return {{"begin": "from", "end": "to"}.get(name, name): text for name, text in said.items()}

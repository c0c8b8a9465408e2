"""How the API says no: a key for programs, a sentence for people, never a traceback."""

from __future__ import annotations

from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from edge.model.errors import StoreError
from edge.texts import render

log = structlog.get_logger()

#: HTTP statuses that the framework raises by itself, in our words.
_FRAMEWORK = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}


class Refusal(Exception):
    """key: under `api.refusals` in edge/texts. data: facts for programs, beside the sentence."""

    def __init__(self, status: int, key: str, *, retry_after_s: int | None = None, **data: Any) -> None:
        super().__init__(key)
        self.status = status
        self.key = key
        self.retry_after_s = retry_after_s
        self.data = data


def language_of(request: Request) -> str:
    """zh when the client's first wish is Chinese, else en."""
    return "zh" if request.headers.get("accept-language", "").strip().lower().startswith("zh") else "en"


def _is_json(request: Request) -> bool:
    """A form of another site can send JSON as text/plain or as a form, but not as what it is without asking first."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


def answer_refusals(app: FastAPI) -> None:
    """Every way a request can fail leaves as {"error", "text", ...}."""

    def reply(request: Request, status: int, key: str, data: dict[str, Any], retry_after_s: int | None = None) -> JSONResponse:
        text = render(f"api.refusals.{key}", data, language_of(request))
        headers = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}
        return JSONResponse({"error": key, "text": text, **data}, status, headers)

    @app.exception_handler(Refusal)
    async def refused(request: Request, refusal: Refusal) -> JSONResponse:
        return reply(request, refusal.status, refusal.key, refusal.data, refusal.retry_after_s)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        if request.headers.get("content-length", "0") != "0" and not _is_json(request):
            return reply(request, 415, "not_json", {})
        fields = sorted({".".join(str(part) for part in problem["loc"][1:]) for problem in error.errors()})
        return reply(request, 422, "invalid", {"fields": ", ".join(fields)})

    @app.exception_handler(HTTPException)
    async def framework(request: Request, error: HTTPException) -> JSONResponse:
        return reply(request, error.status_code, _FRAMEWORK.get(error.status_code, "not_possible"), {})

    @app.exception_handler(Exception)
    async def mistake(request: Request, error: Exception) -> JSONResponse:
        log.error("a request failed by a mistake of ours", path=request.url.path, exc_info=error)
        return reply(request, 500, "mistake", {})

    @app.exception_handler(StoreError)
    async def store(request: Request, _error: StoreError) -> JSONResponse:
        return reply(request, 503, "store", {})

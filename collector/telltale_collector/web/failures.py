"""Errors as pages, in the look of the rest: for browsers only, programs keep their JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from telltale_collector.errors import NotFound, TelltaleError
from telltale_collector.web.notice import Notice
from telltale_collector.web.render import Failure, render_failure

if TYPE_CHECKING:
    from starlette.requests import Request

_TITLES: Final = {400: "That request cannot be read", 404: "Nothing here", 503: "Busy right now"}
_OWN_PREFIXES: Final = ("/api/", "/v1/", "/clickhouse", "/healthz", "/readyz", "/metrics", "/static/")


class StillArriving(NotFound):
    """Not in the store, and perhaps on its way: the page looks again for some seconds."""


def failure_page(error: TelltaleError, notice: Notice | None = None) -> Response:
    """The page for an error that a page's ``build`` raised."""
    arriving = isinstance(error, StillArriving)
    title = "Not here yet" if arriving else _title(error.status)
    return render_failure(Failure(error.status, title, error.message, error.hint, arriving), notice)


def wants_page(request: Request) -> bool:
    """Whether a person asks: a browser navigates outside the addresses that programs use."""
    path = request.url.path
    return not path.startswith(_OWN_PREFIXES) and "text/html" in request.headers.get("accept", "")


def unknown_address(request: Request, error: Exception) -> Response:
    """404 for an address that no route knows."""
    if wants_page(request):
        message = f"there is no page at {request.url.path}"
        return render_failure(Failure(404, _title(404), message, "the traces are at /traces"))
    detail = error.detail if isinstance(error, HTTPException) else "not found"
    body = {"error": {"code": "not_found", "message": str(detail).lower(), "hint": "check the address"}}
    return JSONResponse(body, status_code=404)


def broken(request: Request, _error: Exception) -> Response:
    """500: the traceback is in the collector's log, never on the page."""
    message = "the collector failed to answer this request"
    hint = "the collector's log has the traceback; received spans are safe"
    if wants_page(request):
        return render_failure(Failure(500, "Something broke", message, hint))
    return JSONResponse({"error": {"code": "internal", "message": message, "hint": hint}}, status_code=500)


def _title(status: int) -> str:
    return _TITLES.get(status, "Something broke" if status >= 500 else "That did not work")

"""What the OpenAPI document says of an operation beyond its body: parameters, answers, and where an answer leads.

Parameters are read from the query by hand (``asked.py``, ``store/filters.py``); here is each of them, once.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from telltale_collector.api.shapes import Shape, object_of
from telltale_collector.store.filters import HAS
from telltale_collector.store.users import ORDERS

_TEXT: Shape = {"type": "string"}
_TIME: Shape = {
    "anyOf": [
        {"type": "string", "format": "date-time"},
        {"type": "string", "pattern": r"^now(-[0-9]{1,4}[smhdw])?$"},
    ]
}
_NUMBER: Shape = {"type": "number", "minimum": 0, "exclusiveMaximum": 10**12}
_ERROR = object_of({"error": object_of({"code": _TEXT, "message": _TEXT, "hint": _TEXT})})

ERRORS: dict[int | str, dict[str, Any]] = {
    code: {"description": what, "content": {"application/json": {"schema": _ERROR}}}
    for code, what in (("4XX", "The request has to change."), ("503", "Not now: send it again in a second."))
}
"""Answers that every operation of the API may give."""

_ALL: dict[str, tuple[Shape, str]] = {
    "from": (_TIME, "earliest start: RFC 3339, or relative as in now-1h"),
    "to": (_TIME, "the start lies before this time"),
    "q": (_TEXT, "words in prompts, answers or names; or a trace id"),
    "session_id": (_TEXT, "of this session"),
    "user_id": (_TEXT, "of this user"),
    "model": (_TEXT, "of this model, asked for or answering"),
    "service": (_TEXT, "of this service"),
    "environment": (_TEXT, "of this environment"),
    "kind": (_TEXT, "of this kind: llm, embedding, retriever, tool, ..."),
    "name": (_TEXT, "of this name"),
    "status": (_TEXT, "ok, error or unset"),
    "guard_verdict": (_TEXT, "with a guard that said so: pass, flag, redact, block, error"),
    "min_cost_usd": (_NUMBER, "costs at least so much"),
    "min_duration_ms": (_NUMBER, "takes at least so long"),
    "trace_id": (_TEXT, "of this trace"),
    "prompt_name": (_TEXT, "of this prompt"),
    "prompt_version": (_TEXT, "of this version of a prompt"),
    "has": ({"type": "string", "enum": list(HAS)}, "with such a call, a failed span, or such feedback"),
    "min_call_ms": (_NUMBER, "with a provider call that takes at least so long"),
    "min_ttft_ms": (_NUMBER, "with a provider call whose first token takes at least so long"),
    "limit": ({"type": "integer", "minimum": 1}, "most rows of one answer"),
    "cursor": (_TEXT, "the next_cursor of the page before"),
    "turn": ({"type": "integer", "minimum": 1}, "number of the first turn"),
    "sort": ({"type": "string", "enum": list(ORDERS)}, "what is to be the most first"),
    "fields": (_TEXT, "fields of a span, with commas between them; all where empty"),
    "group_by": (_TEXT, "keys, with commas between them"),
    "interval": ({"type": "string", "pattern": "^[0-9]{1,5}[smhdw]$"}, "rows over time, each so long: 5m, 1h, 1d"),
    "step": ({"type": "string", "pattern": "^[0-9]{1,5}[smhdw]$"}, "rows over time, each so long: 5m, 1h, 1d"),
    "type": (_TEXT, "of instruments of this name the one of this type"),
    "unit": (_TEXT, "of instruments of this name the one of this unit"),
}
TIMES = ("from", "to")
FILTER = tuple(_ALL)[: tuple(_ALL).index("limit")]
"""What ``store.filters.read_filter`` reads."""


def described(
    *asked: str, gives: Shape, status: int = 200, media: str = "application/json", links: Any = None
) -> dict[str, Any]:
    """For ``openapi_extra`` of a route: names of parameters, the shape of its answer, and links from it."""
    answer: dict[str, Any] = {"description": "Done.", "content": {media: {"schema": gives}}}
    return {
        "parameters": list(_parameters(asked)),
        "responses": {str(status): answer | ({"links": links} if links else {})},
    }


def _parameters(names: Iterable[str]) -> Iterable[dict[str, Any]]:
    for name in names:
        schema, what = _ALL[name]
        yield {"name": name, "in": "query", "required": False, "schema": schema, "description": what}

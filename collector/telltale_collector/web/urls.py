"""Every address that the pages link to. Paths are relative to the collector's root, queries are encoded."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def overview(params: Mapping[str, str] | None = None) -> str:
    return _with_query("/", params or {})


def traces(params: Mapping[str, str] | None = None) -> str:
    return _with_query("/traces", params or {})


def trace_rows(params: Mapping[str, str] | None = None) -> str:
    return _with_query("/fragments/traces", params or {})


def trace(trace_id: str) -> str:
    return f"/traces/{quote(trace_id, safe='')}"


def span(span_id: str, *, full: bool = False) -> str:
    """The choice of a span, relative to its trace's page; ``full`` shows texts uncut."""
    return _with_query("", {"span": span_id, "full": "1"} if full else {"span": span_id})


def span_pane(trace_id: str) -> str:
    """The chosen span alone; takes the query of ``span``."""
    return f"/fragments/traces/{quote(trace_id, safe='')}"


def sessions(params: Mapping[str, str] | None = None) -> str:
    return _with_query("/sessions", params or {})


def session(session_id: str, turn: int = 1) -> str:
    """A whole conversation; from another turn than the first on, where ``turn`` says so."""
    return _with_query(f"/sessions/{quote(session_id, safe='')}", {"turn": str(turn)} if turn > 1 else {})


def users(params: Mapping[str, str] | None = None) -> str:
    return _with_query("/users", params or {})


def user(user_id: str, params: Mapping[str, str] | None = None) -> str:
    return _with_query(f"/users/{quote(user_id, safe='')}", params or {})


def checkup(params: Mapping[str, str] | None = None) -> str:
    return _with_query("/checkup", params or {})


DEAD_LETTERS_RETRY = "/api/v1/dead-letters/retry"


def dead_letters(params: Mapping[str, str] | None = None) -> str:
    return _with_query("/dead-letters", params or {})


def dead_letter_payload(letter_id: str) -> str:
    return f"/api/v1/dead-letters/{quote(letter_id, safe='')}/payload"


BUDGETS_API = "/api/v1/budgets"


def budgets() -> str:
    return "/budgets"


def alerts(params: Mapping[str, str] | None = None) -> str:
    return _with_query("/alerts", params or {})


def alert_rule(uid: str) -> str:
    return f"/alerts/rules/{quote(uid, safe='{}')}"


def boards() -> str:
    return "/boards"


def board(uid: str, params: Sequence[tuple[str, str]] = ()) -> str:
    """A parameter can stand more than once: a variable with many values."""
    return f"/boards/{quote(uid, safe='')}" + (f"?{urlencode(params)}" if params else "")


def board_panel(uid: str, number: int) -> str:
    """A panel alone, for the board's page to fetch; takes the board's query."""
    return f"/boards/{quote(uid, safe='')}/panels/{number}"


def metrics(params: Mapping[str, str] | None = None) -> str:
    """``/metrics`` itself is the collector's own, for Prometheus."""
    return _with_query("/app-metrics", params or {})


def _with_query(path: str, params: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(params)}" if params else path

"""The state of the trace list: all of it is in the address, all of it can be taken back one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from telltale_collector.web import urls

if TYPE_CHECKING:
    from collections.abc import Mapping

_LABELS: Final = {
    "q": "text",
    "model": "model",
    "service": "service",
    "environment": "environment",
    "user_id": "user",
    "session_id": "session",
    "status": "status",
    "guard_verdict": "guard",
    "kind": "kind",
    "name": "name",
    "min_cost_usd": "cost ≥ $",
    "min_duration_ms": "latency ≥ ms",
    "trace_id": "trace",
    "prompt_name": "prompt",
    "prompt_version": "prompt version",
    "has": "has",
    "min_call_ms": "call ≥ ms",
    "min_ttft_ms": "first token ≥ ms",
    "from": "from",
    "to": "to",
}
_RANGES: Final = (
    ("15m", "now-15m"),
    ("1h", "now-1h"),
    ("24h", "now-24h"),
    ("7d", "now-7d"),
    ("30d", "now-30d"),
    ("All", ""),
)


@dataclass(frozen=True, slots=True)
class Chip:
    """An active filter, and the address of the list without it."""

    label: str
    value: str
    url_without: str


@dataclass(frozen=True, slots=True)
class Range:
    """A time range to choose, and whether it is the current one."""

    label: str
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Query:
    """What the list shows. ``params`` holds only known, non-empty parameters, in their own order."""

    params: dict[str, str]
    cursor: str | None

    @property
    def filter_params(self) -> dict[str, str]:
        """The parameters that exclude traces: all but the time range."""
        return {name: value for name, value in self.params.items() if name not in {"from", "to"}}

    def url(self) -> str:
        return urls.traces(self.params)

    def url_with(self, name: str, value: str) -> str:
        """The list with one more filter; the place in the paging is forgotten."""
        return urls.traces({**self.params, name: value})

    def older_url(self, cursor: str) -> str:
        return urls.traces({**self.params, "cursor": cursor})

    def refresh_url(self) -> str:
        place = {} if self.cursor is None else {"cursor": self.cursor}
        return urls.trace_rows({**self.params, **place})

    def chips(self) -> list[Chip]:
        range_values = {value for _, value in _RANGES}
        shown = dict(self.params)
        if shown.get("from") in range_values and "to" not in shown:
            del shown["from"]
        return [Chip(_LABELS[name], value, self._url_without(name)) for name, value in shown.items()]

    def ranges(self) -> list[Range]:
        current = None if "to" in self.params else self.params.get("from", "")
        return [Range(label, self._range_url(value), value == current) for label, value in _RANGES]

    def _url_without(self, name: str) -> str:
        return urls.traces({known: value for known, value in self.params.items() if known != name})

    def _range_url(self, value: str) -> str:
        return urls.traces({**({"from": value} if value else {}), **self.filter_params})


def read_query(params: Mapping[str, str]) -> Query:
    """The list's state from the address: unknown and empty parameters are forgotten."""
    known = {name: params.get(name, "").strip() for name in _LABELS}
    given = {name: value for name, value in known.items() if value}
    return Query(given, params.get("cursor") or None)

"""What the collector knows about the run, read over its HTTP API, as a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from services import get_json

SERVICE = "rag-bot"
_HEADINGS = ("model", "calls", "in tokens", "out tokens", "cost", "p50", "p95", "TTFT p50")
_VERDICTS = ("pass", "flag", "redact", "block", "error")

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Run:
    """The bot's run as the API tells it: its traces, its usage by model, and by guard."""

    traces: list[Json]
    usage: list[Json]
    guards: list[Json]


def fetch(url: str, since: str) -> Run:
    """What the bot did since a time (RFC 3339).

    Raises:
        DemoError: the collector does not answer.
    """
    return Run(
        traces=_get(url, "traces", since, limit="1000")["traces"],
        usage=_get(url, "usage", since, group_by="model")["rows"],
        guards=_get(url, "usage", since, kind="guardrail", group_by="guard_name")["rows"],
    )


def _get(url: str, what: str, since: str, **query: str) -> Json:
    answer: Json = get_json(f"{url}/api/v1/{what}?{urlencode({'service': SERVICE, 'from': since, **query})}")
    return answer


def render(run: Run, url: str, prices: str | None = None) -> str:
    """The table, as text that ends without a line break. Unknown shows as a dash, never as 0.

    ``prices`` says where the prices come from, where that needs saying.
    """
    rows = [_HEADINGS, *(_usage_cells(row) for row in run.usage if row["calls"])]
    lines = ["", *_aligned(rows), ""]
    lines += [f"{name:<9} {value}" for name, value in _facts(run, url, prices)]
    return "\n".join(lines)


def _facts(run: Run, url: str, prices: str | None) -> Iterable[tuple[str, str]]:
    if prices:
        yield "cost", prices
    estimated = sum(row["estimated_calls"] or 0 for row in run.usage)
    if estimated:
        yield "tokens", f"those of {estimated} calls are counted by Telltale: the provider gave none"
    errors = sum(trace["status"] == "error" for trace in run.traces)
    yield "traces", f"{len(run.traces)}" + (f", {errors} failed" if errors else "")
    yield "guards", _guards(run.guards)
    yield "feedback", _feedback(run.traces)
    if run.traces:
        slowest = max(run.traces, key=lambda trace: int(trace["duration_ns"]))
        yield "slowest", f"{_seconds(slowest['duration_ns'])}  {url}/traces/{slowest['trace_id']}"
    yield "open", f"{url}/"


def _usage_cells(row: Json) -> tuple[str, ...]:
    return (
        str(row["model"] or "-"),
        f"{row['calls']:,}",
        _count(row["input_tokens"]),
        _count(row["output_tokens"]),
        _cost(row),
        _seconds(row["p50_duration_ns"]),
        _seconds(row["p95_duration_ns"]),
        _seconds(row["p50_ttft_ns"]),
    )


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[n]) for row in rows) for n in range(len(_HEADINGS))]
    return [
        "  ".join(
            [
                row[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
            ]
        )
        for row in rows
    ]


def _count(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"


def _seconds(ns: float | None) -> str:
    return "-" if ns is None else f"{ns / 1e9:.2f} s"


def _cost(row: Json) -> str:
    """What the priced calls cost; a call without a price is named, not counted as free."""
    unpriced = row["unpriced_calls"]
    if row["cost_usd"] is None or unpriced == row["calls"]:
        return "unpriced"
    cost = f"${Decimal(str(row['cost_usd'])):.6f}"
    return f"{cost} + {unpriced} unpriced" if unpriced else cost


def _guards(rows: list[Json]) -> str:
    told = (
        f"{row['guard_name']}: "
        + ", ".join(f"{row[f'guard_{verdict}']} {verdict}" for verdict in _VERDICTS if row[f"guard_{verdict}"])
        for row in rows
    )
    return "; ".join(told) or "none"


def _feedback(traces: list[Json]) -> str:
    values = [trace["scores"]["feedback"] for trace in traces if "feedback" in trace["scores"]]
    likes = sum(value > 0 for value in values)
    return f"{likes} up, {len(values) - likes} down (by comparison with the golden answers)"

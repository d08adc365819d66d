"""Telemetry that comes late, or not at all: what the other rules cannot see."""

from __future__ import annotations

from telltale_dashboards.fragments import OF_PROJECT, started_since, within
from telltale_dashboards.rule import Cause, Group, Rule, Shows
from telltale_dashboards.rule_fragments import FROM, HOUR, MINUTE, TO, labelled

_ARRIVALS = f"spans WHERE {OF_PROJECT} AND {within('received_at')} AND {started_since(days=1)} AND NOT is_open"
_LAG_S = "greatest(toUnixTimestamp64Nano(received_at) - toUnixTimestamp64Nano(end_time), 0) / 1000000000"
# the ledger counts by hour of arrival: a loss is seen until its hour is a quarter past
_LEDGER = f"ledger WHERE {OF_PROJECT} AND hour >= toStartOfHour({FROM}) AND hour < {TO}"


def _counted(labels: tuple[str, ...], outcomes: str) -> str:
    """Items that the ledger counts under some outcomes, by these of its columns."""
    rows = f"{_LEDGER} AND outcome IN ({outcomes})"
    return labelled({name: name for name in labels}, "sum(items)", rows, "sum(items) > 0", most=20)


_RECEIVED = Shows("telltale-health", "Spans received")

GROUP = Group(
    name="collector",
    title="Collector",
    description="Telemetry that is late, refused or lost.",
    rules=(
        Rule(
            uid="ingest-lag",
            title="Spans arrive late",
            severity="page",
            description="Of the spans that arrived in a quarter of an hour, one in twenty came two minutes or more "
            "after its end: other alerts are blind for as long. Senders were cut off, or the collector is overloaded.",
            checks=(
                "Board Collector health, Senders: one or all?",
                "One: its network, or a batch exporter that waits long. All: the collector's metrics, disk and store.",
                "A saw-tooth: senders were cut off and now send what they kept. It ends by itself.",
            ),
            quiet="More cores or a faster disk for the collector; a shorter delay of the exporters.",
            sql=labelled({}, f"quantile(0.95)({_LAG_S})", _ARRIVALS, "count() >= 20"),
            unit="s",
            window_s=15 * MINUTE,
            threshold=120,
            for_s=5 * MINUTE,
            shows=Shows("telltale-health", "Arrival delay"),
            cause=Cause(
                rows=_ARRIVALS,
                weight=_LAG_S,
                unit="s",
                recent_s=15 * MINUTE,
                dimensions={"service": "service", "environment": "environment", "instrumentation": "scope"},
            ),
        ),
        Rule(
            uid="spans-dropped",
            title="Telemetry was lost",
            severity="page",
            description="Spans, logs or metrics were lost after they were made: given up by an application's SDK, or "
            "unreadable in the write-ahead log. The reason says where; see GET /api/v1/ledger.",
            checks=(
                "`GET /api/v1/ledger`: how many, for what reason?",
                "Clients: was the collector away longer than their spool holds (`TELLTALE_SPOOL_BYTES`)?",
                "The log: the collector's own log names the damaged segment; look at the disk.",
            ),
            quiet="A larger spool, a collector that is restarted quickly, a disk that keeps what it is given.",
            sql=_counted(("outcome", "reason"), "'dropped', 'dropped_by_clients'"),
            unit="short",
            window_s=15 * MINUTE,
            threshold=0,
            shows=_RECEIVED,
        ),
        Rule(
            uid="spans-rejected",
            title="Telemetry was rejected",
            severity="ticket",
            description="Items were set aside because they break the protocol. The reason says how; their sender was "
            "told, or they lie among the dead letters.",
            checks=(
                "The reason in the labels, and `GET /api/v1/ledger`.",
                "Who sends them? Board Collector health, Senders.",
                "Has its SDK or exporter changed?",
            ),
            quiet="Update the sender. What it sends as garbage and nobody misses: raise the threshold.",
            sql=_counted(("signal", "reason"), "'rejected'"),
            unit="short",
            window_s=15 * MINUTE,
            threshold=0,
            shows=_RECEIVED,
        ),
        Rule(
            uid="dead-letters",
            title="Dead letters wait",
            severity="ticket",
            description="Items were accepted and could not be stored within the last hour; each is kept with its "
            "reason. Read them with GET /api/v1/dead-letters, mend the cause, send them again.",
            checks=(
                "`GET /api/v1/dead-letters`: the reasons.",
                "A value that the store refuses, or a fault of ours? Please report it with one of them.",
                "After an update: POST /api/v1/dead-letters/retry carries them again.",
            ),
            quiet="Mend what the reason names. Nothing is lost until they are deleted.",
            sql=labelled(
                {"signal": "signal"},
                "count()",
                f"dead_letters WHERE {OF_PROJECT} AND {within('received_at')}",
                "count() > 0",
            ),
            unit="short",
            window_s=HOUR,
            threshold=0,
            shows=_RECEIVED,
        ),
    ),
)

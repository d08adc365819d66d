"""The collector's own metrics, once: ``/metrics`` and the documentation come from this list."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Telemetry:
    """One set of metrics a collector. Names end in their unit; all begin with ``telltale_``."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.received = self._counter(
            "received_items",
            "Spans, log records and metric points acknowledged: durable in the write-ahead log.",
            "signal",
        )
        self.rejected = self._counter(
            "rejected_items", "Spans, log records and metric points refused with a reason.", "signal"
        )
        self.metric_points_ignored = self._counter(
            "metric_points_ignored", "Metric points let go with a plain success: not about language models.", "reason"
        )
        self.requests = self._counter("requests", "OTLP requests, by HTTP status.", "signal", "status")
        self.refusals = self._counter(
            "refusals",
            "Requests told to come again (memory, share: this sender's share of it, disk) and connections cut"
            " (connection, connections, headers, body, answer), by reason.",
            "reason",
        )
        self.stored = self._counter("stored_items", "Rows written to the store.", "table")
        self.calls = self._counter(
            "calls",
            "Calls written to the store, each once, by how sure their cost is; none: failed and not billed.",
            "cost_source",
        )
        self.insert_failures = self._counter("insert_failures", "Inserts that failed and are tried again.")
        self.dead_letters = self._counter(
            "dead_letters", "Items that the store refuses for ever, kept with their reason in the table dead_letters."
        )
        self.notifications = self._counter(
            "notifications", "Messages about alerts that receivers took, by channel.", "channel"
        )
        self.notification_failures = self._counter(
            "notification_failures", "Messages about alerts that were not taken and are tried again.", "channel"
        )
        self.pending = self._gauge("wal_pending_items", "Items acknowledged and not yet in the store.")
        self.pending_bytes = self._gauge("wal_pending_bytes", "Bytes of the write-ahead log not yet in the store.")
        self.damaged_bytes = self._gauge("wal_damaged_bytes", "Bytes found damaged since start, kept in quarantine.")
        self.unknown_items = self._gauge(
            "wal_unknown_items", "Items of a newer version's signals found since start, kept in quarantine."
        )
        self.ledger_items = self._gauge(
            "ledger_items",
            "The ledger's sums: received = stored + rejected + dropped + pending; beside it dropped_by_clients.",
            "outcome",
        )
        self.alert_failures = self._counter(
            "alert_evaluation_failures",
            "Alert rules that could not be evaluated, and groups (by their name) while the store was away.",
            "rule",
        )
        self.alert_evaluated = self._gauge(
            "alert_evaluation_timestamp_seconds",
            "When a group of alert rules was evaluated last; old: it is not.",
            "group",
        )
        self.alerts_firing = self._gauge("alerts_firing", "Alerts that fire.")
        self.held_bytes = self._gauge("held_bytes", "Bytes of requests in memory, up to their answers.")
        self.accept_seconds = self._histogram("accept_seconds", "From a whole body to its acknowledgement.")
        self.settle_seconds = self._histogram("settle_seconds", "One batch: decode, read, enrich, relate.")
        self.write_seconds = self._histogram("write_seconds", "One batch: insert, account, checkpoint.")

    def exposition(self) -> bytes:
        """Prometheus text."""
        return generate_latest(self.registry)

    def _counter(self, name: str, help_text: str, *labels: str) -> Counter:
        return Counter(f"telltale_{name}", help_text, labels, registry=self.registry)

    def _gauge(self, name: str, help_text: str, *labels: str) -> Gauge:
        return Gauge(f"telltale_{name}", help_text, labels, registry=self.registry)

    def _histogram(self, name: str, help_text: str) -> Histogram:
        buckets = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
        return Histogram(f"telltale_{name}", help_text, registry=self.registry, buckets=buckets)

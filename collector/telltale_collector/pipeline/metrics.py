"""A metrics record to rows of the store: points are kept as they came, and never touch what spans cost."""

from __future__ import annotations

from telltale_collector.decode import read_metric_points
from telltale_collector.store.writer import Rows
from telltale_collector.wal import Record


def take_metric_points(record: Record, rows: Rows) -> None:
    """Add the points of a ``METRICS`` record to ``rows``."""
    rows.metric_points += [
        (record.project, point, record.received_at_ns) for point in read_metric_points(record.payload)
    ]

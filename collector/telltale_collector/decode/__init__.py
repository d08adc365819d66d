"""From bytes to spans, log events and metric points. Each bad item is set aside with a reason, never the whole request.

Two steps, so that the WAL keeps what the sender sent and a mended reader can read it again:

    check_traces / check_logs / check_metrics   bytes -> a protobuf request of good items, the rejects, the count
    read_spans / read_log_events / read_metric_points   that request -> RawSpan / LogEvent / MetricPoint
"""

from telltale_collector.decode.checked import Checked, Media
from telltale_collector.decode.findings import Reject
from telltale_collector.decode.logs import check_logs, read_log_events
from telltale_collector.decode.metric_points import read_metric_points
from telltale_collector.decode.metrics import check_metrics
from telltale_collector.decode.split import split_request
from telltale_collector.decode.traces import check_traces, read_spans

__all__ = [
    "Checked",
    "Media",
    "Reject",
    "check_logs",
    "check_metrics",
    "check_traces",
    "read_log_events",
    "read_metric_points",
    "read_spans",
    "split_request",
]

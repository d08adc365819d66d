"""A request taken apart: each span, log record or metric point as a request of its own, resource and scope included."""

from __future__ import annotations

from collections.abc import Iterator

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from telltale_collector.decode.metrics import metrics_of, points_of


def split_request(signal: str, payload: bytes) -> Iterator[bytes]:
    """The items of a checked request of ``TRACES``, ``LOGS`` or ``METRICS``."""
    return _SPLITS[signal](payload)


def _spans(payload: bytes) -> Iterator[bytes]:
    for resource_spans in ExportTraceServiceRequest.FromString(payload).resource_spans:
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                alone = ExportTraceServiceRequest()
                only = alone.resource_spans.add(resource=resource_spans.resource, schema_url=resource_spans.schema_url)
                only.scope_spans.add(scope=scope_spans.scope, schema_url=scope_spans.schema_url).spans.append(span)
                yield alone.SerializeToString()


def _log_records(payload: bytes) -> Iterator[bytes]:
    for resource_logs in ExportLogsServiceRequest.FromString(payload).resource_logs:
        for scope_logs in resource_logs.scope_logs:
            for record in scope_logs.log_records:
                alone = ExportLogsServiceRequest()
                only = alone.resource_logs.add(resource=resource_logs.resource, schema_url=resource_logs.schema_url)
                only.scope_logs.add(scope=scope_logs.scope, schema_url=scope_logs.schema_url).log_records.append(record)
                yield alone.SerializeToString()


def _metric_points(payload: bytes) -> Iterator[bytes]:
    request = ExportMetricsServiceRequest.FromString(payload)
    for resource_metrics, scope_metrics, metric in metrics_of(request):
        for at in range(len(points_of(metric))):
            alone = ExportMetricsServiceRequest()
            only = alone.resource_metrics.add(
                resource=resource_metrics.resource, schema_url=resource_metrics.schema_url
            )
            only.scope_metrics.add(scope=scope_metrics.scope, schema_url=scope_metrics.schema_url).metrics.append(
                metric
            )
            points = points_of(only.scope_metrics[0].metrics[0])
            del points[at + 1 :]
            del points[:at]
            yield alone.SerializeToString()


_SPLITS = {"TRACES": _spans, "LOGS": _log_records, "METRICS": _metric_points}

"""OTLP metrics are understood and refused: cost, latency and errors are computed from the spans."""

from __future__ import annotations

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from telltale_collector.decode.checked import Checked, Media, parse
from telltale_collector.decode.findings import Findings, Reject

_REASON = "metrics are not stored: Telltale computes them from the spans"


def check_metrics(body: bytes, media: Media) -> Checked:
    """Decode, so that a malformed body is told from a good one; keep nothing.

    Raises:
        BadRequest: the body as a whole is not an ExportMetricsServiceRequest.
    """
    findings = Findings()
    rejects = findings.rejects
    request = parse(ExportMetricsServiceRequest, body, media, findings)
    names = [
        metric.name
        for resource_metrics in request.resource_metrics
        for scope_metrics in resource_metrics.scope_metrics
        for metric in scope_metrics.metrics
        for _ in range(_points(metric))
    ]
    return Checked(b"", 0, rejects + [Reject(name, _REASON) for name in names])


def _points(metric: object) -> int:
    kinds = ("gauge", "sum", "histogram", "exponential_histogram", "summary")
    return sum(len(getattr(metric, kind).data_points) for kind in kinds)

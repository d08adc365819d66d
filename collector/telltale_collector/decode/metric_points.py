"""The data points of a checked metrics request, of every type in one shape."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any, Final, cast

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

from telltale_collector.decode.metrics import metrics_of, points_of
from telltale_collector.decode.traces import MAX_TIME_NS
from telltale_collector.decode.values import key_values
from telltale_collector.model import Exemplar, ExponentialBuckets, MetricPoint, MetricType, Temporality

LONGEST_DESCRIPTION: Final = 4096
"""Characters of an instrument's description that are kept."""

_TEMPORALITIES: Final[dict[int, Temporality]] = {1: "delta", 2: "cumulative"}
_NO_IDS: Final = b"\0"


def read_metric_points(payload: bytes) -> Iterator[MetricPoint]:
    """The points of a checked request."""
    request = ExportMetricsServiceRequest.FromString(payload)
    for resource_metrics, scope_metrics, metric in metrics_of(request):
        scope = scope_metrics.scope
        shared = _told_by_metric(metric) | {
            "resource": key_values(resource_metrics.resource.attributes),
            "scope": scope.name,
            "scope_version": scope.version,
        }
        stream = _digest_of_stream(resource_metrics, scope, metric)
        for point in points_of(metric):
            yield _metric_point(point, shared, stream)


def _told_by_metric(metric: Metric) -> dict[str, Any]:
    kind = cast("MetricType", metric.WhichOneof("data"))
    data = getattr(metric, kind)
    return {
        "name": metric.name,
        "description": metric.description[:LONGEST_DESCRIPTION],
        "unit": metric.unit,
        "type": kind,
        "temporality": _TEMPORALITIES.get(getattr(data, "aggregation_temporality", 0)),
        "is_monotonic": getattr(data, "is_monotonic", False),
    }


def _metric_point(point: Any, shared: dict[str, Any], stream: bytes) -> MetricPoint:
    read = _READ[shared["type"]]
    return MetricPoint(
        **shared,
        **read(point),
        series_id=_digest(stream, _in_order(point.attributes)).hex(),
        start_time=point.start_time_unix_nano,
        time=point.time_unix_nano,
        flags=point.flags,
        attributes=key_values(point.attributes),
        exemplars=tuple(map(_exemplar, getattr(point, "exemplars", ()))),
    )


def _number(point: Any) -> dict[str, Any]:
    which = point.WhichOneof("value")
    return {"value": float(getattr(point, which)) if which else None}


def _histogram(point: Any) -> dict[str, Any]:
    return _totals(point) | {"bounds": tuple(point.explicit_bounds), "bucket_counts": tuple(point.bucket_counts)}


def _exponential_histogram(point: Any) -> dict[str, Any]:
    return _totals(point) | {
        "scale": point.scale,
        "zero_count": point.zero_count,
        "zero_threshold": point.zero_threshold,
        "positive": ExponentialBuckets(point.positive.offset, tuple(point.positive.bucket_counts)),
        "negative": ExponentialBuckets(point.negative.offset, tuple(point.negative.bucket_counts)),
    }


def _totals(point: Any) -> dict[str, Any]:
    given = {name: getattr(point, name) if point.HasField(name) else None for name in ("sum", "min", "max")}
    return {"count": point.count, **given}


def _summary(point: Any) -> dict[str, Any]:
    quantiles = tuple((each.quantile, each.value) for each in point.quantile_values)
    return {"count": point.count, "sum": point.sum, "quantiles": quantiles}


_READ: Final = {
    "gauge": _number,
    "sum": _number,
    "histogram": _histogram,
    "exponential_histogram": _exponential_histogram,
    "summary": _summary,
}


def _exemplar(exemplar: Any) -> Exemplar:
    which = exemplar.WhichOneof("value")
    return Exemplar(
        time=min(exemplar.time_unix_nano, MAX_TIME_NS),
        value=float(getattr(exemplar, which)) if which else float("nan"),
        trace_id=_id(exemplar.trace_id, 16),
        span_id=_id(exemplar.span_id, 8),
        attributes=key_values(exemplar.filtered_attributes),
    )


def _id(given: bytes, size: int) -> str | None:
    return given.hex() if len(given) == size and given.strip(_NO_IDS) else None


def _digest_of_stream(resource_metrics: Any, scope: Any, metric: Metric) -> bytes:
    """What the points of one metric of one sender have in common, apart from their attributes."""
    told = _told_by_metric(metric)
    words = (told[name] for name in ("name", "unit", "type", "temporality", "is_monotonic"))
    return _digest(
        repr((*words, scope.name, scope.version)).encode(),
        _in_order(resource_metrics.resource.attributes),
        _in_order(scope.attributes),
    )


def _in_order(attributes: Iterable[KeyValue]) -> bytes:
    """The same bytes for the same attributes, in whatever order they were sent."""
    return _digest(*sorted(pair.SerializeToString(deterministic=True) for pair in attributes))


def _digest(*parts: bytes) -> bytes:
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8, "little"))
        total.update(part)
    return total.digest()[:16]

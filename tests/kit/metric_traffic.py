"""OTLP metrics for tests, built with the official messages, and the way they take into an embedded store."""

import itertools
import time

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from otlp import any_value

from telltale_collector.decode import Media, check_metrics
from telltale_collector.wal import Record, Signal

DELTA, CUMULATIVE = 1, 2
_tokens = itertools.count()


def metric(name: str, kind: str, *points: dict, unit: str = "", **told: object) -> Metric:
    """A metric of a kind (``sum``, ``histogram`` ...). A point has the fields of its message; attributes are a dict."""
    made = Metric(name=name, unit=unit, description=f"about {name}")
    data = getattr(made, kind)
    data.SetInParent()
    for field, value in told.items():
        setattr(data, field, value)
    for given in points:
        fields = dict(given)
        attributes, exemplars = fields.pop("attributes", {}), fields.pop("exemplars", [])
        buckets = {side: fields.pop(side) for side in ("positive", "negative") if side in fields}
        quantiles = fields.pop("quantile_values", [])
        point = data.data_points.add(**fields)
        set_attributes(point.attributes, attributes)
        for side, (offset, counts) in buckets.items():
            getattr(point, side).offset = offset
            getattr(point, side).bucket_counts.extend(counts)
        for exemplar in exemplars:
            point.exemplars.add(**exemplar)
        for quantile, value in quantiles:
            point.quantile_values.add(quantile=quantile, value=value)
    return made


def counter(name: str, *points: dict, temporality: int = DELTA, **options: object) -> Metric:
    return metric(name, "sum", *points, aggregation_temporality=temporality, is_monotonic=True, **options)


def histogram(name: str, *points: dict, temporality: int = DELTA, **options: object) -> Metric:
    return metric(name, "histogram", *points, aggregation_temporality=temporality, **options)


def at(seconds: float, start: float | None = None, **fields: object) -> dict:
    """A point at a time in seconds; without ``start`` the sender does not say since when it counts."""
    times = {"time_unix_nano": int(seconds * 1e9)}
    return times | ({} if start is None else {"start_time_unix_nano": int(start * 1e9)}) | fields


def measured(values: list[float], bounds: list[float]) -> dict:
    """The fields of a histogram point that holds ``values``."""
    edges = [*bounds, float("inf")]
    counts = [0] * len(edges)
    for value in values:
        counts[next(place for place, edge in enumerate(edges) if value <= edge)] += 1
    extremes = {"min": min(values), "max": max(values)} if values else {}
    return {"count": len(values), "sum": sum(values), "explicit_bounds": bounds, "bucket_counts": counts, **extremes}


def metrics_request(
    *metrics: Metric, resource: dict | None = None, scope: str = "tests"
) -> ExportMetricsServiceRequest:
    request = ExportMetricsServiceRequest()
    resource_metrics = request.resource_metrics.add()
    set_attributes(resource_metrics.resource.attributes, {"service.name": "test-app", **(resource or {})})
    scope_metrics = resource_metrics.scope_metrics.add()
    scope_metrics.scope.name = scope
    scope_metrics.metrics.extend(metrics)
    return request


def metrics_body(*metrics: Metric, **options: object) -> bytes:
    return metrics_request(*metrics, **options).SerializeToString()


def set_attributes(container, values: dict) -> None:
    for key, value in values.items():
        container.add(key=key).value.CopyFrom(any_value(value))


def add_metrics(store, *metrics: Metric, token: str | None = None, **options: object) -> None:
    """Through the check, the settler and the writer into an ``embedded_store.Store``."""
    checked = check_metrics(metrics_body(*metrics, **options), Media.PROTOBUF)
    assert checked.rejects == []
    record = Record(time.time_ns(), Signal.METRICS, checked.accepted, store.project, checked.payload)
    rows = store.settler.settle([record])
    store.writer.write(rows, token or f"{store.project}-metrics-{next(_tokens)}")

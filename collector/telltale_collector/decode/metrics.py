"""OTLP metrics: the points of GenAI instruments are kept, others are counted and let go."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality, DataPointFlags, Metric

from telltale_collector.decode.checked import Checked, Media, parse
from telltale_collector.decode.findings import Findings, Reject
from telltale_collector.decode.metric_names import is_kept
from telltale_collector.decode.traces import MAX_TIME_NS

OTHER_INSTRUMENT = "other_instrument"
UNKNOWN_TYPE = "unknown_type"

LONGEST_NAME = 1024
"""Characters of an instrument's name or unit; the conventions allow 255 and 63."""

LARGEST_SCALE = 20
"""Of exponential histograms, as the SDKs' specification bounds it; the smallest is -10."""

_SMALLEST_SCALE = -10


def check_metrics(body: bytes, media: Media) -> Checked:
    """Decode, let go of what is not about language models, set bad points aside, give the rest back as protobuf.

    Raises:
        BadRequest: the body as a whole is not an ExportMetricsServiceRequest.
    """
    findings = Findings()
    rejects = findings.rejects
    request = parse(ExportMetricsServiceRequest, body, media, findings)
    ignored: Counter[str] = Counter()
    accepted = 0
    for resource_metrics in request.resource_metrics:
        for scope_metrics in resource_metrics.scope_metrics:
            kept = [_keep_good_points(metric, rejects, ignored) for metric in scope_metrics.metrics]
            accepted += sum(kept)
            for at in (at for at in reversed(range(len(kept))) if not kept[at]):
                del scope_metrics.metrics[at]
    unchanged = not findings.changed and not rejects and not ignored
    payload = body if unchanged else request.SerializeToString()
    return Checked(payload, accepted, rejects, findings.warnings, ignored=ignored)


def points_of(metric: Metric) -> Any:
    """The data points of a metric, whatever its type; none where the type is unknown."""
    kind = metric.WhichOneof("data")
    return getattr(metric, kind).data_points if kind else ()


def metrics_of(request: ExportMetricsServiceRequest) -> Iterator[tuple[Any, Any, Metric]]:
    """(resource metrics, scope metrics, metric) of a request."""
    for resource_metrics in request.resource_metrics:
        for scope_metrics in resource_metrics.scope_metrics:
            for metric in scope_metrics.metrics:
                yield resource_metrics, scope_metrics, metric


def _keep_good_points(metric: Metric, rejects: list[Reject], ignored: Counter[str]) -> int:
    """Take bad points out of ``metric``; how many are left."""
    points = points_of(metric)
    if not is_kept(metric.name):
        ignored[OTHER_INSTRUMENT] += len(points)
        return 0
    if metric.WhichOneof("data") is None:
        ignored[UNKNOWN_TYPE] += 1
        return 0
    if max(len(metric.name), len(metric.unit)) > LONGEST_NAME:
        rejects += [Reject(metric.name[:80], f"name or unit is longer than {LONGEST_NAME} characters")] * len(points)
        return 0
    bad = [(at, why) for at, point in enumerate(points) if (why := _fault(metric, point))]
    rejects.extend(Reject(metric.name, why) for _, why in bad)
    for at, _ in reversed(bad):
        del points[at]
    return len(points)


def _fault(metric: Metric, point: Any) -> str | None:
    """Why this point cannot be stored, or None."""
    kind = metric.WhichOneof("data")
    if not point.time_unix_nano:
        return "time_unix_nano is missing"
    if max(point.time_unix_nano, point.start_time_unix_nano) > MAX_TIME_NS:
        return "a time lies after the year 2262"
    if kind in {"sum", "histogram", "exponential_histogram"}:
        given = getattr(metric, kind).aggregation_temporality
        if given not in {
            AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA,
            AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE,
        }:
            return "aggregation_temporality is neither delta nor cumulative"
    if kind in {"gauge", "sum"}:
        return _fault_of_number(point)
    if kind == "histogram":
        return _fault_of_buckets(point.explicit_bounds, point.bucket_counts)
    if kind == "exponential_histogram" and not _SMALLEST_SCALE <= point.scale <= LARGEST_SCALE:
        return f"scale is not from {_SMALLEST_SCALE} to {LARGEST_SCALE}"
    return None


def _fault_of_number(point: Any) -> str | None:
    no_value = point.flags & DataPointFlags.DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK
    return None if no_value or point.WhichOneof("value") else "the point has no value"


def _fault_of_buckets(bounds: Sequence[float], counts: Sequence[int]) -> str | None:
    if (bounds or counts) and len(counts) != len(bounds) + 1:
        return "bucket_counts has not one element more than explicit_bounds"
    if not all(map(math.isfinite, bounds)):
        return "a bucket bound is not finite"
    if any(low >= high for low, high in pairwise(bounds)):
        return "bucket bounds do not grow"
    return None

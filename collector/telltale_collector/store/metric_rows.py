"""Metric points as columns of the table ``metric_points``, and rows of its queries as answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from telltale import semconv
from telltale_collector.model import AttributeValue, Exemplar, MetricPoint, TimeNs
from telltale_collector.store.attributes import encode_attributes
from telltale_collector.store.rows import Columns, partition_date

_SAME_AS_POINT = (
    "name description unit type temporality is_monotonic series_id start_time time flags value count sum min max "
    "bounds bucket_counts scale zero_count zero_threshold scope scope_version"
).split()
"""Columns that are a field of the point, unchanged."""


def metric_point_columns(points: Sequence[tuple[str, MetricPoint, TimeNs]]) -> Columns:
    """Columns of the table ``metric_points`` of (project, point, received_at)."""
    given = [point for _, point, _ in points]
    columns: Columns = {name: [getattr(point, name) for point in given] for name in _SAME_AS_POINT}
    return columns | {
        "project": [project for project, _, _ in points],
        "received_at": [received_at for _, _, received_at in points],
        "partition_date": [partition_date(point.time, received_at) for _, point, received_at in points],
        "service": [_told(point, semconv.SERVICE_NAME) for point in given],
        "environment": [
            _told(point, semconv.DEPLOYMENT_ENVIRONMENT, semconv.DEPLOYMENT_ENVIRONMENT_OLD) for point in given
        ],
        "positive_offset": [point.positive.offset for point in given],
        "positive_counts": [point.positive.counts for point in given],
        "negative_offset": [point.negative.offset for point in given],
        "negative_counts": [point.negative.counts for point in given],
        "quantiles.quantile": [[quantile for quantile, _ in point.quantiles] for point in given],
        "quantiles.value": [[value for _, value in point.quantiles] for point in given],
        **_exemplar_columns(given),
        **_attribute_columns(given),
    }


def _told(point: MetricPoint, *keys: str) -> str | None:
    return next((str(value) for key in keys if (value := point.resource.get(key))), None)


def _exemplar_columns(points: Sequence[MetricPoint]) -> Columns:
    columns: Columns = {
        f"exemplars.{name}": [[getattr(exemplar, name) for exemplar in point.exemplars] for point in points]
        for name in ("time", "value")
    }
    columns |= {
        f"exemplars.{name}": [[getattr(exemplar, name) or "" for exemplar in point.exemplars] for point in points]
        for name in ("trace_id", "span_id")
    }
    columns["exemplars.attributes"] = [[_attributes_json(exemplar) for exemplar in point.exemplars] for point in points]
    return columns


def _attributes_json(exemplar: Exemplar) -> str:
    if not exemplar.attributes:
        return ""
    return orjson.dumps(list(encode_attributes(exemplar.attributes))).decode()


def _attribute_columns(points: Sequence[MetricPoint]) -> Columns:
    columns: Columns = {}
    for name in ("attributes", "resource"):
        encoded = [encode_attributes(_attributes_of(point, name)) for point in points]
        columns[name] = [values for values, _ in encoded]
        columns[f"{name.removesuffix('s')}_types"] = [types for _, types in encoded]
    return columns


def _attributes_of(point: MetricPoint, name: str) -> dict[str, AttributeValue]:
    found: dict[str, Any] = getattr(point, name)
    return found

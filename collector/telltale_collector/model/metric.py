"""Metrics that applications report: a data point as it came, and what is asked and answered of the stored ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from telltale_collector.model.primitives import AttributeValue, TimeNs

MetricType: TypeAlias = Literal["gauge", "sum", "histogram", "exponential_histogram", "summary"]
Temporality: TypeAlias = Literal["delta", "cumulative"]


@dataclass(frozen=True, slots=True)
class Exemplar:
    """One measurement behind a point, and the span it was made in, where the sender says so."""

    time: TimeNs
    value: float
    trace_id: str | None
    span_id: str | None
    attributes: dict[str, AttributeValue]


@dataclass(frozen=True, slots=True)
class ExponentialBuckets:
    """Bucket ``i`` of ``counts`` holds the values in ``(base ** (offset + i), base ** (offset + i + 1)]``."""

    offset: int = 0
    counts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricPoint:
    """A data point as it came, decoded from OTLP and validated; nothing interpreted.

    Attributes:
        series_id: a digest of all that tells its time series from others: resource, scope, attributes, type, unit.
        start_time: since when it counts; 0 where the sender does not say.
        flags: OTLP's; bit 0 says that the point has no value.
        value: of a gauge or sum.
        bounds: upper edges of the buckets of a histogram, without the last, which has none; ``bucket_counts`` has one
            element more.
        scale: of an exponential histogram, whose base is ``2 ** 2 ** -scale``.
        quantiles: of a summary, as (quantile, value).
    """

    name: str
    description: str
    unit: str
    type: MetricType
    temporality: Temporality | None
    is_monotonic: bool
    series_id: str
    start_time: TimeNs
    time: TimeNs
    flags: int
    value: float | None = None
    count: int | None = None
    sum: float | None = None
    min: float | None = None
    max: float | None = None
    bounds: tuple[float, ...] = ()
    bucket_counts: tuple[int, ...] = ()
    scale: int | None = None
    zero_count: int | None = None
    zero_threshold: float | None = None
    positive: ExponentialBuckets = ExponentialBuckets()
    negative: ExponentialBuckets = ExponentialBuckets()
    quantiles: tuple[tuple[float, float], ...] = ()
    exemplars: tuple[Exemplar, ...] = ()
    attributes: dict[str, AttributeValue] = field(default_factory=dict)
    resource: dict[str, AttributeValue] = field(default_factory=dict)
    scope: str = ""
    scope_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """What was seen of one instrument in a range of time. Name, type and unit tell instruments apart.

    Attributes:
        temporality: ``mixed`` where some senders report deltas and others cumulative values.
        is_monotonic: a sum that only grows.
        points: data points stored; ``series``: time series they belong to.
        group_keys: attributes that points can be grouped by, and ``service``, ``environment`` where they are known.
    """

    name: str
    type: MetricType
    unit: str
    description: str
    temporality: Literal["delta", "cumulative", "mixed"] | None
    is_monotonic: bool
    points: int
    series: int
    first_seen: TimeNs
    last_seen: TimeNs
    services: list[str]
    group_keys: list[str]

    @property
    def is_level(self) -> bool:
        """Its value is a state that goes up and down, not something that adds up over time."""
        return self.type == "gauge" or (
            self.type == "sum" and not self.is_monotonic and self.temporality == "cumulative"
        )

    @property
    def measures(self) -> tuple[str, ...]:
        """The fields of a ``MetricStep`` that apply to it."""
        if self.is_level:
            return ("value",)
        if self.type == "sum":
            return ("increase", "rate")
        estimated = ("p50", "p95", "p99") if self.has_buckets else ()
        return ("count", "count_rate", "sum", "sum_rate", "mean", *estimated)

    @property
    def has_buckets(self) -> bool:
        return self.type in {"histogram", "exponential_histogram"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricQuery:
    """Which points, and how they are put together.

    Attributes:
        group_by: attribute names, or ``service``, ``environment``.
        step_s: the width of one answer in time; None: one answer a group for the whole range.
        service: only of this service; None: of all. ``environment`` likewise.
    """

    from_time: TimeNs
    to_time: TimeNs
    step_s: int | None = None
    group_by: Sequence[str] = ()
    service: str | None = None
    environment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricStep:
    """What an instrument measured in one step of time, of one group. What does not apply, or is unknown, is None.

    Attributes:
        group: value by key; None where a point lacks the attribute.
        time: when the step begins; None where the step is the whole range.
        value: of a gauge: the mean of its series' last values; of a sum that goes up and down: their total.
        increase: of a sum: what was added in the step; ``rate``: the same per second.
        count: measurements of a histogram or summary in the step; ``count_rate``: the same per second.
        sum: of those measurements; ``sum_rate``: the same per second.
        mean: ``sum / count``.
        p50, p95, p99: estimated from the buckets, see ``store/buckets.py``.
    """

    group: Mapping[str, str | None]
    time: TimeNs | None
    value: float | None = None
    increase: float | None = None
    rate: float | None = None
    count: int | None = None
    count_rate: float | None = None
    sum: float | None = None
    sum_rate: float | None = None
    mean: float | None = None
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenExemplar:
    """A stored exemplar that leads to a trace."""

    time: TimeNs
    value: float
    trace_id: str
    span_id: str | None
    service: str | None

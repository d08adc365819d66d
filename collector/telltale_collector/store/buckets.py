"""Percentiles of histograms, estimated from their buckets.

Explicit bounds: Prometheus' ``histogram_quantile`` (its documentation, "Query functions"). The bucket that holds the
rank ``q * count`` is found, and the value is interpolated linearly inside it; the first bucket begins at 0 where its
bound is positive, and of the last one, which has no upper bound, the highest bound is given. Exponential bounds: the
same, but interpolated exponentially inside the bucket, as ``histogram_quantile`` does for native histograms.

Where senders report minimum and maximum, they close the open buckets, and no estimate lies outside them.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise

_HIGHEST_EXPONENT = 1023.0


@dataclass(frozen=True, slots=True)
class Bucket:
    """``count`` values in ``(lower, upper]``."""

    lower: float
    upper: float
    count: float
    is_exponential: bool = False


@dataclass(frozen=True, slots=True)
class Extremes:
    """The smallest and the largest value, where they are known."""

    lowest: float | None = None
    highest: float | None = None

    def joined(self, other: Extremes) -> Extremes:
        """Of both; unknown where one of them is."""
        known = None not in {self.lowest, other.lowest}, None not in {self.highest, other.highest}
        return Extremes(
            min(self.lowest or 0.0, other.lowest or 0.0) if known[0] else None,
            max(self.highest or 0.0, other.highest or 0.0) if known[1] else None,
        )

    def hold(self, value: float) -> float:
        """``value``, or the extreme that it lies beyond."""
        value = value if self.lowest is None else max(value, self.lowest)
        return value if self.highest is None else min(value, self.highest)


@dataclass(slots=True)
class Exponentials:
    """Buckets of exponential histograms, by scale and index: what was counted, less what is taken away again."""

    positives: dict[int, Counter[int]] = field(default_factory=dict)
    negatives: dict[int, Counter[int]] = field(default_factory=dict)
    zeros: int = 0
    threshold: float = 0.0

    def buckets(self) -> list[Bucket]:
        """All of them at the coarsest scale, from the lowest values to the highest."""
        scale = min([*self.positives, *self.negatives], default=0)
        above = [
            Bucket(_power(index, scale), _power(index + 1, scale), count, is_exponential=True)
            for index, count in sorted(_at_scale(self.positives, scale).items())
        ]
        below = [
            Bucket(-_power(index + 1, scale), -_power(index, scale), count, is_exponential=True)
            for index, count in sorted(_at_scale(self.negatives, scale).items(), reverse=True)
        ]
        lower = -self.threshold if below else 0.0
        zero = [Bucket(lower, self.threshold if above else 0.0, self.zeros)] if self.zeros > 0 else []
        return [*below, *zero, *above]


def _at_scale(by_scale: Mapping[int, Mapping[int, int]], scale: int) -> dict[int, int]:
    """Two neighbours become one bucket with each scale further down: their index is halved, rounded down."""
    merged: Counter[int] = Counter()
    for own, counts in by_scale.items():
        for index, count in counts.items():
            merged[index >> (own - scale)] += count
    return {index: count for index, count in merged.items() if count > 0}


def _power(index: int, scale: int) -> float:
    """``base ** index`` with ``base = 2 ** 2 ** -scale``, within what a float holds."""
    exponent = index * 2.0**-scale
    return math.exp2(max(min(exponent, _HIGHEST_EXPONENT), -_HIGHEST_EXPONENT))


def explicit_buckets(parts: Sequence[tuple[Sequence[float], Sequence[int]]], extremes: Extremes) -> list[Bucket]:
    """Histograms as one.

    Args:
        parts: (bounds, counts) of each. Where bounds differ, a bucket is divided evenly among the narrower ones; values
            above the highest bound of one histogram count as just above it.
        extremes: of all their values.
    """
    edges = sorted({bound for bounds, _ in parts for bound in bounds})
    if not edges:
        total = sum(sum(counts) for _, counts in parts)
        known = extremes.lowest is not None and extremes.highest is not None
        return [Bucket(extremes.lowest or 0.0, extremes.highest or 0.0, total)] if known and total > 0 else []
    amounts = [0.0] * (len(edges) + 1)
    for bounds, counts in parts:
        for at, count in enumerate(counts):
            _divide(amounts, edges, (bounds[at - 1] if at else None, bounds[at] if at < len(bounds) else None), count)
    first = min(0.0, edges[0]) if extremes.lowest is None else min(extremes.lowest, edges[0])
    last = edges[-1] if extremes.highest is None else max(extremes.highest, edges[-1])
    return [
        Bucket(*ends, max(amount, 0.0)) for ends, amount in zip(pairwise([first, *edges, last]), amounts, strict=True)
    ]


def _divide(amounts: list[float], edges: Sequence[float], ends: tuple[float | None, float | None], count: int) -> None:
    """Add the values of one bucket to the narrower ones that make it up."""
    lower, upper = ends
    if upper is None:
        amounts[0 if lower is None else bisect_left(edges, lower) + 1] += count
        return
    lower = min(0.0, upper) if lower is None else lower
    last = bisect_left(edges, upper)
    if lower == upper:
        amounts[last] += count
        return
    begin = lower
    for at in range(bisect_right(edges, lower), last + 1):
        amounts[at] += count * ((edges[at] - begin) / (upper - lower))
        begin = edges[at]


def percentile(buckets: Sequence[Bucket], quantile: float, extremes: Extremes) -> float | None:
    """The value that the share ``quantile`` of all does not exceed, estimated; None where there are no values."""
    total = sum(bucket.count for bucket in buckets)
    if total <= 0:
        return None
    rank = quantile * total
    reached = list(accumulate(bucket.count for bucket in buckets))
    at = next((at for at, count in enumerate(reached) if count >= rank and buckets[at].count > 0), len(buckets) - 1)
    bucket = buckets[at]
    share = (rank - (reached[at] - bucket.count)) / bucket.count if bucket.count else 1.0
    return extremes.hold(_inside(bucket, min(max(share, 0.0), 1.0)))


def _inside(bucket: Bucket, share: float) -> float:
    if not bucket.is_exponential or bucket.lower == 0 or bucket.upper == 0:
        return bucket.lower + (bucket.upper - bucket.lower) * share
    return bucket.lower * math.pow(bucket.upper / bucket.lower, share)

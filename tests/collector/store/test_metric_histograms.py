"""Percentiles, counts and means of histograms and summaries, against a reference in Python."""

import random
from itertools import pairwise

import pytest
from embedded_store import Store
from metric_answers import BOUNDS, NAME, NOON, steps
from metric_traffic import CUMULATIVE, DELTA, add_metrics, at, histogram, measured, metric


def reference_percentile(values: list[float], bounds: list[float], quantile: float) -> float:
    """Prometheus' histogram_quantile over buckets of ``values``, kept within their extremes."""
    edges = [0.0, *bounds, max(*bounds, *values)]
    rank, below = quantile * len(values), 0
    for lower, upper in pairwise(edges):
        inside = sum(lower < value <= upper for value in values)
        if inside and below + inside >= rank:
            estimate = lower + (upper - lower) * (rank - below) / inside
            return min(max(estimate, min(values)), max(values))
        below += inside
    return max(values)


@pytest.mark.parametrize("temporality", [DELTA, CUMULATIVE])
def test_percentiles_equal_a_reference_in_python(store: Store, temporality: int) -> None:
    seed = random.randrange(10_000)
    print(f"seed {seed}")
    chance = random.Random(seed)
    rounds = [[chance.lognormvariate(0, 1.5) for _ in range(chance.randrange(1, 80))] for _ in range(10)]
    points, so_far = [], []
    for number, values in enumerate(rounds, 1):
        so_far += values
        held = measured(so_far if temporality == CUMULATIVE else values, BOUNDS)
        start = NOON if temporality == CUMULATIVE else NOON + 60 * (number - 1)
        points.append(at(NOON + 60 * number, start, **held))
    add_metrics(store, histogram(NAME, *points, temporality=temporality, unit="s"))
    (whole,) = steps(store)
    every = [value for values in rounds for value in values]
    assert (whole.count, whole.sum) == (len(every), pytest.approx(sum(every)))
    for share in (50, 95, 99):
        wanted = reference_percentile(every, BOUNDS, share / 100)
        assert getattr(whole, f"p{share}") == pytest.approx(wanted), share
    found = steps(store, step_s=60)
    assert [step.count for step in found] == [len(values) for values in rounds]
    assert [step.mean for step in found] == pytest.approx([sum(values) / len(values) for values in rounds])
    if temporality == DELTA:
        wanted = [reference_percentile(values, BOUNDS, 0.95) for values in rounds]
        assert [step.p95 for step in found] == pytest.approx(wanted)


def test_histograms_with_other_bounds_are_put_together(store: Store) -> None:
    fine, coarse = [1.0, 2.0, 3.0, 4.0], [2.0, 4.0]
    add_metrics(store, histogram(NAME, at(NOON + 60, NOON, **measured([0.5, 1.5, 2.5, 3.5], fine))))
    add_metrics(store, histogram(NAME, at(NOON + 60, NOON, **measured([1, 1, 3, 3], coarse))), scope="another")
    (whole,) = steps(store)
    assert (whole.count, whole.p50, whole.p95) == (8, 2.0, pytest.approx(3.5))


def test_a_value_above_the_highest_bound_is_known_by_the_maximum(store: Store) -> None:
    held = measured([1.0, 50.0], [10.0])
    add_metrics(store, histogram(NAME, at(NOON + 60, NOON, **held)))
    assert steps(store)[0].p99 == pytest.approx(10 + 40 * 0.98)
    without = {key: value for key, value in held.items() if key not in {"min", "max"}}
    add_metrics(store, histogram("gen_ai.without.extremes", at(NOON + 60, NOON, **without)))
    assert steps(store, "gen_ai.without.extremes")[0].p99 == 10.0


def test_exponential_histograms_of_other_scales_are_put_together(store: Store) -> None:
    """Scale 1: bounds 1, 1.41, 2, 2.83, 4. Scale 0: bounds 1, 2, 4."""
    fine = {"scale": 1, "count": 4, "sum": 10.0, "positive": (0, [1, 1, 1, 1])}
    coarse = {"scale": 0, "count": 5, "sum": 11.0, "positive": (0, [2, 2]), "zero_count": 1}
    told = {"aggregation_temporality": DELTA}
    add_metrics(store, metric(NAME, "exponential_histogram", at(NOON + 60, NOON, **fine), **told))
    add_metrics(store, metric(NAME, "exponential_histogram", at(NOON + 70, NOON, **coarse), **told), scope="b")
    (whole,) = steps(store)
    assert (whole.count, whole.sum) == (9, 21.0)
    assert whole.p50 == pytest.approx(2 ** (3.5 / 4))  # one zero, then four in (1, 2], then four in (2, 4]
    assert whole.p95 == pytest.approx(2 * 2 ** ((0.95 * 9 - 5) / 4))


def test_a_cumulative_exponential_histogram_counts_its_differences_also_when_its_scale_falls(store: Store) -> None:
    first = {"scale": 1, "count": 2, "sum": 3.0, "positive": (0, [1, 1]), "min": 1.0, "max": 3.9}
    second = {"scale": 0, "count": 6, "sum": 15.0, "positive": (0, [2, 4]), "min": 1.0, "max": 3.9}
    points = [at(NOON + 60, NOON, **first), at(NOON + 120, NOON, **second)]
    add_metrics(store, metric(NAME, "exponential_histogram", *points, aggregation_temporality=CUMULATIVE))
    early, late = steps(store, step_s=60)
    assert (early.count, late.count) == (2, 4)
    assert late.p50 == pytest.approx(2 * 2**0.5)  # only the four in (2, 4]


def test_a_summary_has_rates_and_a_mean(store: Store) -> None:
    points = [
        at(NOON + 60, NOON, count=2, sum=4.0, quantile_values=[(0.5, 2.0)]),
        at(NOON + 120, NOON, count=5, sum=16.0),
    ]
    add_metrics(store, metric(NAME, "summary", *points))
    assert [(step.count, step.mean, step.p50) for step in steps(store, step_s=60)] == [(2, 2.0, None), (3, 4.0, None)]

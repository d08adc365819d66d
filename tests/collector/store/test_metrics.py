"""What applications report is stored once, and measured as a reference in Python measures it."""

import random
import time
from itertools import pairwise

import pytest
from embedded_store import Store
from metric_traffic import CUMULATIVE, DELTA, add_metrics, at, counter, histogram, measured, metric

from telltale_collector.errors import BadRequest, NotFound
from telltale_collector.model import Instrument, MetricQuery, MetricStep
from telltale_collector.store.client import Client
from telltale_collector.store.metrics import exemplars, find_instrument, instruments, measure, read_step

NOON = int(time.time()) // 3600 * 3600 - 86_400
"""Seconds: the start of an hour of yesterday."""

LONG = NOON + 7200
NAME = "gen_ai.client.operation.duration"


@pytest.fixture
def store(client: Client, project: str) -> Store:
    return Store(client, project)


def ns(seconds: float) -> int:
    return int(seconds * 1e9)


def instrument(store: Store, name: str = NAME, **told: str) -> Instrument:
    return find_instrument(store.reader, store.project, {"name": name, **told}, 0, 2**63 - 1)


def steps(store: Store, name: str = NAME, begin: float = NOON, end: float = LONG, **asked: object) -> list[MetricStep]:
    query = MetricQuery(from_time=ns(begin), to_time=ns(end), **asked)
    return measure(store.reader, store.project, instrument(store, name), query)


def stored_points(store: Store) -> int:
    (row,) = store.reader.run_text(
        "SELECT count() AS points FROM metric_points FINAL WHERE project = {project:String}", {"project": store.project}
    )
    return int(row["points"])


# --- once ------------------------------------------------------------------------------------------------------------


def test_a_request_that_is_sent_again_is_not_counted_again(store: Store) -> None:
    sent = counter("gen_ai.total.requests", at(NOON + 60, NOON, as_int=5), at(NOON + 120, NOON + 60, as_int=7))
    add_metrics(store, sent)
    add_metrics(store, sent)
    add_metrics(store, sent, token="same")
    add_metrics(store, sent, token="same")
    assert stored_points(store) == 2
    (step,) = steps(store, "gen_ai.total.requests")
    assert step.increase == 12


def test_series_of_two_processes_and_of_two_attributes_are_apart(store: Store) -> None:
    def requests(model: str, amount: int):
        return counter("gen_ai.total.requests", at(NOON + 60, NOON, as_int=amount, attributes={"model": model}))

    add_metrics(store, requests("a", 1), requests("b", 2), resource={"service.instance.id": "one"})
    add_metrics(store, requests("a", 4), resource={"service.instance.id": "two"})
    assert stored_points(store) == 3
    found = steps(store, "gen_ai.total.requests", group_by=["model"])
    assert [(step.group, step.increase) for step in found] == [({"model": "a"}, 5), ({"model": "b"}, 2)]


def test_the_order_of_attributes_makes_no_other_series(store: Store) -> None:
    for attributes in ({"a": "1", "b": 2}, {"b": 2, "a": "1"}):
        add_metrics(store, counter("gen_ai.total.requests", at(NOON + 60, NOON, as_int=3, attributes=attributes)))
    assert stored_points(store) == 1


# --- sums ------------------------------------------------------------------------------------------------------------


def test_deltas_add_up_in_their_steps_and_rates_are_per_second(store: Store) -> None:
    points = [at(NOON + 30 * number, NOON + 30 * number - 30, as_int=number) for number in range(1, 9)]
    add_metrics(store, counter("gen_ai.total.requests", *points))
    found = steps(store, "gen_ai.total.requests", step_s=60)
    assert [(step.time - ns(NOON)) // ns(1) for step in found] == [0, 60, 120, 180, 240]
    assert [step.increase for step in found] == [1, 5, 9, 13, 8]
    assert [step.rate for step in found] == [amount / 60 for amount in (1, 5, 9, 13, 8)]


def test_a_cumulative_sum_counts_its_differences(store: Store) -> None:
    totals = [10, 10, 25, 40]
    points = [at(NOON + 60 * number, NOON - 5, as_int=total) for number, total in enumerate(totals)]
    add_metrics(store, counter("gen_ai.total.requests", *points, temporality=CUMULATIVE))
    assert [step.increase for step in steps(store, "gen_ai.total.requests", step_s=60)] == [10, 0, 15, 15]


def test_a_series_that_is_older_than_the_range_counts_nothing_before_its_first_point(store: Store) -> None:
    day_before = NOON - 86_400
    points = [at(NOON + 60, day_before, as_int=1_000_000), at(NOON + 120, day_before, as_int=1_000_004)]
    add_metrics(store, counter("gen_ai.total.requests", *points, temporality=CUMULATIVE))
    assert sum(step.increase for step in steps(store, "gen_ai.total.requests", step_s=60)) == 4


def test_the_point_before_the_range_is_what_the_first_one_is_compared_with(store: Store) -> None:
    points = [at(NOON - 60, NOON - 90_000, as_int=100), at(NOON + 1, NOON - 90_000, as_int=103)]
    add_metrics(store, counter("gen_ai.total.requests", *points, temporality=CUMULATIVE))
    assert [step.increase for step in steps(store, "gen_ai.total.requests", step_s=60)] == [3]


def test_a_restart_counts_from_zero_whether_the_start_says_so_or_the_value(store: Store) -> None:
    restarted = [at(NOON + 60, NOON, as_int=50), at(NOON + 120, NOON + 100, as_int=60)]
    add_metrics(store, counter("gen_ai.told", *restarted, temporality=CUMULATIVE))
    assert [step.increase for step in steps(store, "gen_ai.told", step_s=60)] == [50, 60]
    fallen = [at(NOON + 60, as_int=50), at(NOON + 120, as_int=20), at(NOON + 180, as_int=22)]
    add_metrics(store, counter("gen_ai.seen", *fallen, temporality=CUMULATIVE))
    assert [step.increase for step in steps(store, "gen_ai.seen", step_s=60)] == [20, 2]


def test_many_restarts_of_many_series_sum_to_what_was_counted(store: Store) -> None:
    """Random counters, each with resets, against the plain sum of what was added."""
    seed = random.randrange(10_000)
    print(f"seed {seed}")
    chance, added, metrics = random.Random(seed), 0, []
    for series in range(20):
        total, start, points = 0, NOON, []
        for number in range(1, 60):
            if chance.random() < 0.1:
                total, start = 0, NOON + number * 60 - 30
            amount = chance.randrange(100)
            total, added = total + amount, added + amount
            points.append(at(NOON + number * 60, start, as_int=total, attributes={"series": series}))
        metrics.append(counter("gen_ai.total.requests", *points, temporality=CUMULATIVE))
    add_metrics(store, *metrics)
    (whole,) = steps(store, "gen_ai.total.requests")
    assert whole.increase == added
    assert sum(step.increase for step in steps(store, "gen_ai.total.requests", step_s=300)) == added


def test_a_sum_that_goes_up_and_down_and_a_gauge_are_levels(store: Store) -> None:
    levels = [at(NOON + 10, NOON, as_int=3), at(NOON + 50, NOON, as_int=2)]
    add_metrics(store, metric("gen_ai.active", "sum", *levels, aggregation_temporality=CUMULATIVE))
    others = [at(NOON + 20, NOON, as_int=5)]
    add_metrics(
        store,
        metric("gen_ai.active", "sum", *others, aggregation_temporality=CUMULATIVE),
        metric("gen_ai.queue", "gauge", at(NOON + 5, as_double=0.5)),
        resource={"service.name": "other"},
    )
    add_metrics(store, metric("gen_ai.queue", "gauge", at(NOON + 5, as_double=9.0), at(NOON + 6, as_double=1.5)))
    assert [step.value for step in steps(store, "gen_ai.active", step_s=60)] == [7]
    assert [step.value for step in steps(store, "gen_ai.queue", step_s=60)] == [1.0]


# --- histograms ------------------------------------------------------------------------------------------------------

BOUNDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]


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


# --- what is asked ---------------------------------------------------------------------------------------------------


def test_groups_are_by_attribute_service_and_environment_and_what_is_missing_is_null(store: Store) -> None:
    def requests(amount: int, **attributes: object):
        return counter("gen_ai.total.requests", at(NOON + 60, NOON, as_int=amount, attributes=attributes))

    add_metrics(store, requests(1, stream=True), requests(2), resource={"deployment.environment.name": "prod"})
    add_metrics(store, requests(4, stream=True), resource={"service.name": "other"})
    found = steps(store, "gen_ai.total.requests", group_by=["service", "environment", "stream"])
    assert [(tuple(step.group.values()), step.increase) for step in found] == [
        (("other", None, "true"), 4),
        (("test-app", "prod", None), 2),
        (("test-app", "prod", "true"), 1),
    ]
    (only,) = steps(store, "gen_ai.total.requests", service="other")
    assert only.increase == 4
    (only,) = steps(store, "gen_ai.total.requests", environment="prod")
    assert only.increase == 3


def test_instruments_say_what_was_seen_of_them(store: Store) -> None:
    point = at(NOON + 60, NOON, **measured([1.0], BOUNDS), attributes={"gen_ai.operation.name": "chat"})
    add_metrics(store, histogram(NAME, point, unit="s"))
    add_metrics(store, histogram(NAME, point, unit="s"), resource={"service.name": "other"})
    add_metrics(store, counter(NAME, at(NOON + 90, NOON, as_int=1)))
    as_sum, as_histogram = instruments(store.reader, store.project, 0, 2**63 - 1)
    assert (as_sum.type, as_sum.unit, as_sum.points) == ("sum", "", 1)
    assert (as_histogram.type, as_histogram.unit, as_histogram.temporality) == ("histogram", "s", "delta")
    assert (as_histogram.points, as_histogram.series, as_histogram.last_seen) == (2, 2, ns(NOON + 60))
    assert as_histogram.services == ["other", "test-app"]
    assert as_histogram.group_keys == ["service", "gen_ai.operation.name"]
    assert instrument(store).type == "sum"  # the one seen last
    assert instrument(store, type="histogram") == as_histogram


def test_exemplars_lead_to_the_traces_they_were_measured_in(store: Store) -> None:
    given = {"time_unix_nano": ns(NOON + 30), "as_double": 2.5, "trace_id": b"\x01" * 16, "span_id": b"\x02" * 8}
    nowhere = {"time_unix_nano": ns(NOON + 31), "as_double": 3.5}
    point = at(NOON + 60, NOON, **measured([2.5, 3.5], BOUNDS), exemplars=[given, nowhere])
    add_metrics(store, histogram(NAME, point))
    query = MetricQuery(from_time=ns(NOON), to_time=ns(LONG))
    (found,) = exemplars(store.reader, store.project, instrument(store), query, 10)
    assert (found.trace_id, found.span_id, found.value) == ("01" * 16, "02" * 8, 2.5)
    assert (found.time, found.service) == (ns(NOON + 30), "test-app")


def test_points_without_a_value_and_values_that_are_no_numbers_count_nothing(store: Store) -> None:
    points = [
        at(NOON + 60, NOON, as_double=float("nan")),
        at(NOON + 61, NOON, flags=1),
        at(NOON + 62, NOON, as_double=4.0),
    ]
    add_metrics(store, counter("gen_ai.total.requests", *points))
    assert stored_points(store) == 3
    assert [step.increase for step in steps(store, "gen_ai.total.requests", step_s=60)] == [4.0]


def test_what_is_not_stored_is_not_found_and_what_is_not_a_step_is_refused(store: Store) -> None:
    with pytest.raises(NotFound, match=r"no metric .gen_ai\.nothing. is stored"):
        instrument(store, "gen_ai.nothing")
    assert [read_step(text) for text in ("30s", "5m", "2h", "1d", "1w")] == [30, 300, 7200, 86_400, 604_800]
    for text in ("", "0m", "5", "m", "1y", "-1h"):
        with pytest.raises(BadRequest, match="not a step"):
            read_step(text)
    add_metrics(store, counter("gen_ai.total.requests", at(NOON + 60, NOON, as_int=1)))
    with pytest.raises(BadRequest, match="more than 5 keys"):
        steps(store, "gen_ai.total.requests", group_by=list("abcdef"))

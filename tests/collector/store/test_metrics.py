"""What applications report is stored once, and measured as a reference in Python measures it."""

import random

import pytest
from embedded_store import Store
from metric_answers import BOUNDS, LONG, NAME, NOON, instrument, ns, steps
from metric_traffic import CUMULATIVE, add_metrics, at, counter, histogram, measured, metric

from telltale_collector.errors import BadRequest, NotFound
from telltale_collector.model import MetricQuery
from telltale_collector.store.metrics import exemplars, instruments, read_step


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

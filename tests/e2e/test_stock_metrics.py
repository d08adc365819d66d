"""Real OpenTelemetry meters: what they count is what the API and the page say, whichever temporality they send."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import pytest
from collector_process import CollectorProcess
from html_text import text_of
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.metrics import Meter
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

TOKENS, DURATION = "gen_ai.client.token.usage", "gen_ai.client.operation.duration"
BOUNDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
"""What OpenTelemetry's conventions advise for durations."""

TEMPORALITIES = {"delta": AggregationTemporality.DELTA, "cumulative": AggregationTemporality.CUMULATIVE}


@contextmanager
def metering(
    collector: CollectorProcess, service: str, temporality: str, *views: View
) -> Iterator[tuple[Meter, object]]:
    """A meter of an application, and the function that sends what it has counted so far."""
    preferred = dict.fromkeys((Counter, Histogram), TEMPORALITIES[temporality])
    exporter = OTLPMetricExporter(endpoint=f"{collector.url}/v1/metrics", preferred_temporality=preferred)
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=3_600_000)
    provider = MeterProvider([reader], Resource({"service.name": service}), views=views)
    yield provider.get_meter("stock-tests"), provider.force_flush
    provider.shutdown()


def measured(collector: CollectorProcess, name: str, service: str, **asked: str) -> list[dict]:
    collector.settle()
    return collector.get("/api/v1/metrics", name=name, service=service, **asked)["rows"]


def reference_percentile(values: list[float], quantile: float) -> float:
    """Prometheus' histogram_quantile over buckets of ``values``, kept within their extremes."""
    edges, rank, below = [0.0, *BOUNDS], quantile * len(values), 0
    for lower, upper in pairwise(edges):
        inside = sum(lower < value <= upper for value in values)
        if inside and below + inside >= rank:
            return min(max(lower + (upper - lower) * (rank - below) / inside, min(values)), max(values))
        below += inside
    raise AssertionError("a value lies above all bounds")


@pytest.mark.parametrize("temporality", TEMPORALITIES)
def test_counters_and_histograms_of_the_sdk_arrive_with_the_right_numbers(
    collector: CollectorProcess, temporality: str
) -> None:
    seed = random.randrange(10_000)
    print(f"seed {seed}")
    chance, service = random.Random(seed), f"metered-{temporality}"
    durations: list[float] = []
    tokens = {"input": 0, "output": 0}
    with metering(collector, service, temporality) as (meter, send):
        duration = meter.create_histogram(DURATION, unit="s", explicit_bucket_boundaries_advisory=BOUNDS)
        usage = meter.create_counter(TOKENS, unit="{token}")
        for call in range(100):
            durations.append(min(chance.lognormvariate(0, 1), 80.0))
            duration.record(durations[-1], {"gen_ai.operation.name": "chat"})
            for kind in tokens:
                amount = chance.randrange(1, 5000)
                tokens[kind] += amount
                usage.add(amount, {"gen_ai.token.type": kind})
            if call % 30 == 0:
                send()
    (row,) = measured(collector, DURATION, service)
    assert row["count"] == len(durations)
    assert row["sum"] == pytest.approx(sum(durations))
    assert row["mean"] == pytest.approx(sum(durations) / len(durations))
    for share in (50, 95, 99):
        assert row[f"p{share}"] == pytest.approx(reference_percentile(durations, share / 100)), share
    by_type = measured(collector, TOKENS, service, group_by="gen_ai.token.type", type="sum")
    assert {row["group"]["gen_ai.token.type"]: row["increase"] for row in by_type} == tokens
    over_time = measured(collector, TOKENS, service, step="10s", type="sum")
    assert sum(row["increase"] for row in over_time) == sum(tokens.values())


@pytest.mark.parametrize("temporality", TEMPORALITIES)
def test_exponential_histograms_of_the_sdk_are_as_sharp_as_their_buckets(
    collector: CollectorProcess, temporality: str
) -> None:
    chance, service, name = random.Random(7), f"exponential-{temporality}", f"gen_ai.exponential.{temporality}"
    values: list[float] = []
    view = View(instrument_name=name, aggregation=ExponentialBucketHistogramAggregation(max_size=160))
    with metering(collector, service, temporality, view) as (meter, send):
        duration = meter.create_histogram(name, unit="s")
        for call in range(1000):
            values.append(chance.lognormvariate(0, 2))  # the scale falls as the range grows
            duration.record(values[-1])
            if call % 200 == 0:
                send()
    (row,) = measured(collector, name, service)
    assert (row["count"], row["sum"]) == (1000, pytest.approx(sum(values)))
    ordered = sorted(values)
    for share in (50, 95, 99):
        assert row[f"p{share}"] == pytest.approx(ordered[10 * share - 1], rel=0.1), share


def test_a_measurement_leads_to_the_trace_it_was_made_in(collector: CollectorProcess) -> None:
    tracers = TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(endpoint=f"{collector.url}/v1/traces")))
    name = "gen_ai.server.time_to_first_token"
    with metering(collector, "linked", "delta") as (meter, _):
        first_token = meter.create_histogram(name, unit="s")
        with tracers.get_tracer("stock-tests").start_as_current_span("chat"):
            first_token.record(0.25)
            trace_id = f"{trace.get_current_span().get_span_context().trace_id:032x}"
    tracers.shutdown()
    collector.settle()
    answer = collector.get("/api/v1/metrics", name=name, service="linked")
    assert [(exemplar["trace_id"], exemplar["value"]) for exemplar in answer["exemplars"]] == [(trace_id, 0.25)]
    page = collector.client.get("/app-metrics", params={"name": name, "service": "linked"}).text
    assert f'href="/traces/{trace_id}?span=' in page
    assert collector.client.get(f"/traces/{trace_id}").status_code == 200


def test_the_page_shows_what_was_counted_and_costs_stay_out_of_the_traces(collector: CollectorProcess) -> None:
    spent = collector.get("/api/v1/usage")["rows"]
    with metering(collector, "spender", "cumulative") as (meter, send):
        cost = meter.create_counter("gen_ai.usage.cost", unit="USD")
        for amount in (0.25, 0.5):
            cost.add(amount, {"gen_ai.request.model": "gpt-4o"})
            send()
        meter.create_counter("http.server.requests").add(1)
    collector.settle()
    asked = {"name": "gen_ai.usage.cost", "group": "gen_ai.request.model", "service": "spender"}
    text = text_of(collector.client.get("/app-metrics", params=asked).text)
    for expected in ("gpt-4o", "$0.7500", "not part of the costs of traces", "gen_ai.usage.cost"):
        assert expected in text, text
    assert "http.server.requests" not in text
    assert collector.get("/api/v1/usage")["rows"] == spent

"""OTLP metrics: points of GenAI instruments are read whole, others are let go, bad ones are set aside."""

import orjson
import pytest
from google.protobuf.json_format import MessageToDict
from metric_traffic import CUMULATIVE, DELTA, at, counter, histogram, measured, metric, metrics_body, metrics_request
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from telltale_collector.decode import Media, check_metrics, read_metric_points, split_request
from telltale_collector.decode.metric_names import PREFIXES, is_kept
from telltale_collector.model import ExponentialBuckets

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def read(body: bytes) -> list:
    checked = check_metrics(body, Media.PROTOBUF)
    points = list(read_metric_points(checked.payload))
    assert len(points) == checked.accepted
    return points


@pytest.mark.parametrize("library", ["openllmetry-openai", "otel-genai-openai"])
def test_what_a_real_library_reports_is_kept_to_the_byte(otlp_fixtures, library: str) -> None:
    body = (otlp_fixtures / library / "chat_basic-metrics/metrics.pb").read_bytes()
    checked = check_metrics(body, Media.PROTOBUF)
    assert (checked.payload, checked.rejects, checked.message) == (body, [], "")
    points = read(body)
    by_type = {point.attributes.get("gen_ai.token.type"): point for point in points if "token" in point.name}
    assert {kind: point.sum for kind, point in by_type.items()} == {"input": 27.0, "output": 8.0}
    assert {point.temporality for point in points} == {"cumulative"}
    assert {point.resource["service.name"] for point in points} == {"fixture-app"}


def test_a_metric_in_json_is_the_metric_in_protobuf(otlp_fixtures) -> None:
    folder = otlp_fixtures / "otel-genai-openai/chat_basic-metrics"
    in_json = check_metrics((folder / "metrics.json").read_bytes(), Media.JSON)
    assert list(read_metric_points(in_json.payload)) == read((folder / "metrics.pb").read_bytes())


def test_every_type_of_point_is_read_whole() -> None:
    exemplar = {
        "time_unix_nano": 7,
        "as_double": 2.5,
        "trace_id": bytes.fromhex(TRACE),
        "span_id": bytes.fromhex(SPAN),
    }
    bare = {"time_unix_nano": 8, "as_int": 3, "span_id": bytes(8)}
    exponential = {
        "scale": 3,
        "count": 9,
        "sum": 4.5,
        "zero_count": 2,
        "zero_threshold": 0.001,
        "positive": (-4, [1, 2]),
        "negative": (5, [4]),
    }
    body = metrics_body(
        metric("gen_ai.a", "gauge", at(2, as_double=1.5, attributes={"n": 1, "list": ["x"], "yes": True})),
        counter("gen_ai.b", at(2, 1, as_int=12, flags=2), temporality=CUMULATIVE, unit="{token}"),
        histogram("gen_ai.c", at(2, 1, **measured([1.0, 3.0], [2.0]), exemplars=[exemplar, bare])),
        metric("gen_ai.d", "exponential_histogram", at(2, 1, **exponential), aggregation_temporality=DELTA),
        metric("gen_ai.e", "summary", at(2, 1, count=4, sum=8.0, quantile_values=[(0.5, 2.0), (1.0, 3.0)])),
        scope="library",
    )
    gauge, total, distribution, exponents, summary = read(body)
    assert (gauge.type, gauge.value, gauge.temporality, gauge.start_time) == ("gauge", 1.5, None, 0)
    assert gauge.attributes == {"n": 1, "list": ["x"], "yes": True}
    assert (total.value, total.unit, total.temporality, total.is_monotonic) == (12.0, "{token}", "cumulative", True)
    assert (total.start_time, total.time, total.flags, total.scope) == (10**9, 2 * 10**9, 2, "library")
    assert (distribution.bounds, distribution.bucket_counts) == ((2.0,), (1, 1))
    assert (distribution.count, distribution.sum, distribution.min, distribution.max) == (2, 4.0, 1.0, 3.0)
    linked, unlinked = distribution.exemplars
    assert (linked.time, linked.value, linked.trace_id, linked.span_id) == (7, 2.5, TRACE, SPAN)
    assert (unlinked.value, unlinked.trace_id, unlinked.span_id) == (3.0, None, None)
    assert (exponents.scale, exponents.zero_count, exponents.zero_threshold) == (3, 2, 0.001)
    assert (exponents.positive, exponents.negative) == (ExponentialBuckets(-4, (1, 2)), ExponentialBuckets(5, (4,)))
    assert (exponents.min, exponents.max) == (None, None)
    assert (summary.count, summary.sum, summary.quantiles) == (4, 8.0, ((0.5, 2.0), (1.0, 3.0)))


def test_other_instruments_are_counted_and_let_go_with_a_plain_success() -> None:
    body = metrics_body(
        counter("http.server.requests", at(2, 1, as_int=1), at(3, 2, as_int=1)),
        counter("gen_ai.total.requests", at(2, 1, as_int=5)),
        metric("process.memory", "gauge", at(2, as_int=1)),
    )
    checked = check_metrics(body, Media.PROTOBUF)
    assert (checked.accepted, checked.rejects, checked.message) == (1, [], "")
    assert checked.ignored == {"other_instrument": 3}
    assert [point.name for point in read_metric_points(checked.payload)] == ["gen_ai.total.requests"]


def test_a_metric_of_many_points_stays_whole_however_large_it_is() -> None:
    bounds = [float(edge) for edge in range(1, 50)]
    points = [at(2 + number, 1, **measured([3.0, 7.5], bounds)) for number in range(5_000)]
    body = metrics_body(histogram("gen_ai.many", *points))
    assert len(body) > 2 << 20
    checked = check_metrics(body, Media.PROTOBUF)
    assert (checked.accepted, checked.rejects, checked.warnings) == (5_000, [], [])
    assert checked.payload == body


def test_a_name_without_end_is_refused_and_a_description_is_cut() -> None:
    endless = counter("gen_ai." + "x" * 2000, at(2, 1, as_int=1), at(3, 2, as_int=1))
    told = counter("gen_ai.told", at(2, 1, as_int=1))
    told.description = "d" * 10_000
    checked = check_metrics(metrics_body(endless, told), Media.PROTOBUF)
    assert [reject.reason for reject in checked.rejects] == ["name or unit is longer than 1024 characters"] * 2
    assert [len(point.description) for point in read_metric_points(checked.payload)] == [4096]


def test_a_type_of_the_future_is_counted_and_let_go() -> None:
    request = metrics_request(counter("gen_ai.b", at(2, 1, as_int=1)))
    request.resource_metrics[0].scope_metrics[0].metrics.add(name="gen_ai.future")
    checked = check_metrics(request.SerializeToString(), Media.PROTOBUF)
    assert (checked.accepted, checked.rejects, dict(checked.ignored)) == (1, [], {"unknown_type": 1})


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (counter("gen_ai.bad", at(0, as_int=1)), "time_unix_nano is missing"),
        (counter("gen_ai.bad", {"time_unix_nano": 2**63, "as_int": 1}), "a time lies after the year 2262"),
        (counter("gen_ai.bad", at(2, 1)), "the point has no value"),
        (counter("gen_ai.bad", at(2, 1, as_int=1), temporality=0), "aggregation_temporality is neither"),
        (histogram("gen_ai.bad", at(2, 1, explicit_bounds=[1.0], bucket_counts=[1])), "not one element more"),
        (histogram("gen_ai.bad", at(2, 1, explicit_bounds=[2.0, 1.0], bucket_counts=[1, 1, 1])), "do not grow"),
        (histogram("gen_ai.bad", at(2, 1, explicit_bounds=[float("nan")], bucket_counts=[1, 1])), "is not finite"),
        (
            metric("gen_ai.bad", "exponential_histogram", at(2, 1, scale=21), aggregation_temporality=DELTA),
            "scale is not from -10 to 20",
        ),
    ],
)
def test_a_bad_point_is_set_aside_with_the_reason_and_the_others_stay(made, why: str) -> None:
    checked = check_metrics(metrics_body(made, counter("gen_ai.good", at(2, 1, as_int=1))), Media.PROTOBUF)
    assert [(reject.name, why in reject.reason) for reject in checked.rejects] == [("gen_ai.bad", True)]
    assert [point.name for point in read_metric_points(checked.payload)] == ["gen_ai.good"]


def test_a_malformed_metric_in_json_is_set_aside_and_the_others_stay() -> None:
    made = MessageToDict(
        metrics_request(counter("gen_ai.bad", at(2, 1, as_int=1)), counter("gen_ai.good", at(2, 1, as_int=1)))
    )
    first, second = made["resourceMetrics"][0]["scopeMetrics"][0]["metrics"]
    for each in (first, second):
        each["sum"]["aggregationTemporality"] = DELTA
    first["sum"]["dataPoints"][0]["timeUnixNano"] = "soon"
    checked = check_metrics(orjson.dumps(made), Media.JSON)
    assert [point.name for point in read_metric_points(checked.payload)] == ["gen_ai.good"]
    assert "timeUnixNano" in checked.message


def test_a_request_is_taken_apart_into_its_points() -> None:
    body = metrics_body(
        counter("gen_ai.a", at(2, 1, as_int=1), at(3, 2, as_int=2), at(4, 3, as_int=3)),
        histogram("gen_ai.b", at(2, 1, **measured([1.0], [2.0]))),
    )
    parts = list(split_request("METRICS", body))
    assert [len(read(part)) for part in parts] == [1, 1, 1, 1]
    assert [point for part in parts for point in read(part)] == read(body)


def test_a_series_is_told_by_resource_scope_and_attributes_in_any_order() -> None:
    def series(attributes: dict, **options: object) -> str:
        (point,) = read(metrics_body(counter("gen_ai.a", at(2, 1, as_int=1, attributes=attributes)), **options))
        return point.series_id

    same = series({"a": "1", "b": "2"})
    assert same == series({"b": "2", "a": "1"})
    others = [
        series({"a": "1"}),
        series({"a": 1, "b": "2"}),
        series({"a": "1", "b": "2"}, scope="another"),
        series({"a": "1", "b": "2"}, resource={"service.instance.id": "2"}),
    ]
    assert len({same, *others}) == 5


def test_the_names_that_are_kept_are_few_and_no_database_is_among_them() -> None:
    kept = (
        "gen_ai.client.token.usage gen_ai.server.time_to_first_token llm.openai.embeddings.vector_size vllm:x".split()
    )
    assert all(map(is_kept, kept))
    let_go = "db.client.operation.duration http.client.duration genie.x gen_aix llm".split()
    assert not any(map(is_kept, let_go))
    assert len(set(PREFIXES)) == len(PREFIXES)


def test_an_empty_request_is_no_point() -> None:
    checked = check_metrics(b"", Media.PROTOBUF)
    assert (checked.accepted, checked.payload, checked.ignored) == (0, b"", {})
    assert list(read_metric_points(ExportMetricsServiceRequest().SerializeToString())) == []

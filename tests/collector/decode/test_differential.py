"""Generated requests say the same in both encodings, and what was read in slices is what the official classes read.

``TELLTALE_EXAMPLES`` sets how many are tried (1,000), ``TELLTALE_SEED`` which ones.
"""

import os
from collections.abc import Iterator

import pytest
from exports import as_json
from figures import FigureRecorder
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from telltale_collector.decode import Media, check_logs, check_traces, read_log_events, read_spans
from telltale_collector.decode.logs import KEPT_EVENTS
from telltale_collector.decode.values import key_values

EXAMPLES = int(os.environ.get("TELLTALE_EXAMPLES", "1000"))
SEED = int(os.environ.get("TELLTALE_SEED") or 0)

texts = st.text(max_size=12)
times = st.integers(0, 2**63 - 1)
counts = st.integers(0, 2**32 - 1)
scalars = st.one_of(
    st.builds(AnyValue),
    st.builds(AnyValue, string_value=texts),
    st.builds(AnyValue, bool_value=st.booleans()),
    st.builds(AnyValue, int_value=st.integers(-(2**63), 2**63 - 1)),
    st.builds(AnyValue, double_value=st.floats(allow_nan=False)),
    st.builds(AnyValue, bytes_value=st.binary(max_size=8)),
)


def _array(values: list[AnyValue]) -> AnyValue:
    found = AnyValue()
    found.array_value.SetInParent()
    found.array_value.values.extend(values)
    return found


def _map(pairs: list[KeyValue]) -> AnyValue:
    found = AnyValue()
    found.kvlist_value.SetInParent()
    found.kvlist_value.values.extend(pairs)
    return found


values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.builds(_array, st.lists(inner, max_size=3)),
        st.builds(_map, st.lists(st.builds(KeyValue, key=texts, value=inner), max_size=3)),
    ),
    max_leaves=5,
)
attributes = st.lists(st.builds(KeyValue, key=texts, value=values), max_size=4)
trace_ids = st.binary(min_size=16, max_size=16)
span_ids = st.binary(min_size=8, max_size=8)
events = st.builds(Span.Event, name=texts, time_unix_nano=times, attributes=attributes, dropped_attributes_count=counts)
links = st.builds(Span.Link, trace_id=trace_ids, span_id=span_ids, trace_state=texts, attributes=attributes)
spans = st.builds(
    Span,
    trace_id=trace_ids,
    span_id=span_ids,
    parent_span_id=st.one_of(st.just(b""), span_ids),
    trace_state=texts,
    name=texts,
    kind=st.integers(0, 5),
    start_time_unix_nano=st.integers(0, 2**64 - 1),
    end_time_unix_nano=times,
    attributes=attributes,
    dropped_attributes_count=counts,
    events=st.lists(events, max_size=2),
    dropped_events_count=counts,
    links=st.lists(links, max_size=2),
    dropped_links_count=counts,
    status=st.builds(Status, code=st.integers(0, 2), message=texts),
    flags=counts,
)
scopes = st.builds(InstrumentationScope, name=texts, version=texts, attributes=attributes)
resources = st.builds(Resource, attributes=attributes)
trace_requests = st.builds(
    lambda resource, scope, url, found: ExportTraceServiceRequest(
        resource_spans=[
            ResourceSpans(resource=resource, schema_url=url, scope_spans=[ScopeSpans(scope=scope, spans=found)])
        ]
    ),
    resources,
    scopes,
    texts,
    st.lists(spans, max_size=3),
)
records = st.builds(
    LogRecord,
    event_name=st.sampled_from([*sorted(KEPT_EVENTS), ""]),
    time_unix_nano=times,
    trace_id=trace_ids,
    span_id=span_ids,
    attributes=attributes,
    body=values,
)
log_requests = st.builds(
    lambda resource, found: ExportLogsServiceRequest(
        resource_logs=[ResourceLogs(resource=resource, scope_logs=[ScopeLogs(log_records=found)])]
    ),
    resources,
    st.lists(records, max_size=3),
)
trying = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)


@seed(SEED)
@trying
@given(trace_requests)
def test_spans_are_the_same_from_both_encodings(request: ExportTraceServiceRequest) -> None:
    binary = check_traces(request.SerializeToString(), Media.PROTOBUF)
    text = check_traces(as_json(request), Media.JSON)
    found = list(read_spans(binary.payload))
    assert found == list(read_spans(text.payload))
    assert (binary.accepted, binary.message) == (text.accepted, text.message)
    kept = [
        span
        for resource_spans in ExportTraceServiceRequest.FromString(binary.payload).resource_spans
        for scope_spans in resource_spans.scope_spans
        for span in scope_spans.spans
    ]
    assert [span.attributes for span in found] == [key_values(span.attributes) for span in kept]


@seed(SEED)
@trying
@given(log_requests)
def test_log_events_are_the_same_from_both_encodings(request: ExportLogsServiceRequest) -> None:
    binary = check_logs(request.SerializeToString(), Media.PROTOBUF)
    text = check_logs(as_json(request), Media.JSON)
    assert list(read_log_events(binary.payload)) == list(read_log_events(text.payload))
    assert (binary.accepted, binary.message) == (text.accepted, text.message)


@pytest.fixture(autouse=True)
def _say_which(request: pytest.FixtureRequest, record_figure: FigureRecorder) -> Iterator[None]:
    print(f"TELLTALE_SEED={SEED} TELLTALE_EXAMPLES={EXAMPLES}")
    yield
    signal = "spans" if "spans" in request.node.name else "log events"
    record_figure(f"generated requests of {signal}, in both encodings", EXAMPLES)

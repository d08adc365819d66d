"""Real OpenTelemetry clients: everything they send arrives, ids and attributes equal."""

from collections.abc import Iterator

import pytest
from collector_process import CollectorProcess, free_port
from opentelemetry.exporter.otlp.json.http.trace_exporter import OTLPSpanExporter as OTLPJsonSpanExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as OTLPGrpcSpanExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

SPANS = 1000
EXPORTERS = {
    "http/protobuf": lambda http, _: OTLPSpanExporter(endpoint=http),
    "http/protobuf, gzip": lambda http, _: OTLPSpanExporter(endpoint=http, compression=Compression.Gzip),
    "http/json": lambda http, _: OTLPJsonSpanExporter(endpoint=http),
    "grpc": lambda _, grpc: OTLPGrpcSpanExporter(endpoint=grpc, insecure=True),
}


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CollectorProcess]:
    grpc_port = free_port()
    running = CollectorProcess(tmp_path_factory.mktemp("stock") / "data", "--grpc-port", str(grpc_port)).start()
    running.grpc_url = f"http://127.0.0.1:{grpc_port}"
    yield running
    running.stop()


class Recording(SpanExporter):
    """Passes spans on and keeps them, to compare with what arrived."""

    def __init__(self, inner: SpanExporter) -> None:
        self._inner = inner
        self.sent: dict[str, ReadableSpan] = {}

    def export(self, spans: tuple[ReadableSpan, ...]) -> SpanExportResult:
        self.sent |= {f"{span.context.span_id:016x}": span for span in spans}
        return self._inner.export(spans)

    def shutdown(self) -> None:
        self._inner.shutdown()


@pytest.mark.parametrize("name", EXPORTERS)
def test_all_spans_of_a_stock_exporter_arrive_equal(collector: CollectorProcess, name: str) -> None:
    service = f"stock-{name}"
    exporter = Recording(EXPORTERS[name](f"{collector.url}/v1/traces", collector.grpc_url))
    provider = TracerProvider(resource=Resource({"service.name": service, "deployment.environment.name": "test"}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    record(provider)
    provider.shutdown()
    collector.settle()
    page = collector.get("/api/v1/spans", service=service, limit=10_000)
    arrived = {span["span_id"]: span for span in page["spans"]}
    assert len(exporter.sent) == SPANS
    assert set(arrived) == set(exporter.sent)
    for span_id, sent in exporter.sent.items():
        compare(arrived[span_id], sent)


def record(provider: TracerProvider) -> None:
    tracer = provider.get_tracer("stock-tests", "1.2.3")
    link = Link(SpanContext(5, 6, is_remote=True, trace_flags=TraceFlags(1)), {"why": "because"})
    for number in range(SPANS // 2):
        attributes = {
            "number": number,
            "negative": -number,
            "ratio": number / 7,
            "flag": number % 2 == 0,
            "text": f"ünï {number} 🚀",
            "list": [f"a{number}", "b"],
            "numbers": [1, 2, number],
        }
        with tracer.start_as_current_span(f"outer {number}", attributes=attributes, kind=SpanKind.CLIENT) as outer:
            outer.add_event("something", {"at": number})
            outer.set_status(Status(StatusCode.ERROR, "as planned") if number % 10 == 0 else StatusCode.OK)
            with tracer.start_as_current_span("inner", links=[link]):
                pass


def compare(arrived: dict, sent: ReadableSpan) -> None:
    assert arrived["trace_id"] == f"{sent.context.trace_id:032x}"
    assert arrived["parent_span_id"] == (f"{sent.parent.span_id:016x}" if sent.parent else None)
    assert arrived["name"] == sent.name
    assert arrived["duration_ns"] == sent.end_time - sent.start_time
    wanted = {key: list(value) if isinstance(value, tuple) else value for key, value in sent.attributes.items()}
    assert arrived["attributes"] == wanted
    assert [(e["name"], e["attributes"]) for e in arrived["events"]] == [
        (event.name, dict(event.attributes)) for event in sent.events
    ]
    assert [(k["span_id"], k["attributes"]) for k in arrived["links"]] == [
        (f"{link.context.span_id:016x}", dict(link.attributes)) for link in sent.links
    ]
    assert arrived["status"] == sent.status.status_code.name.lower()
    assert arrived["resource"]["deployment.environment.name"] == "test"

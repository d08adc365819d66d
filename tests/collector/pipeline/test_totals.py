"""Recorded traces, however they are cut, shuffled and repeated, always sum to what the provider was really paid for."""

import json
import random
from pathlib import Path

import pytest
from embedded_store import Store
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from telltale_collector.model import CALL_KINDS, TraceFilter
from telltale_collector.store.client import Client
from telltale_collector.store.usage import usage
from telltale_collector.wal import Signal

CASES = sorted((Path(__file__).parents[2] / "fixtures/otlp").glob("*/*/expected.json"))


def pieces_of(folder: Path) -> list[tuple[Signal, bytes]]:
    """Each span and each log record of a case as a request of its own."""
    traces = [ExportTraceServiceRequest.FromString(p.read_bytes()) for p in sorted(folder.glob("traces*.pb"))]
    logs = [ExportLogsServiceRequest.FromString(p.read_bytes()) for p in sorted(folder.glob("logs*.pb"))]
    spans = [
        (Signal.TRACES, one_span(resource, scope, span))
        for request in traces
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    events = [
        (Signal.LOGS, one_record(resource, scope, record))
        for request in logs
        for resource in request.resource_logs
        for scope in resource.scope_logs
        for record in scope.log_records
    ]
    return spans + events


def one_span(resource, scope, span) -> bytes:
    request = ExportTraceServiceRequest()
    only = request.resource_spans.add(resource=resource.resource)
    only.scope_spans.add(scope=scope.scope).spans.append(span)
    return request.SerializeToString()


def one_record(resource, scope, record) -> bytes:
    request = ExportLogsServiceRequest()
    only = request.resource_logs.add(resource=resource.resource)
    only.scope_logs.add(scope=scope.scope).log_records.append(record)
    return request.SerializeToString()


def totals_of(store: Store) -> dict[str, int]:
    """As the roll-ups count; tokens that the collector counted itself are not the provider's."""
    spans, _ = store.reader.spans(
        store.project,
        TraceFilter(),
        ["kind", "duplicate_of", "tokens_source", "input_tokens", "output_tokens"],
        limit=1000,
    )
    counted = [span for span in spans if span["kind"] in CALL_KINDS and span["duplicate_of"] is None]
    reported = [span for span in counted if span["tokens_source"] == "provider"]
    totals = {
        "llm_calls": sum(span["kind"] == "llm" for span in counted),
        "embedding_calls": sum(span["kind"] == "embedding" for span in counted),
        "input_tokens": sum(span["input_tokens"] or 0 for span in reported),
        "output_tokens": sum(span["output_tokens"] or 0 for span in reported),
    }
    agree_with_rollups(store, counted)
    return totals


def agree_with_rollups(store: Store, counted: list[dict]) -> None:
    """The trace list, usage by model and usage by hour say the same as the spans."""
    tokens = sum(span["input_tokens"] or 0 for span in counted)
    traces = store.traces(limit=1000).traces
    assert sum(trace.input_tokens or 0 for trace in traces) == tokens
    assert sum(trace.llm_calls + trace.embedding_calls for trace in traces) == len(counted)
    for keys, interval in ([], None), (["model"], None), (["service", "user_id", "session_id"], "1h"):
        rows = usage(store.reader, store.project, TraceFilter(), keys, interval)
        assert sum(row["input_tokens"] or 0 for row in rows) == tokens
        assert sum(row["calls"] for row in rows) == len(counted)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("expected", CASES, ids=lambda path: f"{path.parts[-3]}/{path.parts[-2]}")
def test_totals_are_exact_however_the_spans_come(client: Client, project: str, expected: Path, seed: int) -> None:
    truth = json.loads(expected.read_text())
    rng = random.Random(seed)
    pieces = pieces_of(expected.parent)
    if seed:  # seed 0: all at once, in order
        pieces += rng.choices(pieces, k=2)
        rng.shuffle(pieces)
    store = Store(client, project, overlapped=seed == 2, encoded=seed == 1)
    while pieces:
        size = len(pieces) if not seed else rng.randint(1, 4)
        batch, pieces = pieces[:size], pieces[size:]
        store.add_bodies(*batch)
    store.finish()
    assert totals_of(store) == truth["totals"]
    duplicates = {span["span_id"] for span in truth["spans"] if span.get("duplicate_of")}
    marked, _ = store.reader.spans(store.project, TraceFilter(), ["span_id", "duplicate_of"], limit=1000)
    assert sum(span["duplicate_of"] is not None for span in marked) == len(duplicates)

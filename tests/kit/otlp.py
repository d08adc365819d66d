"""OTLP requests for tests, built with the official messages."""

import itertools
import time

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

_ids = itertools.count(1)


def new_trace_id() -> str:
    """A trace id that no other test of this run has."""
    return f"{time.time_ns():016x}{next(_ids):016x}"


def new_span_id() -> str:
    return f"{next(_ids):016x}"


def span(name: str = "step", **fields: object) -> dict:
    """A span as a dict: trace_id, span_id, parent, start, end, attributes, status, events, kind."""
    start = int(fields.pop("start", time.time_ns()))
    return {
        "name": name,
        "trace_id": new_trace_id(),
        "span_id": new_span_id(),
        "parent": None,
        "start": start,
        "end": start + 1_000_000_000,
        "attributes": {},
        "status": (0, ""),
        "events": [],
        "kind": 1,
    } | fields


def llm_span(question: str = "What is ClickHouse?", answer: str = "A database.", **fields: object) -> dict:
    """A chat call as the GenAI conventions write it."""
    import json

    def message(role: str, text: str) -> dict:
        return {"role": role, "parts": [{"type": "text", "content": text}]}

    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
        "gen_ai.usage.input_tokens": 1000,
        "gen_ai.usage.output_tokens": 100,
        "gen_ai.input.messages": json.dumps([message("user", question)]),
        "gen_ai.output.messages": json.dumps([message("assistant", answer)]),
        "gen_ai.response.finish_reasons": ["stop"],
    }
    given = fields.pop("attributes", {})
    return span("chat gpt-4o-mini", attributes={**attributes, **given}, kind=3, **fields)


def traces_request(*spans: dict, resource: dict | None = None, scope: str = "tests") -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    _set(resource_spans.resource.attributes, {"service.name": "test-app", **(resource or {})})
    scope_spans = resource_spans.scope_spans.add()
    scope_spans.scope.name = scope
    for given in spans:
        _add_span(scope_spans, given)
    return request


def traces_body(*spans: dict, **options: object) -> bytes:
    return traces_request(*spans, **options).SerializeToString()


def _add_span(scope_spans, given: dict) -> None:
    message = scope_spans.spans.add()
    message.trace_id = bytes.fromhex(given["trace_id"])
    message.span_id = bytes.fromhex(given["span_id"])
    message.parent_span_id = bytes.fromhex(given["parent"] or "")
    message.name = given["name"]
    message.kind = given["kind"]
    message.start_time_unix_nano = given["start"]
    message.end_time_unix_nano = given["end"]
    message.status.code, message.status.message = given["status"]
    _set(message.attributes, given["attributes"])
    for event in given["events"]:
        added = message.events.add(name=event["name"], time_unix_nano=event.get("time", given["end"]))
        _set(added.attributes, event.get("attributes", {}))


def logs_body(*records: dict) -> bytes:
    """Records: event, trace_id, span_id, attributes, body, time."""
    request = ExportLogsServiceRequest()
    scope_logs = request.resource_logs.add().scope_logs.add()
    for given in records:
        log = scope_logs.log_records.add()
        log.event_name = given["event"]
        log.time_unix_nano = given.get("time", time.time_ns())
        log.trace_id = bytes.fromhex(given.get("trace_id", ""))
        log.span_id = bytes.fromhex(given.get("span_id", ""))
        _set(log.attributes, given.get("attributes", {}))
        if "body" in given:
            log.body.CopyFrom(any_value(given["body"]))
    return request.SerializeToString()


def _set(container, values: dict) -> None:
    for key, value in values.items():
        container.add(key=key).value.CopyFrom(any_value(value))


def any_value(value: object) -> AnyValue:
    found = AnyValue()
    if isinstance(value, bool):
        found.bool_value = value
    elif isinstance(value, str):
        found.string_value = value
    elif isinstance(value, int):
        found.int_value = value
    elif isinstance(value, float):
        found.double_value = value
    elif isinstance(value, bytes):
        found.bytes_value = value
    elif isinstance(value, (list, tuple)):
        found.array_value.SetInParent()
        found.array_value.values.extend(any_value(element) for element in value)
    elif isinstance(value, dict):
        found.kvlist_value.SetInParent()
        _set(found.kvlist_value.values, value)
    return found

"""OTLP logs: GenAI events that belong to a span are kept, other log records are refused with a reason."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from telltale.semconv import DETAILS_EVENT, EVALUATION_EVENT, MESSAGE_EVENTS
from telltale_collector.decode.checked import Checked, Media, parse
from telltale_collector.decode.findings import Findings
from telltale_collector.decode.traces import MAX_TIME_NS
from telltale_collector.decode.values import any_value, key_values
from telltale_collector.model import LogEvent

KEPT_EVENTS = frozenset({DETAILS_EVENT, EVALUATION_EVENT, *MESSAGE_EVENTS})


def check_logs(body: bytes, media: Media) -> Checked:
    """Decode, set aside what is no GenAI event of a span, and give the rest back as protobuf.

    Raises:
        BadRequest: the body as a whole is not an ExportLogsServiceRequest.
    """
    findings = Findings()
    request = parse(ExportLogsServiceRequest, body, media, findings)
    accepted = 0
    for resource_logs in request.resource_logs:
        for scope_logs in resource_logs.scope_logs:
            bad = [(at, log, why) for at, log in enumerate(scope_logs.log_records) if (why := _fault(log))]
            for _, log, why in bad:
                findings.reject(_event_name(log) or "log record", why)
            for at, _, _ in reversed(bad):
                del scope_logs.log_records[at]
            accepted += len(scope_logs.log_records)
    return Checked(request.SerializeToString(), accepted, findings.rejects, findings.warnings)


def _fault(log: LogRecord) -> str | None:
    if _event_name(log) not in KEPT_EVENTS:
        return "not a GenAI event: only gen_ai.* message, details and evaluation events are stored"
    if _event_name(log) == EVALUATION_EVENT and not log.trace_id and not log.span_id:
        return None  # a score of a session has no span
    if len(log.trace_id) != 16 or not log.trace_id.strip(b"\0"):
        return "trace_id is not 16 non-zero bytes: the event belongs to no span"
    if len(log.span_id) not in {0, 8}:
        return "span_id is not 8 bytes"
    if _event_name(log) != EVALUATION_EVENT and not log.span_id.strip(b"\0"):
        return "span_id is missing: the event belongs to no span"
    return None


def _event_name(log: LogRecord) -> str:
    """The event's name: the field of today, or the attribute of before OTLP 1.5."""
    named = (pair.value.string_value for pair in log.attributes if pair.key == "event.name")
    return str(log.event_name or next(named, ""))


def read_log_events(payload: bytes) -> Iterator[LogEvent]:
    """The events of a checked request.

    ``event_id`` is a digest of the record: the same record sent again has the same id.
    """
    request = ExportLogsServiceRequest.FromString(payload)
    for resource_logs in request.resource_logs:
        resource = key_values(resource_logs.resource.attributes)
        for scope_logs in resource_logs.scope_logs:
            for log in scope_logs.log_records:
                yield _log_event(log, resource, scope_logs.scope.name)


def _log_event(log: LogRecord, resource: dict[str, Any], scope_name: str) -> LogEvent:
    return LogEvent(
        event_id=hashlib.sha256(log.SerializeToString(deterministic=True)).hexdigest()[:32],
        trace_id=log.trace_id.hex(),
        span_id=log.span_id.hex() if log.span_id.strip(b"\0") else "",
        name=_event_name(log),
        time=min(log.time_unix_nano or log.observed_time_unix_nano, MAX_TIME_NS),
        attributes=key_values(log.attributes),
        body=any_value(log.body),
        scope_name=scope_name,
        resource=resource,
    )

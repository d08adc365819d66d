"""Bedrock through botocore, OpenTelemetry's and OpenLLMetry's instrumentations: input tokens without cached ones."""

from __future__ import annotations

from collections.abc import Sequence

from telltale_collector.dialects import Dialect
from telltale_collector.dialects._calls import finish
from telltale_collector.dialects._conventions import read_conventions
from telltale_collector.dialects._first_token import first_token_ns
from telltale_collector.dialects._usage import add_cached
from telltale_collector.model import Call, LogEvent, RawSpan

_SCOPES = (
    "opentelemetry.instrumentation.botocore",
    "opentelemetry.instrumentation.bedrock",
    "opentelemetry.instrumentation.genai.bedrock",
    "opentelemetry.instrumentation.aiobotocore",
    "opentelemetry.instrumentation.boto3",
)


def _speaks(span: RawSpan, _events: Sequence[LogEvent]) -> bool:
    return span.scope_name.startswith(_SCOPES) and "gen_ai.operation.name" in span.attributes


def _read(span: RawSpan, events: Sequence[LogEvent]) -> Call:
    call = read_conventions(span, events)
    add_cached(call)
    call.provider = call.provider or "aws.bedrock"
    call.ttft_ns = first_token_ns(span) if call.ttft_ns is None else call.ttft_ns
    return finish(call)


DIALECT = Dialect("bedrock", rank=28, speaks=_speaks, read=_read, needs=_SCOPES)

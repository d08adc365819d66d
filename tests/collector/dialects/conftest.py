"""Spans written by hand, read."""

from collections.abc import Callable
from typing import Any

import otlp
import pytest

from telltale_collector.decode import Media, check_traces, read_spans
from telltale_collector.dialects import read_call, read_evaluations
from telltale_collector.model import Call, RawSpan


def raw(attributes: dict[str, Any], scope: str = "app", **fields: object) -> RawSpan:
    body = otlp.traces_body(otlp.span(attributes=attributes, **fields), scope=scope)
    (span,) = read_spans(check_traces(body, Media.PROTOBUF).payload)
    return span


@pytest.fixture
def read() -> Callable[..., Call]:
    """``read(attributes, scope=..., name=..., events=...)``: the call of such a span."""
    return lambda *args, **fields: read_call(raw(*args, **fields))[1]


@pytest.fixture
def evaluations() -> Callable[..., list[dict[str, Any]]]:
    """The attributes of the evaluation events of such a span."""
    return lambda *args, **fields: [event.attributes for event in read_evaluations(raw(*args, **fields))]

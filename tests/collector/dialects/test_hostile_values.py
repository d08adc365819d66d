"""No value that can stand in a span makes a dialect raise, or puts a value of a wrong type into a call."""

import json
import math
from collections.abc import Iterator
from dataclasses import fields, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, get_args

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from telltale_collector.decode import Media, check_logs, check_traces, read_log_events, read_spans
from telltale_collector.dialects import dialects, read_call, read_evaluations
from telltale_collector.model import Call, Document, FinishReason, Kind, LogEvent, Message, RawSpan, Verdict

FIXTURES = Path(__file__).parents[2] / "fixtures/otlp"
INTEGERS = [field.name for field in fields(Call) if field.name.endswith(("_tokens", "_ns", "count"))]
MONEY = [field.name for field in fields(Call) if field.name.endswith("_usd")]
REALS = ["temperature", "top_p", "top_k", "frequency_penalty", "presence_penalty", "guard_score"]
TEXTS = [
    *("operation", "provider", "request_model", "response_model", "response_id", "tool_name", "tool_arguments"),
    *("tool_result", "finish_reason_raw", "reasoning_effort", "session_id", "user_id", "prompt_name", "prompt_version"),
    *("guard_name", "guard_stage", "guard_reason", "error_type", "route", "cache_key"),
]
WORDS = {"finish_reason": FinishReason, "guard_verdict": Verdict, "kind": Kind}


@cache
def recorded() -> list[tuple[RawSpan, list[LogEvent]]]:
    return list(_recorded())


def _recorded() -> Iterator[tuple[RawSpan, list[LogEvent]]]:
    for folder in sorted(path.parent for path in FIXTURES.glob("*/*/expected.json")):
        events = [
            event
            for body in sorted(folder.glob("logs*.pb"))
            for event in read_log_events(check_logs(body.read_bytes(), Media.PROTOBUF).payload)
        ]
        for body in sorted(folder.glob("traces*.pb")):
            for span in read_spans(check_traces(body.read_bytes(), Media.PROTOBUF).payload):
                yield span, [event for event in events if event.span_id == span.span_id]


def assert_typed(call: Call) -> None:
    for name in INTEGERS:
        found = getattr(call, name)
        assert found is None or (type(found) is int and 0 <= found < 2**63), (name, found)
    for name in MONEY:
        found = getattr(call, name)
        assert found is None or (isinstance(found, Decimal) and found.is_finite() and found >= 0), (name, found)
    for name in REALS:
        found = getattr(call, name)
        assert found is None or (type(found) is float and math.isfinite(found)), (name, found)
    for name in TEXTS:
        found = getattr(call, name)
        assert found is None or (isinstance(found, str) and found), (name, found)
    for name, words in WORDS.items():
        assert getattr(call, name) in {None, *get_args(words)}, name
    assert call.seed is None or type(call.seed) is int
    assert call.stream in {None, True, False}
    assert all(isinstance(text, str) for text in [*call.tags, *call.stop_sequences])
    assert all(isinstance(text, str) for pair in call.metadata.items() for text in pair)
    for message in [*call.input_messages, *call.output_messages]:
        assert_message_typed(message)
    for document in call.documents:
        assert_document_typed(document)


def assert_message_typed(message: Message) -> None:
    assert isinstance(message.role, str)
    assert isinstance(message.content, str)
    assert message.tool_call_id is None or isinstance(message.tool_call_id, str)
    assert message.reasoning is None or isinstance(message.reasoning, str)
    assert isinstance(message.parts, list)
    for tool in message.tool_calls:
        assert set(tool) == {"id", "name", "arguments"}
        assert all(tool[key] is None or isinstance(tool[key], str) for key in ("id", "name"))


def assert_document_typed(document: Document) -> None:
    assert all(text is None or isinstance(text, str) for text in (document.id, document.content))
    assert document.score is None or type(document.score) is float
    assert type(document.rank) is int


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(["NaN", "1e400", "-1", "99999999999999999999", "[1]", "{", '{"a": [', "[{'a': 1}]", "['", '"x"']),
    st.binary(max_size=4),
)
KEYS = st.sampled_from(
    [
        *("role", "content", "parts", "type", "text", "tool_calls", "function", "arguments", "name", "id", "usage"),
        *("choices", "message", "messages", "output", "input", "candidates", "generations", "contents", "documents"),
        *("metadata", "score", "kwargs", "lc", "data", "prompt_tokens", "input_tokens", "total_tokens", "value"),
    ]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)


@st.composite
def mutated(draw: st.DrawFn) -> tuple[RawSpan, list[LogEvent]]:
    """A recorded span with a few values replaced: whole attributes, or values inside their JSON."""
    span, events = draw(st.sampled_from(recorded()))
    attributes = dict(span.attributes)
    for key in draw(st.lists(st.sampled_from(sorted(attributes) or ["x"]), max_size=5)):
        whole = draw(st.booleans())
        attributes[key] = draw(VALUES) if whole else inside(draw, attributes.get(key))
    return replace(span, attributes=attributes), [replace(event, body=draw(VALUES)) for event in events[:2]]


def inside(draw: st.DrawFn, value: Any) -> Any:
    try:
        tree = json.loads(value)
    except (TypeError, ValueError):
        return draw(VALUES)
    return json.dumps(_mutate(draw, tree), default=repr)


def _mutate(draw: st.DrawFn, tree: Any) -> Any:
    if isinstance(tree, dict) and tree and draw(st.integers(0, 3)):
        key = draw(st.sampled_from(sorted(tree)))
        return {**tree, key: _mutate(draw, tree[key])}
    if isinstance(tree, list) and tree and draw(st.integers(0, 3)):
        at = draw(st.integers(0, len(tree) - 1))
        return [*tree[:at], _mutate(draw, tree[at]), *tree[at + 1 :]]
    return draw(VALUES)


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(mutated())
def test_no_value_makes_a_dialect_raise_or_a_field_take_another_type(case: tuple[RawSpan, list[LogEvent]]) -> None:
    span, events = case
    for dialect in dialects():
        if dialect.speaks(span, events):
            assert_typed(dialect.read(span, events))
    assert_typed(read_call(span, events)[1])
    assert all(isinstance(event.attributes, dict) for event in read_evaluations(span))


def test_every_recorded_span_reads_into_the_right_types() -> None:
    for span, events in recorded():
        assert_typed(read_call(span, events)[1])


def test_nesting_without_end_is_kept_as_text() -> None:
    deep = "[" * 100_000 + "]" * 100_000
    for span, events in recorded()[:60]:
        hostile = replace(span, attributes=dict.fromkeys(span.attributes, deep) | {"gen_ai.operation.name": "chat"})
        assert_typed(read_call(hostile, events)[1])

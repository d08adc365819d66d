"""What the instruments record, as the collector reads and prices it: tokens, money, why the model stopped."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import anthropic
import openai
import otlp
import pytest
from fake_anthropic import USAGE, text
from fake_gemini import USAGE as GEMINI_USAGE
from google import genai
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from telltale_collector.decode import Media, check_traces, read_spans
from telltale_collector.dialects import read_call
from telltale_collector.enrich import PriceTable, price

if TYPE_CHECKING:
    from collections.abc import Mapping

    from telltale.testing import Captured
    from telltale_collector.model import Call

NOW_NS = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp()) * 1_000_000_000
QUESTION: Any = [{"role": "user", "content": "Capital of France?"}]
ASK: Any = {"model": "claude-sonnet-4-6", "max_tokens": 64, "messages": QUESTION}


def _read(attributes: Mapping[str, Any], scope: str = "telltale") -> Call:
    body = otlp.traces_body(otlp.span(attributes=dict(attributes), kind=3), scope=scope)
    (span,) = read_spans(check_traces(body, Media.PROTOBUF).payload)
    call = read_call(span)[1]
    price(call, PriceTable(), NOW_NS, failed=False)
    return call


def _only(captured: Captured) -> Call:
    (span,) = captured.spans
    return _read(span["attributes"])


def _client(server: Any, **more: Any) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=server.url, api_key="k", max_retries=0, **more)


@pytest.mark.parametrize("is_streamed", [False, True])
def test_anthropics_cached_tokens_cost_what_they_cost(
    captured: Captured, anthropic_server: Any, is_streamed: bool
) -> None:
    with _client(anthropic_server) as client:
        if is_streamed:
            anthropic_server.stream(text("Paris."))
            list(client.messages.create(**ASK, stream=True))
        else:
            anthropic_server.message()
            client.messages.create(**ASK)
    call = _only(captured)
    assert (call.provider, call.kind, call.finish_reason, call.tokens_source) == (
        *("anthropic", "llm", "stop"),
        "provider",
    )
    assert (call.input_tokens, call.output_tokens, call.cache_read_tokens) == (1331, 160, 1000)
    assert (call.cache_write_tokens, call.cache_write_1h_tokens) == (300, 100)
    # $3 a million, $0.30 read from the cache, $3.75 written for five minutes, $6 for an hour; $15 out
    assert call.input_cost_usd == Decimal("0.000093") + Decimal("0.0003") + Decimal("0.00075") + Decimal("0.0006")
    assert call.output_cost_usd == Decimal("0.0024")
    assert call.cost_source == "table"
    assert call.price_id is not None
    assert call.price_id.endswith(":anthropic/claude-sonnet-4-6")
    assert [message.content for message in call.output_messages] == ["Paris."]


def test_our_spans_say_of_tokens_and_money_what_anthropics_own_say(captured: Captured, anthropic_server: Any) -> None:
    own, kept = TracerProvider(), InMemorySpanExporter()
    own.add_span_processor(SimpleSpanProcessor(kept))
    anthropic_server.message(usage={**USAGE, "output_tokens_details": {"thinking_tokens": 90}})
    with _client(anthropic_server, open_telemetry={"tracer_provider": own}) as client:
        client.messages.create(**ASK)
    own.shutdown()
    (theirs,) = kept.get_finished_spans()
    ours, other = _only(captured), _read(theirs.attributes or {}, "com.anthropic.sdk.python")
    fields = (
        *("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens"),
        *("reasoning_tokens", "input_cost_usd", "output_cost_usd", "cache_savings_usd", "finish_reason", "provider"),
        *("request_model", "response_model", "response_id", "price_id"),
    )
    assert {name: getattr(ours, name) for name in fields} == {name: getattr(other, name) for name in fields}


def test_a_stream_that_was_left_is_cancelled_and_its_output_not_yet_counted(
    captured: Captured, anthropic_server: Any
) -> None:
    anthropic_server.stream(text("The Seine"))
    with _client(anthropic_server) as client:
        for event in client.messages.create(**ASK, stream=True):
            if event.type == "content_block_delta":
                break
    call = _only(captured)
    assert (call.finish_reason, call.input_tokens, call.output_tokens) == ("cancelled", 1331, None)


def test_anthropics_tool_calls_are_told(captured: Captured, anthropic_server: Any) -> None:
    use = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Lyon"}}
    anthropic_server.message(use, stop_reason="tool_use")
    with _client(anthropic_server) as client:
        client.messages.create(**ASK, tools=[{"name": "weather", "input_schema": {"type": "object"}}])
    call = _only(captured)
    assert (call.finish_reason, call.finish_reason_raw) == ("tool_calls", "tool_use")
    assert call.output_messages[0].tool_calls == [{"id": "toolu_1", "name": "weather", "arguments": {"city": "Lyon"}}]
    assert [tool["name"] for tool in call.tools] == ["weather"]


@pytest.mark.parametrize(
    ("model", "cost"),
    [
        ("anthropic.claude-sonnet-4-5-20250929-v1:0", "0.00455730"),  # regional endpoints: a tenth more
        ("global.anthropic.claude-sonnet-4-5-20250929-v1:0", "0.004143"),
    ],
)
def test_bedrocks_prices_are_bedrocks(captured: Captured, anthropic_server: Any, model: str, cost: str) -> None:
    anthropic_server.message(model=model)
    with anthropic.AnthropicBedrock(
        base_url=anthropic_server.url, api_key="k", aws_region="eu-west-1", max_retries=0
    ) as client:
        client.messages.create(**{**ASK, "model": model})
    call = _only(captured)
    assert (call.provider, call.cost_usd) == ("aws.bedrock", Decimal(cost))


@pytest.mark.parametrize("is_streamed", [False, True])
def test_googles_thoughts_tools_and_cached_tokens_cost_what_they_cost(
    captured: Captured, gemini_server: Any, is_streamed: bool
) -> None:
    client = genai.Client(api_key="k", http_options={"base_url": gemini_server.url})
    if is_streamed:
        gemini_server.stream("Par", "is.")
        list(client.models.generate_content_stream(model="gemini-2.5-flash", contents="?"))
    else:
        gemini_server.content()
        client.models.generate_content(model="gemini-2.5-flash", contents="?")
    client.close()
    call = _only(captured)
    assert (call.provider, call.kind, call.finish_reason) == ("gcp.gemini", "llm", "stop")
    assert (call.input_tokens, call.output_tokens, call.cache_read_tokens, call.reasoning_tokens) == (1010, 70, 400, 20)
    assert call.input_cost_usd == Decimal("0.000183") + Decimal("0.000012")  # $0.30 a million, $0.03 from the cache
    assert call.output_cost_usd == Decimal("0.000175")  # $2.50 a million
    assert [message.content for message in call.output_messages] == ["Paris."]


def test_spoken_words_have_their_own_price(captured: Captured, gemini_server: Any) -> None:
    usage = {"promptTokenCount": 1000, "candidatesTokenCount": 0, "totalTokenCount": 1000}
    details = {"promptTokensDetails": [{"modality": "AUDIO", "tokenCount": 600}]}
    gemini_server.content(usageMetadata={**usage, **details})
    client = genai.Client(api_key="k", http_options={"base_url": gemini_server.url})
    client.models.generate_content(model="gemini-2.5-flash", contents="?")
    client.close()
    assert _only(captured).input_cost_usd == Decimal("0.00012") + Decimal("0.0006")  # audio: $1 a million


@pytest.mark.parametrize(
    ("reason", "word"), [("MAX_TOKENS", "length"), ("SAFETY", "content_filter"), ("MALFORMED_FUNCTION_CALL", "error")]
)
def test_googles_reasons_are_understood(captured: Captured, gemini_server: Any, reason: str, word: str) -> None:
    candidate = {"content": {"parts": [{"text": "Par"}]}, "finishReason": reason, "index": 0}
    gemini_server.content(candidates=[candidate], usageMetadata=GEMINI_USAGE)
    client = genai.Client(api_key="k", http_options={"base_url": gemini_server.url})
    client.models.generate_content(model="gemini-2.5-flash", contents="?")
    client.close()
    call = _only(captured)
    assert (call.finish_reason, call.finish_reason_raw) == (word, reason)


def test_openais_cached_and_reasoning_tokens_cost_what_they_cost(captured: Captured, openai_server: Any) -> None:
    details = {"prompt_tokens_details": {"cached_tokens": 400}}
    details |= {"completion_tokens_details": {"reasoning_tokens": 30}}
    openai_server.chat(usage={"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100, **details})
    with openai.OpenAI(base_url=openai_server.url, api_key="k") as client:
        client.chat.completions.create(model="gpt-5-mini", messages=QUESTION)
    call = _only(captured)
    assert (call.input_tokens, call.output_tokens, call.reasoning_tokens) == (1000, 100, 30)
    assert call.input_cost_usd == Decimal("0.00015") + Decimal("0.00001")  # $0.25 a million, $0.025 from the cache
    assert call.output_cost_usd == Decimal("0.0002")  # $2 a million

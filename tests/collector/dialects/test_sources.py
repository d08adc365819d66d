"""Langfuse, OpenInference, MLflow: forms and raw answers that the recordings do not hold."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from telltale_collector.model import Call

Read = Callable[..., Call]


def langfuse(read: Read, kind: str, **given: Any) -> Call:
    values = {f"langfuse.observation.{key}": json.dumps(value) for key, value in given.items()}
    return read({"langfuse.observation.type": kind, **values}, scope="langfuse-sdk")


def test_langfuses_own_usage_keys_never_overlap_so_totals_are_sums(read: Read) -> None:
    usage = {"input": 21, "output": 14, "input_cache_read": 100, "output_reasoning": 6, "total": 141}
    call = langfuse(
        read, "generation", usage_details=usage, cost_details={"input": 0.001, "output": 0.002, "total": 0.003}
    )
    assert (call.input_tokens, call.cache_read_tokens) == (121, 100)
    assert (call.output_tokens, call.reasoning_tokens) == (20, 6)
    assert (call.cost_usd, call.input_cost_usd, call.output_cost_usd, call.cost_source) == (
        *(Decimal("0.003"), Decimal("0.001"), Decimal("0.002")),
        "provider",
    )


def test_langfuse_keeps_prompt_metadata_and_the_wait_for_the_first_token(read: Read) -> None:
    call = read(
        {
            "langfuse.observation.type": "generation",
            "langfuse.observation.prompt.name": "answer",
            "langfuse.observation.prompt.version": 3,
            "langfuse.observation.metadata.shard": '"eu-1"',
            "langfuse.observation.completion_start_time": '"1970-01-01T00:00:02.500Z"',
            "langfuse.user.id": "u1",
        },
        start=2_000_000_000,
    )
    assert (call.prompt_name, call.prompt_version) == ("answer", "3")
    assert (call.metadata, call.user_id) == ({"shard": "eu-1"}, "u1")
    assert (call.ttft_ns, call.stream) == (500_000_000, True)


def test_openinference_costs_prompts_and_audio(read: Read) -> None:
    call = read(
        {
            "openinference.span.kind": "LLM",
            "llm.model_name": "gpt-4o-audio",
            "llm.cost.total": 0.0125,
            "llm.cost.prompt": 0.01,
            "llm.cost.completion": 0.0025,
            "llm.token_count.prompt": 40,
            "llm.token_count.prompt_details.audio": 30,
            "llm.prompts.0.prompt.text": "Once upon",
            "llm.choices.0.completion.text": " a time",
        }
    )
    assert (call.cost_usd, call.input_cost_usd, call.output_cost_usd) == (
        *(Decimal("0.0125"), Decimal("0.01"), Decimal("0.0025")),
    )
    assert (call.input_tokens, call.input_audio_tokens, call.cost_source) == (40, 30, "provider")
    assert [message.content for message in call.input_messages + call.output_messages] == ["Once upon", " a time"]


def test_openinference_contents_with_an_image_keep_the_image_as_a_part(read: Read) -> None:
    prefix = "llm.input_messages.0.message"
    call = read(
        {
            "openinference.span.kind": "LLM",
            f"{prefix}.role": "user",
            f"{prefix}.contents.0.message_content.type": "text",
            f"{prefix}.contents.0.message_content.text": "What is this?",
            f"{prefix}.contents.1.message_content.type": "image",
            f"{prefix}.contents.1.message_content.image.image.url": "https://example.com/a.png",
        }
    )
    (message,) = call.input_messages
    assert message.content == "What is this?"
    assert message.parts == [{"type": "image", "image": {"image": {"url": "https://example.com/a.png"}}}]


def test_openinference_rerankers_give_their_documents_with_scores_in_order(read: Read) -> None:
    call = read(
        {
            "openinference.span.kind": "RERANKER",
            "reranker.query": "capital?",
            "reranker.model_name": "rerank-v3.5",
            **{f"reranker.output_documents.{n}.document.content": f"doc {n}" for n in range(11)},
            **{f"reranker.output_documents.{n}.document.score": 1 - n / 20 for n in range(11)},
        }
    )
    assert (call.kind, call.request_model) == ("reranker", "rerank-v3.5")
    assert [(found.rank, found.content) for found in call.documents] == [(n + 1, f"doc {n}") for n in range(11)]
    assert call.documents[10].score == 0.5


def test_openinference_reads_a_raw_bedrock_answer_with_its_cached_tokens(read: Read) -> None:
    answer = {
        "output": {"message": {"role": "assistant", "content": [{"text": "Twenty."}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 21, "outputTokens": 14, "cacheReadInputTokens": 2048, "cacheWriteInputTokens": 512},
    }
    asked = {"modelId": "anthropic.claude-x", "system": [{"text": "Brief."}], "inferenceConfig": {"maxTokens": 64}}
    asked["messages"] = [{"role": "user", "content": [{"text": "How is Paris divided?"}]}]
    values = {"input.value": json.dumps(asked), "output.value": json.dumps(answer)}
    call = read({"openinference.span.kind": "LLM", **values})
    assert (call.provider, call.request_model, call.max_tokens) == ("aws.bedrock", "anthropic.claude-x", 64)
    assert (call.input_tokens, call.cache_read_tokens, call.cache_write_tokens) == (2581, 2048, 512)
    assert [(message.role, message.content) for message in call.input_messages] == [
        ("system", "Brief."),
        ("user", "How is Paris divided?"),
    ]
    assert (call.output_messages[0].content, call.finish_reason) == ("Twenty.", "stop")


def test_mlflow_reads_a_raw_gemini_call_with_thoughts_and_cost(read: Read) -> None:
    answer = {
        "candidates": [
            {
                "content": {
                    "role": "model",
                    "parts": [{"text": "Hm.", "thought": True}, {"functionCall": {"name": "w", "args": {"c": "Lyon"}}}],
                },
                "finishReason": "STOP",
            }
        ],
        "usageMetadata": {
            "promptTokenCount": 100,
            "candidatesTokenCount": 7,
            "thoughtsTokenCount": 5,
            "cachedContentTokenCount": 60,
        },
        "modelVersion": "gemini-2.5-flash-001",
        "responseId": "r1",
    }
    asked = {
        "model": "gemini-2.5-flash",
        "contents": "Weather?",
        "config": {"system_instruction": "Brief.", "top_k": 4},
    }
    call = read(
        {
            "mlflow.spanType": '"LLM"',
            "mlflow.spanInputs": json.dumps(asked),
            "mlflow.spanOutputs": json.dumps(answer),
            "mlflow.message.format": '"gemini"',
            "mlflow.llm.cost": '{"input_cost": 0.00003, "output_cost": 0.00002, "total_cost": 0.00005}',
        },
        scope="mlflow.tracing.provider",
    )
    assert (call.provider, call.response_id, call.top_k) == ("gcp.gemini", "r1", 4.0)
    assert (call.input_tokens, call.output_tokens, call.reasoning_tokens, call.cache_read_tokens) == (100, 12, 5, 60)
    assert (call.cost_usd, call.input_cost_usd) == (Decimal("5e-05"), Decimal("3e-05"))
    (said,) = call.output_messages
    assert (said.reasoning, said.tool_calls) == ("Hm.", [{"id": None, "name": "w", "arguments": {"c": "Lyon"}}])


def test_message_events_with_their_content_as_json_in_one_attribute(read: Read) -> None:
    def event(name: str, content: dict[str, Any]) -> dict[str, Any]:
        return {"name": name, "attributes": {"gen_ai.event.content": json.dumps(content)}}

    call = read(
        {"gen_ai.operation.name": "chat", "gen_ai.system": "az.ai.inference"},
        events=[
            event("gen_ai.user.message", {"role": "user", "content": "hi"}),
            event("gen_ai.choice", {"message": {"content": "hello"}, "finish_reason": "stop", "index": 0}),
        ],
    )
    assert [message.content for message in call.input_messages + call.output_messages] == ["hi", "hello"]
    assert call.finish_reason == "stop"

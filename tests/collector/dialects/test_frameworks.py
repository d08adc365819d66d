"""Frameworks: forms that the recorded versions do not write, read from what they document."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from telltale_collector.model import Call

Read = Callable[..., Call]


def test_vercels_structured_answers_and_anthropic_cache_counts_of_version_4(read: Read) -> None:
    call = read(
        {
            "ai.operationId": "ai.generateObject.doGenerate",
            "ai.model.provider": "anthropic.messages",
            "ai.model.id": "claude-sonnet-4-5",
            "ai.prompt.messages": '[{"role":"user","content":[{"type":"text","text":"A city"}]}]',
            "ai.response.object": '{"city":"Lyon"}',
            "ai.response.providerMetadata": (
                '{"anthropic":{"cacheCreationInputTokens":512,"cacheReadInputTokens":2048}}'
            ),
            "ai.usage.promptTokens": 21,
            "ai.usage.completionTokens": 14,
            "ai.settings.temperature": 0.3,
        },
        scope="ai",
    )
    assert (call.kind, call.provider, call.stream, call.temperature) == ("llm", "anthropic", False, 0.3)
    assert call.output_messages[0].content == '{"city":"Lyon"}'
    assert (call.input_tokens, call.cache_read_tokens, call.cache_write_tokens) == (2581, 2048, 512)


def test_vercels_wrapper_is_a_chain_so_that_its_repeated_usage_is_in_no_sum(read: Read) -> None:
    given = {"ai.operationId": "ai.streamText", "ai.usage.inputTokens": 5, "gen_ai.request.model": "m"}
    assert read(given, scope="ai").kind == "chain"
    assert read({"gen_ai.operation.name": "agent_step"}, scope="gen_ai").kind == "chain"


def test_pydantic_ais_first_format_keeps_messages_as_a_list_of_events(read: Read) -> None:
    events = [
        {"event.name": "gen_ai.system.message", "content": "Be brief.", "role": "system"},
        {"event.name": "gen_ai.user.message", "content": "Capital?", "role": "user"},
        {"event.name": "gen_ai.choice", "index": 0, "message": {"role": "assistant", "content": "Paris."}},
    ]
    call = read({"gen_ai.operation.name": "chat", "events": json.dumps(events)}, scope="pydantic-ai")
    assert [message.role for message in call.input_messages] == ["system", "user"]
    assert call.output_messages[0].content == "Paris."


def test_logfire_before_version_4_keeps_request_and_answer_as_data(read: Read) -> None:
    call = read(
        {
            "logfire.msg_template": "Chat Completion with {request_data[model]!r}",
            "logfire.tags": ["LLM", "beta"],
            "request_data": json.dumps(
                {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}], "temperature": 0.1}
            ),
            "response_data": json.dumps(
                {
                    "message": {"role": "assistant", "content": "hello"},
                    "usage": {
                        "prompt_tokens": 9,
                        "completion_tokens": 2,
                        "prompt_tokens_details": {"cached_tokens": 4},
                    },
                }
            ),
        },
        scope="logfire.openai",
    )
    assert (call.kind, call.request_model, call.temperature, call.tags) == ("llm", "gpt-4o", 0.1, ["beta"])
    assert (call.input_tokens, call.output_tokens, call.cache_read_tokens) == (9, 2, 4)
    assert call.output_messages[0].content == "hello"


def test_langsmiths_token_details_and_langchain_messages(read: Read) -> None:
    asked = {"messages": [[{"lc": 1, "id": ["x", "HumanMessage"], "kwargs": {"content": "hi", "type": "human"}}]]}
    answer = {
        "generations": [
            [
                {
                    "text": "hello",
                    "message": {
                        "lc": 1,
                        "id": ["x", "AIMessage"],
                        "kwargs": {
                            "content": "hello",
                            "response_metadata": {"model_name": "gpt-4o-2024", "finish_reason": "stop", "id": "c1"},
                        },
                    },
                }
            ]
        ]
    }
    usage = {"input_tokens": 50, "output_tokens": 9, "input_token_details": {"cache_read": 40, "cache_creation": 3}}
    call = read(
        {
            "langsmith.span.kind": "llm",
            "gen_ai.prompt": json.dumps(asked),
            "gen_ai.completion": json.dumps(answer),
            "langsmith.metadata.usage_metadata": json.dumps(usage),
            "langsmith.metadata.ls_provider": "openai",
            "langsmith.metadata.ls_model_name": "gpt-4o",
            "langsmith.metadata.thread_id": "t1",
            "langsmith.span.tags": "beta, geo",
        },
        scope="langsmith",
    )
    assert (call.request_model, call.response_model, call.response_id) == ("gpt-4o", "gpt-4o-2024", "c1")
    assert (call.input_tokens, call.cache_read_tokens, call.cache_write_tokens) == (50, 40, 3)
    assert [message.content for message in call.input_messages + call.output_messages] == ["hi", "hello"]
    assert (call.session_id, call.tags, call.metadata) == ("t1", ["beta", "geo"], {})


def test_openlits_cost_of_zero_means_that_it_knew_no_price(read: Read) -> None:
    given = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.usage.input_tokens": 5}
    scope = "openlit.instrumentation.openai"
    assert read({**given, "gen_ai.usage.cost": 0}, scope=scope).cost_source is None
    priced = read({**given, "gen_ai.usage.cost": 0.5}, scope=scope)
    assert (priced.cost_usd, priced.cost_source) == (Decimal("0.5"), "provider")


def test_agento11y_says_itself_whether_input_tokens_hold_the_cached_ones(read: Read) -> None:
    given = {
        "gen_ai.operation.name": "streamText",
        "agento11y.sdk.name": "sdk-python",
        "gen_ai.usage.input_tokens": 21,
        "gen_ai.usage.cache_read_input_tokens": 2048,
        "gen_ai.usage.cache_write_input_tokens": 512,
        "agento11y.tag.tier": "gold",
    }
    call = read({**given, "gen_ai.token.semantics": "exclusive"})
    assert (call.kind, call.operation, call.stream, call.input_tokens) == ("llm", "chat", True, 2581)
    assert call.metadata == {"tier": "gold"}
    given |= {"gen_ai.token.semantics": "inclusive", "gen_ai.usage.input_tokens": 2581}
    assert read(given).input_tokens == 2581


def test_googles_agent_development_kit_keeps_geminis_request_and_answer(read: Read) -> None:
    asked = {
        "model": "gemini-2.5-pro",
        "config": {"system_instruction": "Brief."},
        "contents": [{"parts": [{"text": "hi"}]}],
    }
    answer = {"content": {"role": "model", "parts": [{"text": "hello"}]}, "finish_reason": "STOP"}
    answer["usage_metadata"] = {"prompt_token_count": 12, "candidates_token_count": 3, "thoughts_token_count": 2}
    call = read(
        {
            "gen_ai.system": "gcp.vertex.agent",
            "gcp.vertex.agent.llm_request": json.dumps(asked),
            "gcp.vertex.agent.llm_response": json.dumps(answer),
            "gcp.vertex.agent.session_id": "s1",
        },
        scope="gcp.vertex.agent",
        name="call_llm",
    )
    assert (call.kind, call.session_id, call.request_model) == ("llm", "s1", "gemini-2.5-pro")
    assert [(message.role, message.content) for message in call.input_messages] == [
        ("system", "Brief."),
        ("user", "hi"),
    ]
    assert (call.output_messages[0].content, call.finish_reason) == ("hello", "stop")
    assert (call.input_tokens, call.output_tokens) == (12, 5)


def test_traceloops_association_properties_name_session_user_and_metadata_on_any_span(read: Read) -> None:
    prefix = "traceloop.association.properties."
    call = read({f"{prefix}session_id": "s1", f"{prefix}user_id": "u1", f"{prefix}tier": "gold"})
    assert (call.session_id, call.user_id, call.metadata) == ("s1", "u1", {"tier": "gold"})


def test_litellms_flattened_messages_read_like_openllmetrys(read: Read) -> None:
    call = read(
        {
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.system": "openai",
            "llm.is_streaming": "False",
            "gen_ai.prompt.0.role": "user",
            "gen_ai.prompt.0.content": "hi",
            "gen_ai.completion.0.role": "assistant",
            "gen_ai.completion.0.content": "hello",
            "gen_ai.completion.0.finish_reason": "stop",
            "gen_ai.usage.prompt_tokens": 9,
            "gen_ai.usage.completion_tokens": 2,
            "llm.user": "u1",
        },
        scope="litellm",
    )
    assert (call.kind, call.stream, call.user_id, call.finish_reason) == ("llm", False, "u1", "stop")
    assert (call.input_tokens, call.output_tokens) == (9, 2)
    assert [message.content for message in call.input_messages + call.output_messages] == ["hi", "hello"]


def test_a_vector_stores_results_are_the_documents_of_a_retriever(read: Read) -> None:
    def result(number: int, score: float) -> dict[str, Any]:
        given = {"id": f"d{number}", "score": score, "document": f"text {number}", "metadata": '{"page": 3}'}
        return {
            "name": "db.query.result",
            "attributes": {f"db.query.result.{key}": value for key, value in given.items()},
        }

    given = {"db.system": "pinecone", "db.operation": "query", "db.vector.query.top_k": 2}
    call = read(given, name="pinecone.query", events=[result(1, 0.9), result(2, 0.4)])
    assert call.kind == "retriever"
    assert [(found.id, found.content, found.score) for found in call.documents] == [
        ("d1", "text 1", 0.9),
        ("d2", "text 2", 0.4),
    ]
    assert call.documents[0].metadata == {"page": 3}


def test_a_prompt_and_a_completion_in_one_attribute_each(read: Read) -> None:
    given = {
        "gen_ai.operation.name": "chat",
        "gen_ai.prompt": '[{"role": "user", "content": "hi"}]',
        "gen_ai.completion": '[{"role": "assistant", "content": "hello"}]',
    }
    call = read(given)
    assert [message.content for message in call.input_messages + call.output_messages] == ["hi", "hello"]


def test_cached_tokens_that_exceed_the_input_were_counted_apart(read: Read) -> None:
    given = {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 21}
    call = read({**given, "gen_ai.usage.cache_read.input_tokens": 2048})
    assert (call.input_tokens, call.cache_read_tokens) == (2069, 2048)


def test_parts_in_json_text_are_read_and_other_json_is_what_was_said(read: Read) -> None:
    image = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    given = {
        "llm.request.type": "chat",
        "gen_ai.prompt.0.role": "developer",
        "gen_ai.prompt.0.content": "Be brief.",
        "gen_ai.prompt.1.role": "user",
        "gen_ai.prompt.1.content": json.dumps([{"type": "text", "text": "What is this?"}, image]),
        "gen_ai.prompt.2.role": "user",
        "gen_ai.prompt.2.content": '[{"type": "invoice", "total": 3}]',
    }
    system, asked, said = read(given).input_messages
    assert system.role == "system"
    assert (asked.content, asked.parts) == ("What is this?", [image])
    assert (said.content, said.parts) == ('[{"type": "invoice", "total": 3}]', [])


def test_logfires_tags_on_a_plain_span_are_the_applications_without_the_librarys_own(read: Read) -> None:
    call = read({"logfire.msg_template": "answer", "logfire.tags": ["LLM", "beta", "geo"]}, scope="logfire")
    assert (call.kind, call.tags) == ("span", ["beta", "geo"])

"""Providers and finish reasons have one name each, whatever a library writes."""

from collections.abc import Callable

import pytest

from telltale_collector.model import Call

Read = Callable[..., Call]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Anthropic", "anthropic"),
        ("anthropic.messages", "anthropic"),
        ("openai.chat", "openai"),
        ("openai.responses", "openai"),
        ("azure-openai.chat", "azure.ai.openai"),
        ("azure", "azure.ai.openai"),
        ("az.ai.inference", "azure.ai.inference"),
        ("gemini", "gcp.gemini"),
        ("google.generative-ai", "gcp.gemini"),
        ("google-gla", "gcp.gemini"),
        ("google.vertex.chat", "gcp.vertex_ai"),
        ("vertex_ai", "gcp.vertex_ai"),
        ("amazon-bedrock", "aws.bedrock"),
        ("AWS", "aws.bedrock"),
        ("aws.bedrock", "aws.bedrock"),
        ("mistralai", "mistral_ai"),
        ("mistral.chat", "mistral_ai"),
        ("xai.chat", "x_ai"),
        ("Groq", "groq"),
        ("deepseek.chat", "deepseek"),
        ("Cohere", "cohere"),
        ("perplexity", "perplexity"),
        ("watsonx", "ibm.watsonx.ai"),
        ("My Own Model", "my own model"),
        ("langchain", None),
    ],
)
def test_a_provider_has_one_name_whatever_a_library_calls_it(read: Read, written: str, name: str | None) -> None:
    assert read({"gen_ai.operation.name": "chat", "gen_ai.system": written}).provider == name


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        ("STOP", "stop"),
        ("FinishReason.MAX_TOKENS", "length"),
        ("tool-calls", "tool_calls"),
        ("tool_use", "tool_calls"),
        ("SAFETY", "content_filter"),
        ("guardrail_intervened", "content_filter"),
        ("COMPLETE", "stop"),
        ("something new", None),
    ],
)
def test_finish_reasons_keep_the_providers_word_beside_the_canonical_one(
    read: Read, raw: str, canonical: str | None
) -> None:
    call = read({"gen_ai.operation.name": "chat", "gen_ai.response.finish_reasons": [raw]})
    assert (call.finish_reason, call.finish_reason_raw) == (canonical, raw)

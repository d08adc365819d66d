"""Providers by OpenTelemetry's names (``gen_ai.provider.name``), whatever a library calls them."""

from __future__ import annotations

import re
from functools import lru_cache

from telltale_collector.dialects._values import word
from telltale_collector.model import AttributeValue

_NAMES = {
    "openai_compatible": "openai_compatible openai_like openailike",  # another server behind OpenAI's API
    "openai": "openai open_ai openai_chat openai_responses oai chatgpt openai_legacy openai_functions",
    "anthropic": "anthropic claude anthropic_messages antropic",
    "azure.ai.openai": "azure azure_openai azureopenai azure_ai_openai az_ai_openai azure_open_ai azure_openai_chat",
    "azure.ai.inference": "az_ai_inference azure_ai_inference azure_ai azure_inference",
    "aws.bedrock": "bedrock aws amazon_bedrock aws_bedrock bedrock_converse aws_bedrock_converse amazon"
    " bedrock_runtime",
    "gcp.gemini": "gemini google google_genai gcp_gemini google_generativeai google_generative_ai google_gla"
    " googleai google_ai googlegenai google_ai_studio generativeai",
    "gcp.vertex_ai": "vertexai vertex_ai vertex google_vertex google_vertexai google_vertex_ai gcp_vertex_ai"
    " vertex_google",
    "gcp.gen_ai": "gcp_gen_ai",
    "mistral_ai": "mistral mistralai mistral_ai",
    "x_ai": "xai x_ai grok",
    "groq": "groq",
    "deepseek": "deepseek deep_seek",
    "cohere": "cohere",
    "perplexity": "perplexity perplexity_ai perplexityai pplx",
    "ibm.watsonx.ai": "watsonx ibm ibm_watsonx ibm_watsonx_ai watsonx_ai watson",
    "moonshot_ai": "moonshot moonshotai moonshot_ai kimi",
    "ollama": "ollama",
    "together_ai": "together together_ai togetherai",
    "fireworks_ai": "fireworks fireworks_ai fireworksai",
    "openrouter": "openrouter open_router",
    "huggingface": "huggingface hugging_face hf huggingface_hub huggingface_endpoint",
    "replicate": "replicate",
    "cerebras": "cerebras",
    "alibaba_cloud": "dashscope qwen alibaba alibaba_cloud tongyi",
    "voyage_ai": "voyage voyageai voyage_ai",
    "jina_ai": "jina jina_ai jinaai",
    "nvidia": "nvidia nim nvidia_nim nvidia_ai_endpoints",
}
_CANONICAL = {alias: name for name, aliases in _NAMES.items() for alias in aliases.split()}
_CANONICAL |= {re.sub(r"[^a-z0-9]+", "_", name): name for name in _NAMES}
_FRAMEWORKS = frozenset(
    "langchain langgraph llamaindex llama_index crewai haystack langfuse traceloop litellm dspy autogen"
    " pydantic_ai semantic_kernel strands strands_agents vercel_ai mlflow openai_agents agno smolagents unknown"
    " none other custom".split()
)
"""Where a library puts its own name in the provider's place."""


def provider_name(value: AttributeValue) -> str | None:
    """The provider's name as OpenTelemetry spells it; one that is not known as it was written, in lower case."""
    found = word(value)
    return None if found is None else _provider(found[:200])


@lru_cache(maxsize=1024)
def _provider(given: str) -> str | None:
    lower = given.strip().lower()
    plain = re.sub(r"[^a-z0-9]+", "_", lower).strip("_")
    if plain in _FRAMEWORKS or not plain:
        return None
    parts = plain.split("_")
    for length in range(len(parts), 0, -1):
        known = _CANONICAL.get("_".join(parts[:length]))
        if known is not None:
            return known
    return lower

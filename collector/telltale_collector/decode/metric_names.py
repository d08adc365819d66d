"""Which instruments are about language models. The one list of their names; all others are counted and let go."""

from __future__ import annotations

from typing import Final

PREFIXES: Final = (
    "gen_ai.",  # OpenTelemetry's conventions, and what OpenLIT, OpenLLMetry, LiteLLM and others add to them
    "gen_ai_",  # the same after a Prometheus exporter
    "llm.",  # OpenLLMetry before it took OpenTelemetry's names
    "mcp.",  # OpenTelemetry's conventions of the Model Context Protocol
    "db.pinecone.",  # OpenLLMetry's vector stores
    "db.milvus.",
    "vllm:",  # inference servers, through a Prometheus receiver
    "litellm_",
    "telltale.",
)
"""``db.client.*`` is not among them: any application with a database reports it."""


def is_kept(name: str) -> bool:
    """Whether the points of the instrument ``name`` are stored."""
    return name.startswith(PREFIXES)

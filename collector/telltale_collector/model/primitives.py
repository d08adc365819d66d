"""Names of types that every shape uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

Json: TypeAlias = Any
"""A JSON value: None, bool, int, float, str, list, dict."""

AttributeValue: TypeAlias = Any
"""An OTLP AnyValue as Python: None, str, bool, int, float, bytes, list, dict."""

Attributes: TypeAlias = Mapping[str, AttributeValue]

TimeNs: TypeAlias = int

DEFAULT_PROJECT = "default"
"""The one tenant while there are no keys."""

Kind: TypeAlias = Literal[
    "llm",
    "embedding",
    "retriever",
    "reranker",
    "tool",
    "agent",
    "chain",
    "guardrail",
    "evaluator",
    "prompt",
    "span",
]
Status: TypeAlias = Literal["ok", "error", "unset"]
Verdict: TypeAlias = Literal["pass", "flag", "redact", "block", "error"]
TokensSource: TypeAlias = Literal["provider", "estimated"]
CostSource: TypeAlias = Literal["provider", "table", "estimated", "unpriced"]
FinishReason: TypeAlias = Literal["stop", "length", "tool_calls", "content_filter", "error", "cancelled"]

CALL_KINDS: tuple[Kind, ...] = ("llm", "embedding", "reranker")
"""Kinds that stand for one provider call each: only these carry tokens and money into roll-ups."""

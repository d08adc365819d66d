"""Tokens of calls whose provider reported none, counted with tiktoken on the recorded text.

A count is a guess wherever the model is not OpenAI's: it is always marked ``estimated``.
"""

from __future__ import annotations

import re

from telltale_collector.enrich.vocabulary import encoding
from telltale_collector.model import Call, Message

_MESSAGE_OVERHEAD = 3
"""Tokens that frame each message, and that start the answer (OpenAI cookbook, "How to count tokens")."""

_SLICE_CHARS = 20_000
"""tiktoken's pattern overflows its stack on very long runs of one class (1 M spaces): texts are counted in slices."""

_MOST_CHARS = 2_000_000
"""Longer texts are counted up to here, and the rest in proportion."""

_OLD_MODELS = re.compile(r"gpt-4(?![.o1-9])|gpt-4-|gpt-3\.5|text-embedding-")
"""OpenAI models of the cl100k vocabulary; everything else is counted with o200k."""


def count_missing_tokens(call: Call, *, failed: bool) -> None:
    """Count what is missing, in place. A failed call is left alone: it was not answered, and not billed."""
    if call.kind not in {"llm", "embedding"} or failed or call.cache_hit:
        return
    if call.input_tokens is None and call.input_messages:
        call.input_tokens = _count_input(call)
        call.tokens_source = "estimated"
    if call.output_tokens is None and call.output_messages and call.kind == "llm":
        call.output_tokens = sum(count_text(_text(m), _model(call)) for m in call.output_messages)
        call.tokens_source = "estimated"


def _count_input(call: Call) -> int:
    model = _model(call)
    texts = sum(count_text(_text(message), model) for message in call.input_messages)
    if call.kind == "embedding":
        return texts
    tools = count_text(str(call.tools), model) if call.tools else 0
    return texts + tools + _MESSAGE_OVERHEAD * (len(call.input_messages) + 1)


def _text(message: Message) -> str:
    calls = "".join(f"{call['name']} {call['arguments']}" for call in message.tool_calls)
    return "".join((message.reasoning or "", message.content, calls))


def _model(call: Call) -> str:
    return call.response_model or call.request_model or ""


def count_text(text: str, model: str) -> int:
    """Tokens of ``text`` in the vocabulary of ``model`` (o200k where the model is not known)."""
    if not text:
        return 0
    name = "cl100k_base" if _OLD_MODELS.match(model.rsplit("/", maxsplit=1)[-1]) else "o200k_base"
    counted = text[:_MOST_CHARS]
    slices = [counted[at : at + _SLICE_CHARS] for at in range(0, len(counted), _SLICE_CHARS)]
    tokens = sum(len(found) for found in map(encoding(name).encode_ordinary, slices))
    return tokens * len(text) // len(counted)

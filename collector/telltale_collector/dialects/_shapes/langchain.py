"""LangChain's results: generations, and messages with their response metadata."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from telltale_collector.dialects._calls import fill
from telltale_collector.dialects._finish import finish_reason
from telltale_collector.dialects._messages import messages
from telltale_collector.dialects._providers import provider_name
from telltale_collector.dialects._shapes._shape import Body, Shape, has_any
from telltale_collector.dialects._shapes.chat import read_chat_request
from telltale_collector.dialects._usage import read_usage
from telltale_collector.dialects._values import first, mapping, word
from telltale_collector.model import Call


def _asks(body: Body) -> bool:
    asked = body.get("messages")
    return isinstance(asked, list) and bool(asked) and isinstance(asked[0], list)


def _answers(body: Body) -> bool:
    return has_any(body, "generations", "response_metadata", "lc")


def _response(body: Body) -> Call:
    if "generations" not in body:
        return _of_message(body)
    call = Call()
    for generation in _flat(body["generations"]):
        message = generation.get("message")
        found = _of_message(message) if isinstance(message, dict) else _of_text(generation)
        call.output_messages += found.output_messages
        fill(call, found, _of_info(mapping(generation.get("generation_info"))))
    return fill(call, _of_info(mapping(body.get("llm_output"))))


def _flat(generations: Any) -> list[Mapping[str, Any]]:
    rows = generations if isinstance(generations, list) else [generations]
    flat = [element for row in rows for element in (row if isinstance(row, list) else [row])]
    return [element for element in flat if isinstance(element, dict)]


def _of_text(generation: Mapping[str, Any]) -> Call:
    return Call(output_messages=messages([generation.get("text")], "assistant"))


def _of_message(message: Mapping[str, Any]) -> Call:
    inner = mapping(first(message, "kwargs", "data")) or message
    call = read_usage(inner.get("usage_metadata"), cached_apart=False)
    call.output_messages = messages([message], "assistant")
    return fill(call, _of_info(mapping(inner.get("response_metadata"))))


def _of_info(info: Mapping[str, Any]) -> Call:
    """``response_metadata``, ``generation_info`` and ``llm_output`` hold the same things."""
    call = read_usage(first(info, "token_usage", "usage", "usage_metadata"), cached_apart=False)
    call.response_model = word(first(info, "model_name", "model", "model_id"))
    call.response_id = word(first(info, "id", "response_id"))
    call.provider = provider_name(info.get("model_provider"))
    call.finish_reason_raw = word(first(info, "finish_reason", "stop_reason", "done_reason", "stopReason"))
    call.finish_reason = finish_reason(call.finish_reason_raw)
    return call


SHAPE = Shape(_asks, read_chat_request, _answers, _response)

"""Anthropic's messages. Its input count leaves cached tokens out."""

from __future__ import annotations

from collections.abc import Mapping

from telltale_collector.dialects._finish import finish_reason
from telltale_collector.dialects._messages import messages
from telltale_collector.dialects._shapes._shape import Body, Shape, has_any
from telltale_collector.dialects._shapes.chat import read_chat_request
from telltale_collector.dialects._usage import read_usage
from telltale_collector.dialects._values import mapping, word
from telltale_collector.model import Call


def _asks(body: Body) -> bool:
    return "messages" in body and has_any(body, "system", "anthropic_version", "thinking")


def _answers(body: Body) -> bool:
    if "choices" in body or not isinstance(body.get("content"), (list, str)):
        return False
    return body.get("type") == "message" or "stop_reason" in body


def _response(body: Body) -> Call:
    usage = mapping(body.get("usage"))
    call = read_usage(usage, cached_apart=None if "total_tokens" in usage or _is_detailed(usage) else True)
    call.response_id = word(body.get("id"))
    call.response_model = word(body.get("model"))
    call.output_messages = messages([{"role": "assistant", "content": body["content"]}], "assistant")
    call.finish_reason_raw = word(body.get("stop_reason"))
    call.finish_reason = finish_reason(call.finish_reason_raw)
    return call


def _is_detailed(usage: Mapping[str, object]) -> bool:
    """A library put totals with details in the place of the provider's usage."""
    return "input_token_details" in usage


SHAPE = Shape(_asks, read_chat_request, _answers, _response)

"""Cohere's chat, version 1 (``message``, ``chat_history``, ``text``) and 2."""

from __future__ import annotations

from telltale_collector.dialects._finish import finish_reason
from telltale_collector.dialects._messages import messages, system_message
from telltale_collector.dialects._params import read_params
from telltale_collector.dialects._shapes._shape import Body, Shape, has_any
from telltale_collector.dialects._tools import tool_definitions
from telltale_collector.dialects._usage import read_usage
from telltale_collector.dialects._values import first, mapping, word
from telltale_collector.model import Call


def _asks(body: Body) -> bool:
    return isinstance(body.get("message"), str) and has_any(body, "chat_history", "preamble", "model")


def _request(body: Body) -> Call:
    call = Call(request_model=word(body.get("model")))
    history = messages(body.get("chat_history"), "user")
    call.input_messages = system_message(body.get("preamble")) + history + messages(body["message"], "user")
    call.tools = tool_definitions(body.get("tools"))
    read_params(call, body)
    return call


def _answers(body: Body) -> bool:
    if "choices" in body or "finish_reason" not in body:
        return False
    return isinstance(body.get("message"), dict) or "generation_id" in body


def _response(body: Body) -> Call:
    meta = mapping(body.get("meta"))
    call = read_usage(first(body, "usage") or first(meta, "tokens", "billed_units"))
    call.response_id = word(first(body, "id", "generation_id"))
    call.response_model = word(body.get("model"))
    call.output_messages = messages([first(body, "message", "text")], "assistant")
    call.finish_reason_raw = word(body.get("finish_reason"))
    call.finish_reason = finish_reason(call.finish_reason_raw)
    return call


SHAPE = Shape(_asks, _request, _answers, _response)

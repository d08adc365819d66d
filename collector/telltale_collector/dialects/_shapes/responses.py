"""OpenAI's Responses."""

from __future__ import annotations

from typing import Any

from telltale_collector.dialects._finish import finish_reason
from telltale_collector.dialects._messages import messages, system_message
from telltale_collector.dialects._params import read_params
from telltale_collector.dialects._shapes._shape import Body, Shape, has_any
from telltale_collector.dialects._tools import tool_definitions
from telltale_collector.dialects._usage import read_usage
from telltale_collector.dialects._values import first, mapping, parsed, word
from telltale_collector.model import Call


def _asks(body: Body) -> bool:
    if "messages" in body or "contents" in body:
        return False
    return "instructions" in body or isinstance(parsed(body.get("input")), (str, list))


def _request(body: Body) -> Call:
    call = Call(request_model=word(body.get("model")))
    call.input_messages = system_message(body.get("instructions")) + messages(body.get("input"), "user")
    call.tools = tool_definitions(body.get("tools"))
    read_params(call, body)
    return call


def _answers(body: Body) -> bool:
    if body.get("object") == "response":
        return True
    items = parsed(body.get("output"))
    return (
        isinstance(items, list)
        and has_any(body, "id", "status", "usage", "usage_metadata")
        and all(map(_is_item, items))
    )


def _is_item(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("type"), str)


def _response(body: Body) -> Call:
    call = read_usage(first(body, "usage", "usage_metadata"))
    call.response_id = word(body.get("id"))
    call.response_model = word(body.get("model"))
    call.output_messages = messages(body.get("output"), "assistant")
    status = word(body.get("status"))
    reason = word(mapping(body.get("incomplete_details")).get("reason"))
    call.finish_reason_raw = reason or status
    asked_tools = any(message.tool_calls for message in call.output_messages)
    call.finish_reason = (
        "tool_calls" if asked_tools and status == "completed" else finish_reason(call.finish_reason_raw)
    )
    return call


SHAPE = Shape(_asks, _request, _answers, _response)

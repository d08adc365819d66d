"""OpenAI's chat and text completions, and the many providers that answer in their image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from telltale_collector.dialects._finish import finish_reason
from telltale_collector.dialects._messages import messages, system_message
from telltale_collector.dialects._params import read_params
from telltale_collector.dialects._shapes._shape import Body, Shape, has_any
from telltale_collector.dialects._tools import tool_definitions
from telltale_collector.dialects._usage import read_usage
from telltale_collector.dialects._values import first, parsed, word
from telltale_collector.model import Call


def read_chat_request(body: Body) -> Call:
    """Messages, system prompt, tools, model and parameters, where the request has them at the top."""
    call = Call(request_model=word(first(body, "model", "model_name", "model_id")))
    system = system_message(first(body, "system", "system_prompt"))
    call.input_messages = system + messages(first(body, "messages", "prompt", "prompts"), "user")
    call.tools = tool_definitions(first(body, "tools", "functions"))
    read_params(call, body)
    return call


def _asks(body: Body) -> bool:
    return has_any(body, "messages", "prompt", "prompts")


def _answers(body: Body) -> bool:
    return isinstance(parsed(body.get("choices")), list)


def _response(body: Body) -> Call:
    call = read_usage(first(body, "usage", "usage_metadata"))
    call.response_id = word(body.get("id"))
    call.response_model = word(body.get("model"))
    for choice in parsed(body["choices"]):
        if not isinstance(choice, dict):
            continue
        call.output_messages += messages([_answer(choice)], "assistant")
        call.finish_reason_raw = call.finish_reason_raw or word(choice.get("finish_reason"))
    call.finish_reason = finish_reason(call.finish_reason_raw)
    return call


def _answer(choice: Mapping[str, Any]) -> Any:
    return first(choice, "message", "delta", "text") or {"content": None}


SHAPE = Shape(_asks, read_chat_request, _answers, _response)

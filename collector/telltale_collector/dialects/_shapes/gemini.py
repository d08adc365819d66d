"""Gemini's generateContent, in JSON's camel case and in the Python client's snake case."""

from __future__ import annotations

from telltale_collector.dialects._finish import finish_reason
from telltale_collector.dialects._messages import messages, system_message
from telltale_collector.dialects._params import read_params
from telltale_collector.dialects._shapes._shape import Body, Shape, has_any
from telltale_collector.dialects._tools import tool_definitions
from telltale_collector.dialects._usage import read_usage
from telltale_collector.dialects._values import first, mapping, objects, word
from telltale_collector.model import Call


def _asks(body: Body) -> bool:
    return "contents" in body


def _request(body: Body) -> Call:
    config = mapping(body.get("config"))
    call = Call(operation="generate_content", request_model=word(body.get("model")))
    system = first(body, "systemInstruction", "system_instruction") or first(
        config, "system_instruction", "systemInstruction"
    )
    call.input_messages = system_message(system) + messages(body.get("contents"), "user")
    call.tools = tool_definitions(first(body, "tools") or config.get("tools"))
    read_params(call, body)
    return call


def _answers(body: Body) -> bool:
    return has_any(body, "candidates", "usageMetadata", "modelVersion", "model_version")


def _response(body: Body) -> Call:
    call = read_usage(first(body, "usageMetadata", "usage_metadata"))
    call.operation = "generate_content"
    call.response_id = word(first(body, "responseId", "response_id"))
    call.response_model = word(first(body, "modelVersion", "model_version"))
    for candidate in objects(body.get("candidates")):
        call.output_messages += messages([candidate.get("content")], "assistant")
        raw = word(first(candidate, "finishReason", "finish_reason"))
        call.finish_reason_raw = call.finish_reason_raw or raw
    call.finish_reason = finish_reason(call.finish_reason_raw)
    return call


SHAPE = Shape(_asks, _request, _answers, _response)

"""Bedrock's Converse. Its input count leaves cached tokens out."""

from __future__ import annotations

from telltale_collector.dialects._finish import finish_reason
from telltale_collector.dialects._messages import messages, system_message
from telltale_collector.dialects._params import read_params
from telltale_collector.dialects._shapes._shape import Body, Shape, has_any
from telltale_collector.dialects._tools import tool_definitions
from telltale_collector.dialects._usage import read_usage
from telltale_collector.dialects._values import mapping, word
from telltale_collector.model import Call


def _asks(body: Body) -> bool:
    return has_any(body, "modelId", "inferenceConfig", "toolConfig", "additionalModelRequestFields")


def _request(body: Body) -> Call:
    call = Call(provider="aws.bedrock", request_model=word(body.get("modelId")))
    call.input_messages = system_message(body.get("system")) + messages(body.get("messages"), "user")
    call.tools = tool_definitions(mapping(body.get("toolConfig")).get("tools"))
    read_params(call, body)
    return call


def _answers(body: Body) -> bool:
    return "stopReason" in body or "message" in mapping(body.get("output"))


def _response(body: Body) -> Call:
    call = read_usage(body.get("usage"), cached_apart=True)
    call.provider = "aws.bedrock"
    call.output_messages = messages([mapping(body.get("output")).get("message")], "assistant")
    call.finish_reason_raw = word(body.get("stopReason"))
    call.finish_reason = finish_reason(call.finish_reason_raw)
    return call


SHAPE = Shape(_asks, _request, _answers, _response)

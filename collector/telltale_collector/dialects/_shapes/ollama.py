"""Ollama's chat and generate answers; its requests look like OpenAI's chat."""

from __future__ import annotations

from telltale_collector.dialects._finish import finish_reason
from telltale_collector.dialects._messages import messages
from telltale_collector.dialects._shapes._shape import Body, Shape, has_any
from telltale_collector.dialects._shapes.chat import read_chat_request
from telltale_collector.dialects._usage import read_usage
from telltale_collector.dialects._values import first, word
from telltale_collector.model import Call


def _asks(body: Body) -> bool:
    return "messages" in body and has_any(body, "keep_alive")


def _answers(body: Body) -> bool:
    return has_any(body, "done", "done_reason", "eval_count") and has_any(body, "message", "response")


def _response(body: Body) -> Call:
    call = read_usage(body)
    call.response_model = word(body.get("model"))
    call.output_messages = messages([first(body, "message", "response")], "assistant")
    call.finish_reason_raw = word(body.get("done_reason"))
    call.finish_reason = finish_reason(call.finish_reason_raw)
    return call


SHAPE = Shape(_asks, read_chat_request, _answers, _response)

"""Embedding requests and answers, OpenAI's and those in its image."""

from __future__ import annotations

from telltale_collector.dialects._messages import texts
from telltale_collector.dialects._shapes._shape import Body, Shape, has_any
from telltale_collector.dialects._usage import read_usage
from telltale_collector.dialects._values import first, parsed, word
from telltale_collector.model import Call


def _asks(body: Body) -> bool:
    if "input" not in body or "messages" in body:
        return False
    return has_any(body, "encoding_format", "dimensions", "input_type") or "embed" in str(body.get("model")).lower()


def _request(body: Body) -> Call:
    given = parsed(first(body, "input", "texts"))
    return Call(
        request_model=word(body.get("model")),
        input_messages=texts(given if isinstance(given, list) else [given]),
    )


def _answers(body: Body) -> bool:
    data = body.get("data")
    if not isinstance(data, list):
        return False
    return all(isinstance(element, dict) and "embedding" in element for element in data[:3])


def _response(body: Body) -> Call:
    call = read_usage(body.get("usage"))
    call.response_model = word(body.get("model"))
    return call


SHAPE = Shape(_asks, _request, _answers, _response)

"""Raw requests and answers of providers, as some libraries keep them whole: one provider's shape a module.

A shape recognises a value by its keys and reads it into a partial call; nothing else is known about where it came from.
"""

from __future__ import annotations

from telltale_collector.dialects._shapes import (
    anthropic,
    bedrock,
    chat,
    cohere,
    embeddings,
    gemini,
    langchain,
    ollama,
    responses,
)
from telltale_collector.dialects._shapes._shape import Shape
from telltale_collector.dialects._values import parsed
from telltale_collector.model import AttributeValue, Call

_SHAPES: tuple[Shape, ...] = (
    langchain.SHAPE,
    bedrock.SHAPE,
    gemini.SHAPE,
    embeddings.SHAPE,
    responses.SHAPE,
    anthropic.SHAPE,
    cohere.SHAPE,
    ollama.SHAPE,
    chat.SHAPE,
)
"""The specific ones first."""


def read_request(value: AttributeValue) -> Call:
    """What a provider was asked (an object, or JSON of it); an empty call when no shape fits."""
    body = parsed(value)
    if isinstance(body, dict):
        for shape in _SHAPES:
            if shape.asks(body):
                return shape.request(body)
    return Call()


def read_response(value: AttributeValue) -> Call:
    """What a provider answered (an object, or JSON of it); an empty call when no shape fits."""
    body = parsed(value)
    if isinstance(body, dict):
        for shape in _SHAPES:
            if shape.answers(body):
                return shape.response(body)
    return Call()

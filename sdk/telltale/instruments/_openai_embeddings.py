"""Embeddings: texts in, vectors out; the vectors are not recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from telltale import semconv
from telltale._content import to_json
from telltale.instruments._answer import Answer, text_part
from telltale.instruments._fields import field, items, only, parameters
from telltale.instruments._openai_fields import usage_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_PARAMETERS: Final = {"model": semconv.REQUEST_MODEL, "dimensions": semconv.EMBEDDINGS_DIMENSIONS}


asked: Final = only("input")


def request(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The call's arguments as span attributes, but for its content."""
    attributes = parameters(kwargs, _PARAMETERS)
    encoding = kwargs.get("encoding_format")
    if isinstance(encoding, str):
        attributes[semconv.REQUEST_ENCODING_FORMATS] = [encoding]
    return attributes


def content(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The texts, each a message. Input given as token ids has no text to record."""
    given = kwargs.get("input")
    texts = [text for text in ([given] if isinstance(given, str) else items(given)) if isinstance(text, str)]
    messages = [{"role": "user", "parts": [text_part(text)]} for text in texts]
    return {semconv.INPUT_MESSAGES: to_json(messages)} if messages else {}


class Reader:
    """Reads one batch of embeddings."""

    def __init__(self) -> None:
        self.answer = Answer()

    def whole(self, response: Any) -> None:
        self.answer.model = field(response, "model")
        self.answer.usage.input_tokens = usage_of(field(response, "usage"), ("prompt", "completion")).input_tokens
        vector = next((field(item, "embedding") for item in items(field(response, "data"))), None)
        if isinstance(vector, list):
            self.answer.extra[semconv.EMBEDDINGS_DIMENSIONS] = len(vector)

    def chunk(self, chunk: Any) -> None:
        """Embeddings are not streamed."""

"""Google's GenAI client: Gemini API and Vertex AI; content, streams, chats, embeddings; sync and async.

What is wrapped are the private methods behind the public ones: each is one request. A public call makes several where
it calls functions by itself or goes on after a pause, and returns the usage of the last one alone.
"""

from __future__ import annotations

import importlib
from typing import Any, Final
from urllib.parse import urlsplit

from telltale import semconv
from telltale.instruments import _google_answers, _google_contents
from telltale.instruments._call import Operation
from telltale.instruments._fields import http_failure
from telltale.instruments._google_streams import traced_chunks
from telltale.instruments._model import Instrument
from telltale.instruments._wrapping import Library, wrap

_PUBLIC: Final = ("generate_content", "generate_content_stream", "embed_content")
"""What other instrumentations wrap."""

_LIBRARY: Final = Library("google_genai", "google.genai", lambda models: [(models, name) for name in _PUBLIC])


def _target(models: Any) -> dict[str, Any]:
    client = models._api_client  # noqa: SLF001 - the client's own name for it
    url = urlsplit(client._http_options.base_url or "")  # noqa: SLF001
    port = url.port or (80 if url.scheme == "http" else 443)
    address = {semconv.SERVER_ADDRESS: url.hostname, semconv.SERVER_PORT: port} if url.hostname else {}
    return {semconv.PROVIDER: "gcp.vertex_ai" if client.vertexai else "gcp.gemini", **address}


def _failure(error: BaseException) -> dict[str, Any]:
    return http_failure(getattr(error, "code", None))


_CONTENT: Final = Operation(
    "generate_content",
    "llm",
    _google_answers.request,
    _google_contents.asked,
    _google_contents.content,
    _google_answers.Reader,
    _target,
    _failure,
)
_EMBEDDINGS: Final = Operation(
    "embeddings",
    "embedding",
    _google_answers.request,
    _google_answers.embedding_asked,
    _google_answers.embedding_content,
    _google_answers.EmbeddingReader,
    _target,
    _failure,
)


def _install() -> None:
    module = importlib.import_module("google.genai.models")
    for owner in (module.Models, module.AsyncModels):
        wrap(_LIBRARY, owner, "_generate_content", _CONTENT)
        wrap(_LIBRARY, owner, "_generate_content_stream", _CONTENT, traced_chunks)
        # Version 1 has but the public one.
        wrap(_LIBRARY, owner, "_embed_content" if hasattr(owner, "_embed_content") else "embed_content", _EMBEDDINGS)


INSTRUMENT = Instrument(
    "google_genai",
    "google.genai",
    _install,
    distribution="google-genai",
    traces="content, streams, chats, embeddings, each request of automatic function calling; Gemini API and Vertex AI",
    tested=("1.50.0", "2.0.0", "3.0.0", "3.6.1"),
)

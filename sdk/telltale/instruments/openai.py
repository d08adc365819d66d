"""The OpenAI client, versions 2 and 3: chat completions, Responses, embeddings; sync, async, streamed."""

from __future__ import annotations

import importlib
from typing import Any, Final, NamedTuple

from telltale import semconv
from telltale.instruments import _openai_chat, _openai_embeddings, _openai_responses
from telltale.instruments._call import Operation
from telltale.instruments._model import Instrument
from telltale.instruments._wrapping import Library, wrap

_PROVIDERS: Final = {
    "api.openai.com": "openai",
    "openai.azure.com": "azure.ai.openai",
    "services.ai.azure.com": "azure.ai.openai",
    "cognitiveservices.azure.com": "azure.ai.openai",
    "inference.ai.azure.com": "azure.ai.inference",
    "api.mistral.ai": "mistral_ai",
    "api.deepseek.com": "deepseek",
    "api.groq.com": "groq",
    "api.x.ai": "x_ai",
    "api.perplexity.ai": "perplexity",
    "api.cohere.ai": "cohere",
    "api.cohere.com": "cohere",
    "openrouter.ai": "openrouter",
    "api.together.xyz": "together_ai",
    "api.fireworks.ai": "fireworks_ai",
    "generativelanguage.googleapis.com": "gcp.gemini",
    "api.anthropic.com": "anthropic",
    "api.openai.azure.com": "azure.ai.openai",
}
"""By the host's end, so that regions and tenants in front of it do not matter."""

_UNKNOWN: Final = "openai_compatible"
_LIBRARY: Final = Library(
    "openai",
    "openai",
    lambda resource: [(resource._client, "request")],  # noqa: SLF001 - the client's own name for it
)


def provider_of(host: str) -> str:
    """The conventions' provider name for a host."""
    matches = (name for end, name in _PROVIDERS.items() if host == end or host.endswith("." + end))
    return next(matches, _UNKNOWN)


def _target(resource: Any) -> dict[str, Any]:
    url = resource._client.base_url  # noqa: SLF001 - the client's own name for it
    port = url.port or (443 if url.scheme == "https" else 80)
    return {
        semconv.PROVIDER: provider_of(url.host),
        semconv.SERVER_ADDRESS: url.host,
        semconv.SERVER_PORT: port,
    }


def _failure(error: BaseException) -> dict[str, Any]:
    """An HTTP error's code, beside its class in ``error.type``."""
    status = getattr(error, "status_code", None)
    return {semconv.HTTP_STATUS_CODE: status} if isinstance(status, int) else {}


class _Method(NamedTuple):
    module: str
    classes: tuple[str, str]
    names: tuple[str, ...]
    operation: Operation


_METHODS: Final = (
    _Method(
        "openai.resources.chat.completions.completions",
        ("Completions", "AsyncCompletions"),
        ("create", "parse"),
        Operation("chat", "llm", _openai_chat.request, _openai_chat.Reader, _target, _failure),
    ),
    _Method(
        "openai.resources.responses.responses",
        ("Responses", "AsyncResponses"),
        ("create", "parse"),
        Operation("chat", "llm", _openai_responses.request, _openai_responses.Reader, _target, _failure),
    ),
    _Method(
        "openai.resources.embeddings",
        ("Embeddings", "AsyncEmbeddings"),
        ("create",),
        Operation(
            "embeddings",
            "embedding",
            _openai_embeddings.request,
            _openai_embeddings.Reader,
            _target,
            _failure,
        ),
    ),
)


def _install() -> None:
    for method in _METHODS:
        module = importlib.import_module(method.module)
        for owner in (getattr(module, name) for name in method.classes):
            for name in method.names:
                wrap(_LIBRARY, owner, name, method.operation)


INSTRUMENT = Instrument(
    "openai",
    "openai",
    _install,
    distribution="openai",
    traces="chat completions, Responses, embeddings; also Azure and any server that speaks this API",
    tested=("3.54.0",),
)

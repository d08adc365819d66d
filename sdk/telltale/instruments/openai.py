"""The OpenAI client, versions 2 and 3: chat completions, Responses, embeddings; sync, async, streamed."""

from __future__ import annotations

import importlib
from typing import Any, Final, NamedTuple

from telltale import semconv
from telltale.instruments import _openai_chat, _openai_embeddings, _openai_responses
from telltale.instruments._call import Operation
from telltale.instruments._model import Instrument
from telltale.instruments._stainless import address_of, failure, provider_of, watched
from telltale.instruments._wrapping import Library, wrap

_LIBRARY: Final = Library("openai", "openai", watched)


def _target(resource: Any) -> dict[str, Any]:
    address = address_of(resource)
    kinds = type(resource._client).__mro__  # noqa: SLF001 - the client's own name for it
    is_azure = any("Azure" in kind.__name__ for kind in kinds)  # also behind a gateway of one's own
    provider = "azure.ai.openai" if is_azure else provider_of(address[semconv.SERVER_ADDRESS])
    return {semconv.PROVIDER: provider, **address}


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
        Operation("chat", "llm", _openai_chat.request, _openai_chat.Reader, _target, failure),
    ),
    _Method(
        "openai.resources.responses.responses",
        ("Responses", "AsyncResponses"),
        ("create", "parse"),
        Operation("chat", "llm", _openai_responses.request, _openai_responses.Reader, _target, failure),
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
            failure,
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
    tested=("2.0.0", "3.54.0"),
)

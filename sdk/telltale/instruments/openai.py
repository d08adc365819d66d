"""The OpenAI client, versions 2 and 3: chat completions, Responses, embeddings; sync, async, streamed."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from telltale import semconv
from telltale.instruments import _openai_chat, _openai_embeddings, _openai_responses
from telltale.instruments._call import Operation
from telltale.instruments._model import Instrument
from telltale.instruments._stainless import address_of, failure, provider_of, watched
from telltale.instruments._wrapping import Library, wrap

if TYPE_CHECKING:
    from telltale._kinds import Kind

_LIBRARY: Final = Library("openai", "openai", watched)


def _target(resource: Any) -> dict[str, Any]:
    address = address_of(resource)
    kinds = type(resource._client).__mro__  # noqa: SLF001 - the client's own name for it
    is_azure = any("Azure" in kind.__name__ for kind in kinds)  # also behind a gateway of one's own
    provider = "azure.ai.openai" if is_azure else provider_of(address[semconv.SERVER_ADDRESS])
    return {semconv.PROVIDER: provider, **address}


def _operation(name: str, kind: Kind, api: Any) -> Operation:
    """What is done by means of one of the API's modules here."""
    return Operation(name, kind, api.request, api.asked, api.content, api.Reader, _target, failure)


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
        _operation("chat", "llm", _openai_chat),
    ),
    _Method(
        "openai.resources.responses.responses",
        ("Responses", "AsyncResponses"),
        ("create", "parse"),
        _operation("chat", "llm", _openai_responses),
    ),
    _Method(
        "openai.resources.embeddings",
        ("Embeddings", "AsyncEmbeddings"),
        ("create",),
        _operation("embeddings", "embedding", _openai_embeddings),
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

"""The Anthropic client: messages, beta messages, their helpers; sync, async, streamed; also on other platforms."""

from __future__ import annotations

import importlib
from typing import Any, Final

from telltale import semconv
from telltale._safely import safely
from telltale.instruments import _anthropic_messages
from telltale.instruments._anthropic_helper import traced_helper
from telltale.instruments._anthropic_own_spans import keep_quiet
from telltale.instruments._call import Operation
from telltale.instruments._model import Instrument
from telltale.instruments._stainless import UNKNOWN, address_of, failure, provider_of, watched
from telltale.instruments._wrapping import Library, wrap

_LIBRARY: Final = Library("anthropic", "anthropic", watched)
_MODULES: Final = (
    "anthropic.resources.messages.messages",
    "anthropic.resources.beta.messages.messages",
    "anthropic.lib.bedrock._beta_messages",  # these two have copies of the beta methods
    "anthropic.lib.vertex._beta_messages",
)
_PLATFORMS: Final = {"Bedrock": "aws.bedrock", "Vertex": "gcp.vertex_ai", "Foundry": "azure.ai.inference"}
"""The provider by what the client's class is called, for versions that do not name it."""


def provider_of_client(client: Any) -> str:
    """The conventions' provider name: the platform's, or that of another server that speaks this API."""
    names = [kind.__name__ for kind in type(client).__mro__]
    platform = next((found for word, found in _PLATFORMS.items() if any(word in name for name in names)), None)
    if platform is not None:
        return platform
    host = provider_of(client.base_url.host)
    return "anthropic" if host in {UNKNOWN, "openai"} else host


def _target(resource: Any) -> dict[str, Any]:
    provider = provider_of_client(resource._client)  # noqa: SLF001 - the client's own name for it
    return {semconv.PROVIDER: provider, **address_of(resource)}


_MESSAGES: Final = Operation(
    "chat",
    "llm",
    _anthropic_messages.request,
    _anthropic_messages.asked,
    _anthropic_messages.content,
    _anthropic_messages.Reader,
    _target,
    failure,
)


def _install() -> None:
    keep_quiet()
    for name in _MODULES:
        with safely(f"instrument {name}"):
            _wrap_all(importlib.import_module(name))


def _wrap_all(module: Any) -> None:
    for owner in (module.Messages, module.AsyncMessages):
        wrap(_LIBRARY, owner, "create", _MESSAGES)
        wrap(_LIBRARY, owner, "parse", _MESSAGES)
        wrap(_LIBRARY, owner, "stream", _MESSAGES, traced_helper)


INSTRUMENT = Instrument(
    "anthropic",
    "anthropic",
    _install,
    distribution="anthropic",
    traces="messages, also beta ones, `stream()`, each turn of a tool runner; also on Bedrock, Vertex AI, Foundry",
    tested=("1.0.0", "2.0.0", "2.13.0"),  # version 1 writes no spans of its own: but for the tests of those
)

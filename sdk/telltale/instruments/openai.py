"""The OpenAI client, versions 2 and 3: chat completions, Responses, embeddings; sync, async, streamed."""

from __future__ import annotations

import functools
import importlib
import os
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from telltale import semconv
from telltale._safely import log
from telltale.instruments import _openai_chat, _openai_embeddings, _openai_responses
from telltale.instruments._call import Operation, traced
from telltale.instruments._model import Instrument

if TYPE_CHECKING:
    from collections.abc import Callable

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
_wrapped: Final[dict[tuple[type, str], Callable[..., Any]]] = {}
_told: Final[set[str]] = set()


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
                _wrap(owner, name, method.operation)


def _wrap(owner: type, name: str, operation: Operation) -> None:
    original = owner.__dict__.get(name)
    if original is None or original is _wrapped.get((owner, name)):
        return
    if not _is_the_librarys(original):
        _step_aside(original)
        return
    _wrapped[owner, name] = traced(original, operation, functools.partial(_is_free, owner, name))
    setattr(owner, name, _wrapped[owner, name])


def _is_free(owner: type, name: str, resource: Any) -> bool:
    """Whether nobody else traces this client: two instrumentations would count each call twice."""
    method = vars(resource).get(name) or owner.__dict__.get(name)
    client = resource._client  # noqa: SLF001
    send = vars(client).get("request") or _own(type(client), "request")
    if method is not _wrapped[owner, name]:
        return _step_aside(method)
    return True if _is_the_librarys(send) else _step_aside(send)


def _own(kind: type, name: str) -> Any:
    """The library's method of a class; what an application's subclass adds is its own business."""
    return next(vars(base)[name] for base in kind.__mro__ if _is_openais(base.__module__) and name in vars(base))


def _is_openais(module: str) -> bool:
    return module.partition(".")[0] == "openai"


def _is_the_librarys(method: Any) -> bool:
    """Whether a method is as the library made it: its code stands in the library's folder."""
    folder = os.path.dirname(importlib.import_module("openai").__file__ or "")  # noqa: PTH120 - compared as text
    # By its true type: wrappers made with wrapt give themselves out as the function that they wrap.
    is_function = type(method) is FunctionType
    return is_function and method.__code__.co_filename.startswith(folder + os.sep)


def _step_aside(method: Any) -> bool:
    wrapper: Callable[..., Any] = getattr(method, "_self_wrapper", method)
    other = str(getattr(wrapper, "__module__", None) or type(wrapper).__module__)
    if other not in _told:
        _told.add(other)
        log.warning(
            "openai is already traced by %s; telltale leaves it to that. remove it to use telltale's own",
            other,
        )
    return False


INSTRUMENT = Instrument(
    "openai",
    "openai",
    _install,
    distribution="openai",
    traces="chat completions, Responses, embeddings; also Azure and any server that speaks this API",
    tested=("3.54.0",),
)

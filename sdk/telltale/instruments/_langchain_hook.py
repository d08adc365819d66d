"""Where LangChain is told of our handler. Imported once LangChain itself is."""

from __future__ import annotations

import functools
import inspect
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from langchain_core.callbacks.base import BaseCallbackManager
from langchain_core.tracers.context import register_configure_hook

from telltale import _scope
from telltale._safely import safely
from telltale.instruments._elsewhere import is_free
from telltale.instruments._langchain_handler import STEPS, Handler
from telltale.instruments._when_imported import when_imported

if TYPE_CHECKING:
    from collections.abc import Callable

_MODELS: Final = "langchain_core.language_models.chat_models"


def _is_free() -> bool:
    """Whether nobody else traces LangChain: its other instrumentations all wrap this one method."""
    return is_free("langchain", "langchain_core", BaseCallbackManager.__dict__["__init__"])


_HANDLER: Final = Handler(_is_free)
_everywhere: Final[ContextVar[Handler | None]] = ContextVar("telltale_langchain", default=_HANDLER)
"""By its default, so that it holds in every context and thread."""


@functools.cache
def install() -> None:
    """Register the handler, once, for all runs of the process."""
    register_configure_hook(_everywhere, inheritable=True)
    when_imported(_MODELS, _wrap_models)


def _wrap_models() -> None:
    """A model that is asked several things at once has told of all before it begins with the first."""
    with safely("instrument LangChain's chat models"):
        from langchain_core.language_models.chat_models import BaseChatModel  # noqa: PLC0415 - once it is imported

        for name in ("_generate_with_cache", "_agenerate_with_cache"):
            setattr(BaseChatModel, name, _inside_its_run(getattr(BaseChatModel, name)))


def _inside_its_run(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        with _run_of(kwargs):
            return method(self, *args, **kwargs)

    @functools.wraps(method)
    async def call_async(self: Any, *args: Any, **kwargs: Any) -> Any:
        with _run_of(kwargs):
            return await method(self, *args, **kwargs)

    return call_async if inspect.iscoroutinefunction(method) else call


def _run_of(kwargs: dict[str, Any]) -> AbstractContextManager[None]:
    step = STEPS.find(getattr(kwargs.get("run_manager"), "run_id", None))
    return nullcontext() if step is None else _scope.inside(step.context)

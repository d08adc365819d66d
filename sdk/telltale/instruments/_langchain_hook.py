"""Where LangChain is told of our handler. Imported once LangChain itself is."""

from __future__ import annotations

import functools
from contextvars import ContextVar
from typing import Final

from langchain_core.callbacks.base import BaseCallbackManager
from langchain_core.tracers.context import register_configure_hook

from telltale.instruments._elsewhere import is_free
from telltale.instruments._langchain_handler import Handler


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

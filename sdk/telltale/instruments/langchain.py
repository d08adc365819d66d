"""LangChain and LangGraph, by the callbacks of langchain-core: chains, graphs, agents, tools, retrievers, models."""

from __future__ import annotations

import importlib
from typing import Any, Final

from telltale.instruments._model import Instrument
from telltale.instruments._when_imported import when_imported

_HANDLERS: Final = "langchain_core.tracers.context"
"""Which the first run imports, before it asks for handlers."""

_CALLS: Final = (
    "langchain_core.language_models.chat_models",
    "langchain_core.retrievers",
    "langchain_core.tools.base",
)


def _install() -> None:
    when_imported(_HANDLERS, lambda: _part("hook").install())
    for module in _CALLS:
        when_imported(module, lambda module=module: _part("calls").wrap(module))  # type: ignore[misc]


def _part(name: str) -> Any:
    return importlib.import_module(f"telltale.instruments._langchain_{name}")


INSTRUMENT = Instrument(
    "langchain",
    "langchain_core",
    _install,
    distribution="langchain-core",
    traces="LangChain and LangGraph: chains, graphs, agents, tools, retrievers, models",
    tested=("1.7.2",),
)

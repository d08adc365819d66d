"""LangChain and LangGraph, by the callbacks of langchain-core: chains, graphs, agents, tools, retrievers, models."""

from __future__ import annotations

import importlib

from telltale.instruments._model import Instrument


def _install() -> None:
    importlib.import_module("telltale.instruments._langchain_hook").install()


INSTRUMENT = Instrument(
    "langchain",
    "langchain_core.tracers.context",  # which the first run imports, before it asks for handlers
    _install,
    distribution="langchain-core",
    traces="LangChain and LangGraph: chains, graphs, agents, tools, retrievers, models",
    tested=("1.7.2",),
)

"""LlamaIndex, by its own dispatcher of spans and events: queries, retrievers, synthesis, models, agents, workflows."""

from __future__ import annotations

import importlib

from telltale.instruments._model import Instrument


def _install() -> None:
    importlib.import_module("telltale.instruments._llama_index_handlers").install()


INSTRUMENT = Instrument(
    "llama_index",
    "llama_index_instrumentation",
    _install,
    distribution="llama-index-core",
    traces="LlamaIndex: queries, retrievers, synthesis, models, embeddings, tools, agents and workflows",
    tested=("0.14.25",),
)

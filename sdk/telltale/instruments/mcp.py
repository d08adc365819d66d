"""The Model Context Protocol's client, version 2: each request of a session."""

from __future__ import annotations

import importlib

from telltale.instruments._model import Instrument


def _install() -> None:
    importlib.import_module("telltale.instruments._mcp_client").install()


INSTRUMENT = Instrument(
    "mcp",
    "mcp.client.session",
    _install,
    distribution="mcp",
    traces="MCP client sessions: tool calls, resources, prompts, lists; servers find the trace in `_meta`",
    tested=("2.3.0",),
)

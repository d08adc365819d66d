"""What tests of LangChain use: a tool, a retriever, what a provider says when it wants the tool."""

from __future__ import annotations

from typing import Any

from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.tools import tool

import telltale

CHAT = "chat gpt-5-mini"
TOOL_CALL = {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": '{"a":1,"b":2}'}}


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    with telltale.span("inside add"):
        return a + b


class Shelf(BaseRetriever):
    def _get_relevant_documents(self, query: str, *, run_manager: Any) -> list[Document]:
        del run_manager
        with telltale.span("index"):
            first = Document("Paris", id="d1", metadata={"source": "atlas", "score": 0.75})
            return [first, Document(f"no {query}", id="d2")]


def attributes(span: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = span["attributes"]
    return found

"""Embeddings of Google's client."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from captured_call import messages, only
from google import genai
from google.oauth2.credentials import Credentials
from scripted_provider import Reply

if TYPE_CHECKING:
    from telltale.testing import Captured


# Where aiohttp is installed, Google's client uses it, in a way that aiohttp warns of.
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")


def test_an_embedding_call_becomes_one_span(captured: Captured, gemini_client: Any, gemini_server: Any) -> None:
    gemini_server.embeddings([0.1, 0.2], [0.3, 0.4])
    found = gemini_client.models.embed_content(model="gemini-embedding-001", contents=["a", "b"])
    assert found.embeddings[1].values == [0.3, 0.4]
    span = only(captured)
    assert span["name"] == "embeddings gemini-embedding-001"
    assert span["attributes"]["telltale.span.kind"] == "embedding"
    assert span["attributes"]["gen_ai.embeddings.dimension.count"] == 2
    assert [message["parts"][0]["content"] for message in messages(captured, "input")] == ["a", "b"]
    assert "0.3" not in json.dumps(span)


def test_vertex_ai_tells_the_tokens_of_embeddings(captured: Captured, gemini_server: Any) -> None:
    embedded = [{"embeddings": {"values": [0.1], "statistics": {"token_count": n}}} for n in (3, 4)]
    gemini_server.reply(Reply(body={"predictions": embedded}))
    client = genai.Client(
        vertexai=True,
        project="p",
        location="europe-west1",
        credentials=Credentials("token"),
        http_options={"base_url": gemini_server.url},
    )
    client.models.embed_content(model="text-embedding-005", contents=["a", "b"])
    client.close()
    assert only(captured)["attributes"]["gen_ai.usage.input_tokens"] == 7

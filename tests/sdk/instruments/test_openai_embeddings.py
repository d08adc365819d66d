from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import openai

if TYPE_CHECKING:
    from telltale.testing import Captured


def test_an_embedding_call_becomes_one_span(captured: Captured, openai_server: Any) -> None:
    openai_server.embeddings([0.1, 0.2], [0.3, 0.4])
    with openai.OpenAI(base_url=openai_server.url, api_key="k") as client:
        result = client.embeddings.create(model="text-embedding-3-small", input=["a", "b"], encoding_format="float")
    assert result.data[1].embedding == [0.3, 0.4]
    (span,) = captured.spans
    assert (span["name"], span["kind"]) == ("embeddings text-embedding-3-small", "client")
    attributes = span["attributes"]
    assert attributes["telltale.span.kind"] == "embedding"
    assert attributes["gen_ai.operation.name"] == "embeddings"
    assert attributes["gen_ai.usage.input_tokens"] == 13
    assert "gen_ai.usage.output_tokens" not in attributes
    assert attributes["gen_ai.embeddings.dimension.count"] == 2
    assert attributes["gen_ai.request.encoding_formats"] == ["float"]
    messages = json.loads(attributes["gen_ai.input.messages"])
    assert [message["parts"][0]["content"] for message in messages] == ["a", "b"]
    assert "0.3" not in json.dumps(span)


def test_the_async_client_embeds_too(captured: Captured, openai_server: Any) -> None:
    async def go() -> None:
        async with openai.AsyncOpenAI(base_url=openai_server.url, api_key="k") as client:
            await client.embeddings.create(model="m", input=[1, 2, 3], encoding_format="float")

    openai_server.embeddings([0.1])
    asyncio.run(go())
    (span,) = captured.spans
    assert span["name"] == "embeddings m"
    assert "gen_ai.input.messages" not in span["attributes"]

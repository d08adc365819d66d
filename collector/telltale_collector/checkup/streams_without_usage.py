"""Streams whose provider was not asked to count."""

from __future__ import annotations

from telltale_collector.checkup import Fault, Row

_BY_SCOPE = (
    ("langchain", "ChatOpenAI(stream_usage=True)"),
    ("langgraph", "ChatOpenAI(stream_usage=True)"),
    ("llama_index", 'OpenAI(additional_kwargs={"stream_options": {"include_usage": True}})'),
    ("litellm", 'litellm.completion(..., stream=True, stream_options={"include_usage": True})'),
)
"""Frameworks make the request themselves: they are told, not the client."""

_BY_PROVIDER = {
    "anthropic": "stream.get_final_message()  # read the stream to its end: usage comes with its last events",
    "aws.bedrock": 'for event in response["stream"]: ...  # read on to the event "metadata", which has the usage',
    "gcp.gemini": "for chunk in stream: ...  # read to the last chunk, which has usage_metadata",
    "gcp.vertex_ai": "for chunk in stream: ...  # read to the last chunk, which has usage_metadata",
    "cohere": 'for event in stream: ...  # read on to the event "message-end", which has the usage',
}
_OPENAI_LIKE = 'client.chat.completions.create(..., stream=True, stream_options={"include_usage": True})'
_VERCEL = (
    "createOpenAICompatible({ ..., includeUsage: true })"
    '  // AI SDK 4 with OpenAI: createOpenAI({ compatibility: "strict" })'
)


def _mend(group: Row) -> str:
    scope = group["scope"] or ""
    if scope == "ai":
        return _VERCEL
    told = next((line for word, line in _BY_SCOPE if word in scope.lower()), None)
    return told or _BY_PROVIDER.get(group["provider"] or "", _OPENAI_LIKE)


FAULT = Fault(
    name="streams_without_usage",
    title="Streams without token counts",
    severity="warning",
    of="streamed calls",
    query="checkup_streams_without_usage",
    why=(
        "The provider sends no usage with these streams. Their tokens are counted here from the recorded text, "
        "which is a guess (cached and reasoning tokens are not in it); without recorded text they have no tokens "
        "and no cost at all."
    ),
    mend=_mend,
)

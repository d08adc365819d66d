"""Google's Gemini API, and Vertex AI's, by a script."""

from __future__ import annotations

from typing import Any

from scripted_provider import Reply, ScriptedProvider

ANSWERED_BY = "gemini-2.5-flash"
USAGE = {
    "promptTokenCount": 1000,
    "cachedContentTokenCount": 400,
    "candidatesTokenCount": 50,
    "thoughtsTokenCount": 20,
    "toolUsePromptTokenCount": 10,
    "totalTokenCount": 1080,
    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 1000}],
}
"""Google counts thoughts beside the candidates, and tool prompts beside the prompt: 1,010 in, 70 out."""


class FakeGemini(ScriptedProvider):
    """Gemini's generateContent, streamGenerateContent and embeddings."""

    def fails(self, status: int) -> None:
        self.reply(Reply(status, {"error": {"code": status, "message": "slow down", "status": "RESOURCE_EXHAUSTED"}}))

    def content(self, *parts: dict[str, Any], **more: Any) -> None:
        self.reply(Reply(body=answer(list(parts) or [{"text": "Paris."}], **more)))

    def stream(self, *chunks: Any, ends: bool = True, **more: Any) -> Reply:
        """Chunks are text or a part; the last one brings the reason and the usage."""
        parts = [{"text": chunk} if isinstance(chunk, str) else chunk for chunk in chunks]
        events: list[dict[str, Any] | str] = [answer([part], finish=None, usage=None) for part in parts]
        if ends:
            events[-1] = answer([parts[-1]])
        return self.reply(Reply(events=events, **more))

    def embeddings(self, *vectors: list[float]) -> None:
        self.reply(Reply(body={"embeddings": [{"values": vector} for vector in vectors]}))


def answer(
    parts: list[dict[str, Any]],
    finish: str | None = "STOP",
    usage: dict[str, Any] | None = USAGE,
    **more: Any,
) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    head = {"candidates": [candidate], "modelVersion": ANSWERED_BY, "responseId": "resp-1"}
    return {**head, **({"usageMetadata": usage} if usage else {}), **more}

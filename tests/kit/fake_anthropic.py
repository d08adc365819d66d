"""Anthropic's API by a script."""

from __future__ import annotations

from typing import Any

from scripted_provider import Reply, ScriptedProvider

ANSWERED_BY = "claude-sonnet-4-6"
USAGE = {
    "input_tokens": 31,
    "cache_read_input_tokens": 1000,
    "cache_creation_input_tokens": 300,
    "cache_creation": {"ephemeral_5m_input_tokens": 200, "ephemeral_1h_input_tokens": 100},
    "output_tokens": 160,
    "service_tier": "standard",
}
"""Anthropic counts cached tokens beside the input: in total 1,331."""


class FakeAnthropic(ScriptedProvider):
    """Anthropic's Messages."""

    def fails(self, status: int, kind: str = "rate_limit_error") -> None:
        error = {"type": "error", "error": {"type": kind, "message": "slow down"}, "request_id": "req_1"}
        self.reply(Reply(status, error, {"x-should-retry": "false"}))

    def message(self, *content: dict[str, Any], **more: Any) -> None:
        self.reply(Reply(body=self._message(list(content) or [text("Paris.")], **more)))

    def stream(self, *blocks: dict[str, Any], finish: str | None = "end_turn", **more: Any) -> Reply:
        """Blocks are whole; each arrives in two pieces. ``finish=None``: the stream breaks off after them."""
        usage = {**USAGE, "output_tokens": 1}
        head = self._message([], stop_reason=None, usage=usage)
        events: list[dict[str, Any]] = [{"type": "message_start", "message": head}, {"type": "ping"}]
        for index, block in enumerate(blocks):
            events += self._block(index, block)
        if finish:
            delta = {"stop_reason": finish, "stop_sequence": None}
            events.append({"type": "message_delta", "delta": delta, "usage": more.pop("usage", {"output_tokens": 160})})
            events.append({"type": "message_stop"})
        return self.reply(Reply(events=list(events), **more))

    @staticmethod
    def _block(index: int, block: dict[str, Any]) -> list[dict[str, Any]]:
        name = {"text": "text", "thinking": "thinking"}.get(block["type"])
        if name is not None:
            start, whole, piece = {**block, name: ""}, block[name], f"{name}_delta"
        elif "input" in block:
            name, start, whole, piece = "partial_json", {**block, "input": {}}, block["input"], "input_json_delta"
        else:
            name, start, whole, piece = "", block, "", ""
        half = len(whole) // 2
        deltas = [{"type": piece, name: part} for part in (whole[:half], whole[half:]) if part]
        return [
            {"type": "content_block_start", "index": index, "content_block": start},
            *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
            {"type": "content_block_stop", "index": index},
        ]

    @staticmethod
    def _message(content: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        head = {"id": "msg_1", "type": "message", "role": "assistant", "model": ANSWERED_BY, "content": content}
        return {**head, "stop_reason": "end_turn", "stop_sequence": None, "usage": USAGE, **more}


def text(said: str) -> dict[str, Any]:
    return {"type": "text", "text": said}

"""A stand-in for a language model, which it is not.

It answers with the sentence of the prompt's text that shares most words with the question. It speaks enough
of OpenAI's HTTP API for the bot to run where no model fits, and says what it is in its model name and in the
``system_fingerprint`` of every answer. Its token counts are words.
"""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bm25 import terms

MODEL = "extractive-stand-in"
FINGERPRINT = "extractive-stand-in: not a language model"
_DUNNO = "I don't know."


def extract(prompt: str) -> str:
    """The sentence of the prompt's text that fits its last ``Question:`` best."""
    text, _, question = prompt.rpartition("Question:")
    wanted = set(terms(question.removesuffix("Answer:")))
    sentences = [sentence.strip() for sentence in re.split(r"(?<=[.!?])\s+|\n+", text) if len(sentence) > 15]
    best = max(sentences, key=lambda sentence: len(wanted & set(terms(sentence))), default="")
    return best if wanted & set(terms(best)) else _DUNNO


def serve(port: int) -> None:
    """Serve on loopback until the process ends."""
    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        print(f"{FINGERPRINT}, on http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/v1/models":
            self._send_json(200, {"object": "list", "data": [{"id": MODEL, "object": "model", "owned_by": "telltale"}]})
        else:
            self._refuse()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/v1/chat/completions":
            self._refuse()
        elif body.get("stream"):
            self._stream(body)
        else:
            self._send_json(200, _completion(body))

    def log_message(self, *args: object) -> None:
        """Keep quiet."""

    def _refuse(self) -> None:
        self._send_json(404, {"error": {"message": f"no such route: {self.path}", "type": "not_found"}})

    def _send_json(self, status: int, content: dict[str, Any]) -> None:
        payload = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def _stream(self, body: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for chunk in _chunks(body):
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True


def _completion(body: dict[str, Any]) -> dict[str, Any]:
    answer = extract(body["messages"][-1]["content"])
    choice = {"index": 0, "message": {"role": "assistant", "content": answer}, "finish_reason": "stop"}
    return {**_frame("chat.completion"), "choices": [choice], "usage": _usage(body, answer)}


def _chunks(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    frame = _frame("chat.completion.chunk")
    answer = extract(body["messages"][-1]["content"])
    for piece in re.findall(r"\S+\s*", answer):
        yield {**frame, "choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]}
    yield {**frame, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    if (body.get("stream_options") or {}).get("include_usage"):
        yield {**frame, "choices": [], "usage": _usage(body, answer)}


def _frame(kind: str) -> dict[str, Any]:
    identity = f"stand-in-{uuid.uuid4().hex}"
    created = int(time.time())
    return {
        "id": identity,
        "object": kind,
        "created": created,
        "model": MODEL,
        "system_fingerprint": FINGERPRINT,
    }


def _usage(body: dict[str, Any], answer: str) -> dict[str, int]:
    asked = sum(len(message["content"].split()) for message in body["messages"])
    answered = len(answer.split())
    return {"prompt_tokens": asked, "completion_tokens": answered, "total_tokens": asked + answered}

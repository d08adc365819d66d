"""A server on loopback that answers by a script, as a model provider would."""

from __future__ import annotations

import json
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any


@dataclass
class Reply:
    """One scripted answer. ``gates``: before the event of that index (-1: before anything), wait for the test."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    events: list[dict[str, Any] | str] | None = None
    gates: dict[int, threading.Event] = field(default_factory=dict)
    breaks: bool = False


class ScriptedProvider:
    """Answers by script, in order.

    ``requests``: what was asked, (path, body); ``headers``: with which headers; ``asked`` is set by then.
    """

    path = ""

    def __init__(self, loopback: Any) -> None:
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.headers: list[dict[str, str]] = []
        self.asked = threading.Event()
        self._script: deque[Reply] = deque()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None: ...

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                owner.requests.append((self.path, json.loads(body)))
                owner.headers.append({name.lower(): value for name, value in self.headers.items()})
                owner.asked.set()
                reply = owner._script.popleft()
                if -1 in reply.gates:
                    reply.gates[-1].wait(10)
                if reply.events is None:
                    owner._whole(self, reply)
                else:
                    owner._stream(self, reply)

        self._loopback = loopback(Handler)
        self.port = self._loopback.port
        self.url = f"http://127.0.0.1:{self.port}{self.path}"

    def close(self) -> None:
        self._loopback.close()

    @staticmethod
    def _whole(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        payload = json.dumps(reply.body).encode()
        handler.send_response(reply.status)
        for name, value in {"Content-Type": "application/json", **reply.headers}.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(payload)))
        handler.end_headers()
        handler.wfile.write(payload)

    @staticmethod
    def _stream(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        try:
            for index, event in enumerate(reply.events or []):
                if index in reply.gates:
                    reply.gates[index].wait(10)
                name = f"event: {event['type']}\n" if isinstance(event, dict) and "type" in event else ""
                data = event if isinstance(event, str) else json.dumps(event)
                line = f"{name}data: {data}\n\n".encode()
                handler.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
                handler.wfile.flush()
            if not reply.breaks:
                handler.wfile.write(b"0\r\n\r\n")
        except OSError:
            pass  # the client has left
        if reply.breaks:
            handler.close_connection = True

    def reply(self, reply: Reply) -> Reply:
        self._script.append(reply)
        return reply

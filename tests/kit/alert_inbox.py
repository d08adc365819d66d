"""A real HTTP server on loopback that gets what receivers of alerts get, and answers as a test wants."""

import json
import queue
import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LIMIT_S = 30


@dataclass
class Post:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Reply:
    """What the server says: a status, headers, a body; ``hold``: only once that is set."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"ok"
    hold: threading.Event | None = None


class Inbox:
    """``posts`` in order of arrival; ``replies``: used up one by one, then 200."""

    def __init__(self) -> None:
        self.posts: queue.Queue[Post] = queue.Queue()
        self.replies: queue.Queue[Reply] = queue.Queue()
        self.server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"inbox": self}))
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def next(self, limit_s: float = LIMIT_S) -> Post:
        """The next request; waits for it."""
        try:
            return self.posts.get(timeout=limit_s)
        except queue.Empty:
            raise AssertionError(f"nothing came within {limit_s} s") from None

    def rest(self) -> list[Post]:
        """All that came and was not taken yet."""
        found = []
        while not self.posts.empty():
            found.append(self.posts.get())
        return found

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # closing waits for all of them
    request_queue_size = 64

    def speak_tls(self, context: ssl.SSLContext) -> None:
        """From now on; each connection shakes hands in its own thread."""
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, *_: object) -> None:
        """Who hangs up in the middle is part of many a test."""


class _Handler(BaseHTTPRequestHandler):
    inbox: Inbox

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            reply = self.inbox.replies.get_nowait()
        except queue.Empty:
            reply = Reply()
        self.inbox.posts.put(Post(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        if reply.hold is not None:
            reply.hold.wait(LIMIT_S)
        try:
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)
        except OSError:  # who asked did not wait
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass

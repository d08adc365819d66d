"""HTTPS: the deadline holds there too, and a server that cannot prove who it is gets nothing."""

from __future__ import annotations

import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from telltale._transport import Transport

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Handler(BaseHTTPRequestHandler):
    received: list[bytes]

    def log_message(self, *_: object) -> None: ...

    def do_POST(self) -> None:
        self.received.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of localhost, signed by itself, with its key."""
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    wanted = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    files = ["-addext", "subjectAltName=DNS:localhost", "-keyout", f"{path}.key", "-out", f"{path}.crt"]
    subprocess.run(["openssl", *wanted.split(), *files], check=True, capture_output=True)
    path.write_text(path.with_suffix(".pem.key").read_text() + path.with_suffix(".pem.crt").read_text())
    return path


@pytest.fixture
def server(certificate: Path) -> Iterator[HTTPServer]:
    handler = type("OwnHandler", (Handler,), {"received": []})
    made = HTTPServer(("127.0.0.1", 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    made.socket = context.wrap_socket(made.socket, server_side=True)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


def _url(server: HTTPServer) -> str:
    return f"https://localhost:{server.server_port}/v1/traces"


def test_a_trusted_server_is_sent_to(server: HTTPServer, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_suffix(".pem.crt")))
    transport = Transport([_url(server)], {})
    for body in (b"first", b"second"):
        assert transport.post(_url(server), body).outcome == "stored"
    assert server.RequestHandlerClass.received == [b"first", b"second"]  # type: ignore[attr-defined]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_unknown_server_gets_nothing(server: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    answer = Transport([_url(server)], {}).post(_url(server), b"prompt")
    assert (answer.outcome, answer.reason) == ("later", "unreachable")
    assert "certificate" in answer.message.lower()
    assert server.RequestHandlerClass.received == []  # type: ignore[attr-defined]

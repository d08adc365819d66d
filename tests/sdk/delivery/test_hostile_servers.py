"""Servers that are no collector, or no friend: never a success, never for long, never much memory."""

from __future__ import annotations

import gzip
import os
import socket
import threading
import time
import zlib
from contextlib import closing, contextmanager, suppress
from email.utils import formatdate
from typing import TYPE_CHECKING

import pytest
from process_memory import forget_peak, peak_mib, resident_mib

from telltale import _wire
from telltale._transport import Answer, Transport, wait_s

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OK = b"HTTP/1.1 200 OK\r\n"
BODY = gzip.compress(b"\x0a\x00")
TIMEOUT_S = 0.5
PATIENCE_S = 30.0
Serve = "Callable[[socket.socket], None]"


def _zeros_forever(connection: socket.socket) -> None:
    connection.sendall(OK + b"\r\n")
    while True:
        connection.sendall(bytes(65536))


def _a_chunk_forever(connection: socket.socket) -> None:
    connection.sendall(OK + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"10000\r\n" + bytes(65536) + b"\r\n")


def _a_gibibyte_of_gzip(connection: socket.socket) -> None:
    press = zlib.compressobj(wbits=31)
    parts = [press.compress(bytes(1 << 20)) for _ in range(1024)]
    body = b"".join(parts) + press.flush()
    connection.sendall(OK + f"Content-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)


def _slow_headers(connection: socket.socket) -> None:
    connection.sendall(OK)
    while True:
        time.sleep(0.05)
        connection.sendall(b"X: y\r\n")


def _slow_body(connection: socket.socket) -> None:
    connection.sendall(OK + b"Content-Length: 1000000\r\n\r\n")
    while True:
        time.sleep(0.05)
        connection.sendall(b"\0")


def _headers_without_end(connection: socket.socket) -> None:
    connection.sendall(OK + b"X: ")
    while True:
        connection.sendall(b"y" * 65536)


def _silence(connection: socket.socket) -> None:
    time.sleep(PATIENCE_S)
    connection.close()


def _half_a_reply(connection: socket.socket) -> None:
    connection.sendall(OK + b"Content-Length: 100\r\n\r\n")


def _nothing_at_all(connection: socket.socket) -> None:
    connection.close()


def _garbage(connection: socket.socket) -> None:
    connection.sendall(os.urandom(4096))


def _a_login_page(connection: socket.socket) -> None:
    connection.sendall(OK + b"Content-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>")


def _redirects(connection: socket.socket) -> None:
    connection.sendall(
        b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
    )


SERVERS = {
    serve.__name__.strip("_"): serve
    for serve in (
        _zeros_forever,
        _a_chunk_forever,
        _a_gibibyte_of_gzip,
        _slow_headers,
        _slow_body,
        _headers_without_end,
        _silence,
        _half_a_reply,
        _nothing_at_all,
        _garbage,
        _a_login_page,
        _redirects,
    )
}


@contextmanager
def _server(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

    def answer(connection: socket.socket) -> None:
        with suppress(OSError), closing(connection):
            connection.recv(65536)
            serve(connection)
            connection.shutdown(socket.SHUT_WR)

    threading.Thread(target=accept, daemon=True).start()
    with closing(listener):
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1/traces"


@pytest.mark.parametrize("name", SERVERS)
def test_a_hostile_server_is_no_success_and_costs_little(
    name: str, record_figure: Callable[[str, float, str, str], None]
) -> None:
    answers: list[Answer] = []
    with _server(SERVERS[name]) as url:
        transport = Transport([url], {}, timeout_s=TIMEOUT_S)
        forget_peak(os.getpid())
        before_mib = resident_mib(os.getpid())
        # In a thread: where it would hang, the test ends all the same.
        asking = threading.Thread(target=lambda: answers.append(transport.post(url, BODY)), daemon=True)
        asking.start()
        asking.join(PATIENCE_S)
        grown_mib = peak_mib(os.getpid()) - before_mib
    record_figure(f"memory grown by a server that answers with {name}", round(grown_mib, 1), "<= 16", "MiB")
    assert len(answers) == 1
    taken = answers[0].outcome == "stored" and _wire.spans_answer(answers[0].body) is not None
    assert not taken
    assert answers[0].outcome in {"later", "stored"}
    assert grown_mib < 64  # the server is in this process, too


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("2", 2.0), ("0", 0.0), ("86400", 60.0), ("-5", 0.0), ("soon", 0.0), ("", 0.0), (None, 0.0), ("1" * 400, 60.0)],
)
def test_retry_after_is_honoured_up_to_a_minute(value: str | None, seconds: float) -> None:
    assert wait_s(value) == seconds


def test_retry_after_may_be_a_date() -> None:
    assert 5 < wait_s(formatdate(time.time() + 10, usegmt=True)) <= 10
    assert wait_s(formatdate(time.time() + 86400, usegmt=True)) == 60
    assert wait_s(formatdate(time.time() - 86400, usegmt=True)) == 0

"""Connections with one deadline for all they do: a server that sends a byte now and then cannot hold anybody."""

from __future__ import annotations

import http.client
import io
import socket
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import (
    BaseHandler,
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


def opener(url: str) -> OpenerDirector:
    """Proxies from the environment, except to this machine. TLS only where the address asks for it."""
    made = OpenerDirector()
    web: BaseHandler = _SecureHandler() if urlsplit(url).scheme == "https" else _PlainHandler()
    proxies = ProxyHandler({} if is_loopback(url) else None)
    for handler in (proxies, web, _NoRedirect(), HTTPDefaultErrorHandler(), HTTPErrorProcessor()):
        made.add_handler(handler)
    return made


def is_loopback(url: str) -> bool:
    """Whether an URL points to this machine."""
    host = urlsplit(url).hostname or ""
    return host in {"localhost", "::1"} or host.startswith("127.")


class _NoRedirect(HTTPRedirectHandler):
    """A redirect is a failure: what stands behind it (a login page) answers 200 and stores nothing."""

    def redirect_request(self, *_: object) -> None:
        return None


class _Reading(io.RawIOBase):
    """A socket's bytes until the deadline. ``TimeoutError`` after it."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        left_s = self._deadline - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("the reply took too long")
        self._sock.settimeout(left_s)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Timed:
    """In place of a connection's socket."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._deadline = deadline

    def sendall(self, data: Any) -> None:
        self._sock.settimeout(max(0.01, self._deadline - time.monotonic()))
        self._sock.sendall(data)

    def makefile(self, *_: object) -> io.BufferedReader:
        return io.BufferedReader(_Reading(self._sock, self._deadline))

    def close(self) -> None:
        self._sock.close()


class _Plain(http.client.HTTPConnection):
    def connect(self) -> None:
        _connect(self, super().connect)


class _Secure(http.client.HTTPSConnection):
    def connect(self) -> None:
        _connect(self, super().connect)


def _connect(connection: http.client.HTTPConnection, connect: Any) -> None:
    deadline = time.monotonic() + float(connection.timeout or 0)
    connect()
    connection.sock = _Timed(connection.sock, deadline)


class _PlainHandler(HTTPHandler):
    def http_open(self, req: Request) -> http.client.HTTPResponse:
        return self.do_open(_Plain, req)


class _SecureHandler(HTTPSHandler):
    def https_open(self, req: Request) -> http.client.HTTPResponse:
        return self.do_open(_Secure, req, context=self._context)  # type: ignore[attr-defined]

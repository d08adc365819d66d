"""HTTP by hand, for what no client would send."""

import socket
from typing import NamedTuple, Self

LIMIT_S = 30.0


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class RawConnection:
    """One connection to a collector."""

    def __init__(self, port: int, source: str = "127.0.0.1") -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), LIMIT_S, source_address=(source, 0))
        self._rest = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def answer(self) -> Answer:
        """The next answer; waits for it."""
        head = self._until(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        size = int(headers.get("content-length", 0))
        while len(self._rest) < size:
            self._receive()
        body, self._rest = self._rest[:size], self._rest[size:]
        return Answer(int(first.split()[1]), headers, body)

    def is_closed_by_the_server(self) -> bool:
        """Waits until the server ends the connection; False where it sends something more."""
        try:
            return not self._rest and self._socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._rest:
            self._receive()
        found, self._rest = self._rest.split(mark, 1)
        return found

    def _receive(self) -> None:
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionResetError("the server closed the connection")
        self._rest += data


def head(length: int | None = None, path: str = "/v1/traces", **headers: str) -> bytes:
    """The head of an OTLP request; header names with ``_`` for ``-``."""
    given = {"host": "localhost", "content-type": "application/x-protobuf"}
    given |= {} if length is None else {"content-length": str(length)}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"POST {path} HTTP/1.1\r\n{lines}\r\n".encode()


def ask(port: int, request: bytes) -> Answer:
    """One request on a connection of its own."""
    with RawConnection(port) as connection:
        connection.send(request)
        return connection.answer()

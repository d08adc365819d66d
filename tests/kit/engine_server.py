"""The real engine in a process of its own, behind as much of ClickHouse's HTTP interface as clickhouse-connect uses.

The embedded engine is the server's code, but it answers no network. Here a small HTTP server stands in front of it, so
that the collector can run against ``clickhouse://127.0.0.1:PORT``, over a network that tests can break, and so that the
engine can be killed on its own. Understood are: query in the URL, the body or a form; ``param_*``, ``database``,
settings; insert blocks behind the statement, compressed or not; errors as status 500 with
``X-ClickHouse-Exception-Code``; ``/ping``.

Run as a program: ``engine_server.py FOLDER PORT``.
"""

import asyncio
import email
import email.policy
import gzip
import itertools
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl

import httpx
from collector_process import free_port

START_LIMIT_S = 60

_TRANSPORT = {
    *("query", "database", "user", "password", "query_id", "session_id", "session_timeout", "session_check", "role"),
    *("quota_key", "compress", "decompress", "buffer_size", "wait_end_of_query", "client_protocol_version"),
    *("enable_http_compression", "send_progress_in_http_headers", "http_headers_progress_interval_ms"),
    "cancel_http_readonly_queries_on_client_close",
}
"""Parameters of a request that are no settings of the query."""

_INSERT = re.compile(rb"\s*INSERT\s+INTO\s[^\n]*?\sFORMAT\s+\w+\s*?\n", re.IGNORECASE)
_CODE = re.compile(r"Code: (\d+)\.")


class EngineServer:
    """The engine's process. ``kill()`` is SIGKILL; ``start()`` again finds the same data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.log = folder.with_name(f"{folder.name}.log")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> "EngineServer":
        with self.log.open("ab") as log:
            command = [sys.executable, __file__, str(self.folder), str(self.port)]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + START_LIMIT_S
        while not self._answers():
            assert self._process.poll() is None, f"the engine ended: {self.log.read_text()}"
            assert time.monotonic() < deadline, f"waited {START_LIMIT_S} s for the engine: {self.log.read_text()}"
            time.sleep(0.02)
        return self

    def _answers(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/ping", timeout=5).text == "Ok.\n"
        except httpx.TransportError:
            return False

    def query(self, sql: str) -> str:
        """Run a statement past any proxy; its answer as tab-separated text."""
        answer = httpx.post(f"http://127.0.0.1:{self.port}/", content=sql.encode(), timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.text

    def kill(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def freeze(self) -> None:
        """SIGSTOP: connections stay open, nothing answers."""
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        self._send(signal.SIGCONT)

    def _send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)


# --- the server's side ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Query:
    """A request as the engine gets it; ``data`` are the blocks of an insert."""

    text: bytes
    data: bytes | None
    parameters: dict[str, str]
    settings: dict[str, str]
    database: str | None


def read_query(url_query: str, headers: dict[str, str], body: bytes) -> Query:
    given = dict(parse_qsl(url_query, keep_blank_values=True))
    body = _inflated(body, headers.get("content-encoding", ""))
    if headers.get("content-type", "").startswith("multipart/form-data"):
        given |= _form(headers["content-type"], body)
        body = b""
    text = b"\n".join(part for part in (given.get("query", "").encode(), body) if part)
    statement, data = _split_insert(text)
    return Query(
        statement,
        data,
        {name.removeprefix("param_"): value for name, value in given.items() if name.startswith("param_")},
        {name: value for name, value in given.items() if not name.startswith("param_") and name not in _TRANSPORT},
        given.get("database"),
    )


def _inflated(body: bytes, encoding: str) -> bytes:
    if encoding == "gzip":
        return gzip.decompress(body)
    if encoding == "lz4":
        return _lz4_frames(body)
    if encoding == "zstd":
        from backports import zstd

        return zstd.decompress(body)
    assert not encoding, f"content-encoding {encoding} is not understood"
    return body


def _lz4_frames(body: bytes) -> bytes:
    """One frame after the other: the client makes one of each block."""
    import lz4.frame

    parts = []
    while body:
        reader = lz4.frame.LZ4FrameDecompressor()
        parts.append(reader.decompress(body))
        if not reader.eof:
            raise EOFError("the lz4 frame does not end")
        body = reader.unused_data or b""
    return b"".join(parts)


def _form(content_type: str, body: bytes) -> dict[str, str]:
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = email.message_from_bytes(head + body, policy=email.policy.HTTP)
    fields = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        fields[str(name)] = part.get_payload(decode=True).decode()
    return fields


def _split_insert(text: bytes) -> tuple[bytes, bytes | None]:
    found = _INSERT.match(text)
    return (found[0], text[found.end() :]) if found else (text, None)


class Engine:
    """Every request has a session of its own, as a server gives it."""

    def __init__(self, folder: str) -> None:
        import chdb

        self._folder = os.path.realpath(folder)
        self._connect = chdb.connect
        self._held = self._connect(self._folder)  # the engine lives as long as one connection does
        self._scratch = Path(f"{self._folder}.blocks")
        self._scratch.mkdir(exist_ok=True)
        self._numbers = itertools.count()

    def run(self, query: Query) -> bytes:
        connection = self._connect(self._folder)
        try:
            if query.database:
                connection.query(f"USE `{query.database}`")
            for name, value in query.settings.items():
                connection.query(f"SET {name} = {_quoted(value)}")
            with self._statement(query) as text:
                return connection.query(text, "TabSeparated", params=query.parameters).bytes() or b""
        finally:
            connection.close()

    @contextmanager
    def _statement(self, query: Query) -> Iterator[str]:
        """The text to run; an insert's blocks wait in a file for it."""
        text = query.text.decode("utf-8", "surrogateescape")
        if query.data is None:
            yield text
            return
        path = self._scratch / str(next(self._numbers))
        path.write_bytes(query.data)
        head, _, form = text.strip().rpartition(" FORMAT ")
        try:
            yield f"{head} FROM INFILE {_quoted(str(path))} FORMAT {form}"
        finally:
            path.unlink()


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


class Application:
    """ASGI."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def __call__(self, scope, receive, send) -> None:
        body = b""
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        status, headers, answer = await asyncio.to_thread(self._answer, scope, body)
        headers["X-ClickHouse-Query-Id"] = "0"
        given = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": given})
        await send({"type": "http.response.body", "body": answer})

    def _answer(self, scope, body: bytes) -> tuple[int, dict[str, str], bytes]:
        if scope["path"] == "/ping":
            return 200, {}, b"Ok.\n"
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        try:
            query = read_query(scope["query_string"].decode(), headers, body)
            return 200, {"X-ClickHouse-Timezone": "UTC"}, self._engine.run(query)
        except (RuntimeError, OSError, EOFError) as error:  # refused by the engine, or a body that is no archive
            text = str(error)
            found = _CODE.search(text)
            code = found[1] if found else "1000"
            return 500, {"X-ClickHouse-Exception-Code": code}, f"{text}\n".encode()


def main() -> None:
    import uvicorn

    folder, port = sys.argv[1:]
    uvicorn.run(
        Application(Engine(folder)),
        port=int(port),
        log_level="warning",
        lifespan="off",
        timeout_keep_alive=60,
        http="httptools",
    )


if __name__ == "__main__":
    main()

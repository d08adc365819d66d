"""uvicorn's HTTP protocol with deadlines: headers, bodies and readers that do not get on are cut.

One clock looks at all connections a few times a second, which costs a request nothing but an assignment or two.

    waiting   nothing of a request has come: a new connection has the header deadline, a kept one its idle time
    headers   some of it has come: the rest has to, before the deadline
    body      has to come at the least rate, counted after a first grace as long as the header deadline
    answer    has to be taken by the client at the same rate, after a grace of its own
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

_LONGEST_HEADERS = 64 << 10
_LOOKS_A_DEADLINE = 20
_REPLIES = {
    408: b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    431: b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
}


class _Phase(Enum):
    WAITING = "connection"
    HEADERS = "headers"
    BODY = "body"
    ANSWER = "answer"


def _ignore(_reason: str) -> None:
    return


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long a client may take.

    Attributes:
        header_s: for the headers of a request; and before its body has to keep the least rate.
        least_bytes_per_s: of a body, and of an answer being taken, on average.
        answer_s: before an answer has to be taken at the least rate.
        discarded_bytes: most that is read of a request after its answer, so that the client can see the answer.
        connections: most at once.
        on_cut: told why a connection was cut: connection, headers, body, answer, connections.
    """

    header_s: float = 10
    least_bytes_per_s: int = 1024
    answer_s: float = 60
    discarded_bytes: int = 128 << 20
    connections: int = 15_000
    on_cut: Callable[[str], None] = _ignore

    @property
    def look_s(self) -> float:
        """Between two looks at all connections."""
        return min(1.0, min(self.header_s, self.answer_s) / _LOOKS_A_DEADLINE)


class DeadlineProtocol(HttpToolsProtocol):
    """One connection. ``protocol_with`` makes the class that a server runs."""

    deadlines = Deadlines()
    clock: asyncio.TimerHandle | None = None

    _phase = _Phase.WAITING
    _since: float = 0
    _received = 0
    _loose = 0
    _stuck_since: float | None = None
    _stuck_bytes = 0

    # --- what comes -------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._since = self.loop.time()
        _wind(self)
        if len(self.connections) > self.deadlines.connections:
            self._cut_off("connections")

    def data_received(self, data: bytes) -> None:
        if self._phase is _Phase.WAITING:
            self._enter(_Phase.HEADERS)
        self._received += len(data)
        self._loose += len(data)
        super().data_received(data)
        if self._loose > _LONGEST_HEADERS and self._phase in {_Phase.HEADERS, _Phase.BODY}:
            self._cut(431)

    def on_message_begin(self) -> None:
        if self._phase is not _Phase.HEADERS:  # the request before came with it
            self._enter(_Phase.HEADERS)
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._phase is _Phase.HEADERS:  # not the trailers of a chunked body: nobody reads them
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._phase = _Phase.BODY
        self._since = self.loop.time()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._loose = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._loose = 0
        self._phase = _Phase.ANSWER
        super().on_message_complete()
        if self.cycle.response_complete:
            self._enter(_Phase.WAITING)

    def on_response_complete(self) -> None:
        if self._phase is _Phase.ANSWER:
            self._enter(_Phase.WAITING)
        elif self._phase is _Phase.BODY and self.cycle.response_complete:
            self._enter(_Phase.BODY)  # the rest still has to come, in a time of its own
        super().on_response_complete()

    def resume_writing(self) -> None:
        self._stuck_since = None
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP; said only where no other answer is due or under way."""
        may_answer = self._may_answer()
        self._abandon()
        if may_answer:
            super().send_400_response(msg)
        else:
            self.transport.close()

    # --- the clock's side -------------------------------------------------------------------------------------------

    def look(self, now: float) -> None:
        """Cut the connection if its time is up."""
        if self._is_stuck(now):
            self._cut_off(_Phase.ANSWER.value)
        elif self.transport.is_closing():
            return
        elif self.flow.read_paused:
            self._since += self.deadlines.look_s  # it is us who do not read
        elif self._is_late(now):
            self._cut(408)

    def _is_late(self, now: float) -> bool:
        spent = now - self._since
        if self._phase is _Phase.HEADERS:
            return spent > self.deadlines.header_s
        if self._phase is _Phase.BODY:
            due = (spent - self.deadlines.header_s) * self.deadlines.least_bytes_per_s
            return self._received < due or self._is_endless()
        return self._phase is _Phase.WAITING and spent > self._longest_silence()

    def _longest_silence(self) -> float:
        latest = self._latest()
        if latest is None:
            return self.deadlines.header_s
        return self.timeout_keep_alive if latest.response_complete else math.inf

    def _is_endless(self) -> bool:
        return self.cycle.response_complete and self._received > self.deadlines.discarded_bytes

    def _is_stuck(self, now: float) -> bool:
        """An answer that lies here: the client takes it too slowly, or not at all."""
        waiting = self.transport.get_write_buffer_size()
        if not waiting:
            self._stuck_since = None
            return False
        if self._stuck_since is None:
            self._stuck_since, self._stuck_bytes = now, waiting
        due = (now - self._stuck_since - self.deadlines.answer_s) * self.deadlines.least_bytes_per_s
        return self._stuck_bytes - waiting < due

    # --- the end ----------------------------------------------------------------------------------------------------

    def _cut(self, status: int) -> None:
        """Say why, where that may be said, and close. An idle connection is closed without a word."""
        may_answer = self._may_answer()
        if self._phase is not _Phase.WAITING or self._latest() is None:
            self.deadlines.on_cut(self._phase.value)
        self._abandon()
        if may_answer:
            self.transport.write(_REPLIES[status])
        self.transport.close()

    def _cut_off(self, reason: str) -> None:
        self.deadlines.on_cut(reason)
        self._abandon()
        self.transport.abort()

    def _may_answer(self) -> bool:
        """No other answer is due before, or has begun."""
        if self._phase is _Phase.HEADERS:
            latest = self._latest()
            return latest is None or latest.response_complete
        return self._phase is _Phase.BODY and not self.cycle.response_started

    def _abandon(self) -> None:
        """Whoever reads the request learns that nothing more comes, and writes nothing more."""
        latest = self._latest()
        if latest is not None and not latest.response_complete:
            latest.disconnected = True
            latest.message_event.set()

    def _latest(self) -> RequestResponseCycle | None:
        """The request that came last; None before the first."""
        return self.cycle

    def _enter(self, phase: _Phase) -> None:
        self._phase = phase
        self._since = self.loop.time()
        self._received = 0


def protocol_with(deadlines: Deadlines) -> type[DeadlineProtocol]:
    """The protocol class for ``uvicorn.Config(http=...)``; each server needs one of its own."""
    return type("DeadlineProtocol", (DeadlineProtocol,), {"deadlines": deadlines})


def _wind(connection: DeadlineProtocol) -> None:
    """Start the clock, if it does not run."""
    kind = type(connection)
    if kind.clock is None:
        connections = cast("set[DeadlineProtocol]", connection.connections)
        kind.clock = connection.loop.call_later(kind.deadlines.look_s, _tick, kind, connection.loop, connections)


def _tick(kind: type[DeadlineProtocol], loop: asyncio.AbstractEventLoop, connections: set[DeadlineProtocol]) -> None:
    now = loop.time()
    for connection in tuple(connections):
        connection.look(now)
    kind.clock = loop.call_later(kind.deadlines.look_s, _tick, kind, loop, connections) if connections else None

"""A TCP proxy that fails as networks do, told so from the test: ``proxy.faults = Faults(hang=True)``.

It runs an event loop in a thread of its own; a new set of faults holds for connections from then on, and those that are
open when ``cut()`` or ``break_with()`` is called are reset.
"""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass

_CHUNK = 64 << 10
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER with no time: close() sends a reset."""


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong. ``None`` and False: nothing.

    Attributes:
        refuse: connections are accepted and reset at once.
        hang: connections are accepted and nothing is ever passed on.
        delay_s: each piece waits so long, either way.
        bytes_per_s: the speed of each direction.
        cut_sent: the connection is reset after so many bytes to the server.
        cut_answered: the same for bytes to the client: half an answer.
        half_close: after the request the client's direction is closed towards the server.
        lose_answer: is asked, with the request's first 64 KiB, when an answer begins; where it says yes the connection
            is reset instead: the request was done, and the client cannot know.
    """

    refuse: bool = False
    hang: bool = False
    delay_s: float = 0
    bytes_per_s: int | None = None
    cut_sent: int | None = None
    cut_answered: int | None = None
    half_close: bool = False
    lose_answer: Callable[[bytes], bool] | None = None


NO_FAULTS = Faults()


@dataclass(slots=True)
class Counts:
    """How often faults really bit."""

    connections: int = 0
    refused: int = 0
    hung: int = 0
    cut: int = 0
    answers_lost: int = 0


@dataclass(slots=True, eq=False)
class _Link:
    """One connection through the proxy. ``request`` is what was sent since the last answer."""

    faults: Faults
    client: asyncio.StreamWriter
    server: asyncio.StreamWriter | None = None
    request: bytes = b""

    def reset(self) -> None:
        for writer in (self.client, self.server):
            if writer is not None:
                _reset(writer)


class ChaosProxy:
    """Listens on ``port`` and passes on to ``target_port``, both on loopback."""

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self.faults = NO_FAULTS
        self.counts = Counts()
        self._links: set[_Link] = set()
        self._loop = asyncio.new_event_loop()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._run, name="chaos-proxy", daemon=True)

    def start(self) -> "ChaosProxy":
        self._thread.start()
        return self

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._listener.close()

    def cut(self) -> None:
        """Reset every open connection."""
        done = threading.Event()

        def reset_all() -> None:
            for link in list(self._links):
                self.counts.cut += 1
                link.reset()
            done.set()

        self._loop.call_soon_threadsafe(reset_all)
        done.wait()

    def break_with(self, faults: Faults) -> None:
        """These faults from now on, and open connections are reset: nobody goes on undisturbed."""
        self.faults = faults
        self.cut()

    # --- in the thread ----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._connected, sock=self._listener))
        self._loop.run_forever()
        server.close()
        for link in list(self._links):
            link.reset()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = _Link(self.faults, writer)
        self.counts.connections += 1
        if link.faults.refuse:
            self.counts.refused += 1
            link.reset()
            return
        self._links.add(link)
        try:
            await self._pass_on(link, reader)
        except (ConnectionError, OSError):
            pass  # either side is gone
        finally:
            link.reset()
            self._links.discard(link)

    async def _pass_on(self, link: _Link, reader: asyncio.StreamReader) -> None:
        if link.faults.hang:
            self.counts.hung += 1
            while await reader.read(_CHUNK):
                pass  # taken, and never answered
            return
        server_reader, link.server = await asyncio.open_connection("127.0.0.1", self._target_port)
        pumps = [
            asyncio.create_task(self._to_server(link, reader)),
            asyncio.create_task(self._to_client(link, server_reader)),
        ]
        _, rest = await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for pump in rest:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)

    async def _to_server(self, link: _Link, reader: asyncio.StreamReader) -> None:
        assert link.server is not None
        sent = 0
        while piece := await reader.read(_CHUNK):
            link.request = (link.request + piece)[:_CHUNK]
            piece, is_cut = _up_to(piece, link.faults.cut_sent, sent)
            sent += len(piece)
            await self._write(link.faults, link.server, piece)
            if is_cut:
                self.counts.cut += 1
                return
            if link.faults.half_close and link.server.can_write_eof():
                link.server.write_eof()
                self.counts.cut += 1
                await asyncio.Event().wait()  # the answer, if any, still goes back

    async def _to_client(self, link: _Link, reader: asyncio.StreamReader) -> None:
        answered = 0
        while piece := await reader.read(_CHUNK):
            asked = link.faults.lose_answer
            if asked is not None and asked(link.request):
                self.counts.answers_lost += 1
                return
            link.request = b""
            piece, is_cut = _up_to(piece, link.faults.cut_answered, answered)
            answered += len(piece)
            await self._write(link.faults, link.client, piece)
            if is_cut:
                self.counts.cut += 1
                return

    async def _write(self, faults: Faults, writer: asyncio.StreamWriter, piece: bytes) -> None:
        await asyncio.sleep(faults.delay_s + (len(piece) / faults.bytes_per_s if faults.bytes_per_s else 0))
        writer.write(piece)
        await writer.drain()


def _up_to(piece: bytes, most: int | None, so_far: int) -> tuple[bytes, bool]:
    """What of a piece may pass, and whether the connection ends there."""
    if most is None or so_far + len(piece) < most:
        return piece, False
    return piece[: most - so_far], True


def _reset(writer: asyncio.StreamWriter) -> None:
    found = writer.get_extra_info("socket")
    if found is not None and not writer.is_closing():
        with contextlib.suppress(OSError):
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()

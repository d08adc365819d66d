"""Spans and scores on their way out: batched, retried and counted on one background thread.

The application's threads only append to a bounded queue. A collector that is away costs memory up to that
bound, one warning, and nothing else. After a fork the child starts with an empty queue and a thread of its
own.
"""

from __future__ import annotations

import os
import random
import sys
import threading
import time
import weakref
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import context as otel_context
from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY

from telltale._outbox import Outbox
from telltale._safely import log, safely
from telltale._transport import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from telltale._transport import Transport
    from telltale._wire import Partial

_MAX_ITEMS: Final = 8192
_MAX_BYTES: Final = 64 * 1024 * 1024
_BATCH_ITEMS: Final = 512
_BATCH_BYTES: Final = 4 * 1024 * 1024
_SCHEDULE_S: Final = 0.3
_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Lane:
    """One signal's way out.

    Attributes:
        what: its word in messages, in the plural.
        url: where it is posted.
        outbox: what waits.
        encode: a batch as a request body.
        read: the reply's body as what was set aside; None when it is not a reply to this.
    """

    what: str
    url: str
    outbox: Outbox[Any]
    encode: Callable[[Sequence[Any]], bytes]
    read: Callable[[bytes], Partial | None]


def lane(
    what: str, url: str, encode: Callable[[Sequence[Any]], bytes], read: Callable[[bytes], Partial | None]
) -> Lane:
    return Lane(what, url, Outbox(_MAX_ITEMS, _MAX_BYTES), encode, read)


class Shipper:
    """Sends what is put into its lanes.

    Args:
        lanes: the signals, sent in this order.
        transport: does the requests.
        before: called on the thread each time before it looks for something to send.
        schedule_s: how often that is.
    """

    def __init__(
        self,
        lanes: Sequence[Lane],
        transport: Transport,
        before: Callable[[], None] = lambda: None,
        schedule_s: float = _SCHEDULE_S,
    ) -> None:
        self._lanes = lanes
        self._transport = transport
        self._before = before
        self._schedule_s = schedule_s
        self._told: set[str] = set()
        self._reset()
        os.register_at_fork(
            before=_weakly(self._hold),
            after_in_parent=_weakly(self._go_on),
            after_in_child=_weakly(self._reset_in_child),
        )

    def put(self, into: Lane, item: Any, weight: int) -> None:
        """Queue one item. Never waits, never raises."""
        into.outbox.put(item, weight)
        if self._thread is None:
            self.start()

    def pending(self) -> int:
        return sum(len(each.outbox) for each in self._lanes)

    def lost(self) -> Counter[str]:
        """What will never arrive, by reason: ``queue_full``, ``rejected``, ``http_…``, ``unencodable``."""
        return sum((each.outbox.lost for each in self._lanes), Counter())

    def flush(self, timeout_s: float) -> bool:
        """Send what waits, also during a pause after failures. False when not all of it went."""
        if self.pending() == 0:
            return True
        if self._thread is None or not self._thread.is_alive():
            self._cycle()
            return self.pending() == 0
        turn = threading.Event()
        with self._lock:
            self._turns.append(turn)
        self._wake.set()
        turn.wait(timeout_s)
        return self.pending() == 0

    def shutdown(self, timeout_s: float) -> None:
        """Flush, then say how much is lost. For the process's end."""
        self._deadline = time.monotonic() + timeout_s
        self.flush(timeout_s)
        self._is_closing = True
        self._wake.set()
        # A thread that still runs Python while the interpreter goes down can take the process with it.
        if self._thread is not None:
            self._thread.join(max(0.0, self._deadline - time.monotonic()))
        missing = self.pending()
        if missing:
            # An outage has had its one warning; a short program has not lived to see it.
            write = log.info if self._failure and self._is_reported else log.warning
            write(
                "%s lost at exit: %s; %s",
                self._counted(),
                self._failure or "the collector is too slow",
                self._advice(),
            )

    # --- the thread
    _deadline: float | None

    def _reset(self) -> None:
        self._thread: threading.Thread | None = None
        self._lock = threading.RLock()
        self._encoding = threading.RLock()
        self._wake = threading.Event()
        self._turns: list[threading.Event] = []
        self._is_closing = False
        self._deadline = None
        self._not_before = 0.0
        self._failures = 0
        self._failure = ""
        self._is_reported = False

    def _hold(self) -> None:
        """Before a fork: OpenTelemetry's and a mask function's own locks must not be copied while they are held."""
        self._encoding.acquire()

    def _go_on(self) -> None:
        self._encoding.release()

    def _reset_in_child(self) -> None:
        self._reset()
        for each in self._lanes:
            each.outbox.reset()

    def start(self) -> None:
        """Start the thread; a forked child does so with its first span."""
        with safely("start the export thread"), self._lock:
            if self._thread is not None or self._is_closing:
                return
            self._thread = threading.Thread(target=self._run, name="telltale-export", daemon=True)
            self._thread.start()
        # A multiprocessing child leaves by os._exit after its own finalisers; exit hooks do not run there.
        util = sys.modules.get("multiprocessing.util")
        if util is not None and sys.modules["multiprocessing.process"].parent_process() is not None:
            util.Finalize(None, self.shutdown, args=(2.0,), exitpriority=0)

    def _run(self) -> None:
        # Whoever instruments urllib must not see the exporter, or each export would beget another.
        otel_context.attach(otel_context.set_value(_SUPPRESS_INSTRUMENTATION_KEY, value=True))
        while not self._is_closing:
            self._wake.wait(self._schedule_s)
            self._wake.clear()
            with safely("finish abandoned streams"):
                self._before()
            with self._lock:
                turns, self._turns = self._turns, []
            if turns or time.monotonic() >= self._not_before:
                with safely("export"):
                    self._cycle()
            for turn in turns:
                turn.set()

    def _cycle(self) -> None:
        for each in self._lanes:
            size = _BATCH_ITEMS
            while batch := each.outbox.take(size, _BATCH_BYTES):
                answer = self._sent(each, batch)
                if answer.outcome == "later":
                    each.outbox.put_back()
                    return
                if answer.outcome == "too_large" and len(batch) > 1:
                    # Smaller requests, down to the one item that is at fault.
                    each.outbox.put_back()
                    size = len(batch) // 2
                    continue
                if answer.outcome != "stored":
                    each.outbox.lose(answer.reason, len(batch))
                each.outbox.done()

    def _sent(self, into: Lane, batch: list[Any]) -> Answer:
        body = None
        with self._encoding, safely(f"encode {into.what}"):
            body = into.encode(batch)
        if body is None:
            return Answer("too_large", "unencodable")
        answer = self._transport.post(into.url, body, self._remaining_s())
        if answer.outcome == "stored":
            partial = into.read(answer.body)
            if partial is not None:
                self._succeeded(into, partial)
                return answer
            answer = Answer("later", "bad_reply", "the reply is not OTLP: this is no OTLP collector")
        if answer.outcome != "too_large":
            self._failed(answer)
        return answer

    def _remaining_s(self) -> float | None:
        return None if self._deadline is None else self._deadline - time.monotonic()

    # --- outages
    def _succeeded(self, into: Lane, partial: Partial) -> None:
        into.outbox.lose("rejected", partial.rejected)
        if partial.message and partial.message not in self._told and len(self._told) < 100:
            self._told.add(partial.message)
            log.warning("the collector rejected %d %s: %s", partial.rejected, into.what, partial.message)
        if self._is_reported:
            log.info("the collector at %s is back; %d lost meanwhile", into.url, self.lost()["queue_full"])
        self._failures, self._failure, self._is_reported, self._not_before = 0, "", False, 0.0

    def _failed(self, answer: Answer) -> None:
        self._failures += 1
        self._failure = answer.message or answer.reason
        backoff = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2 ** min(self._failures - 1, 8))
        # Many processes lost the same collector: they must not all come back in the same instant.
        pause = max(answer.wait_s, backoff * random.uniform(0.7, 1.0))  # noqa: S311 - no secret in it
        self._not_before = time.monotonic() + pause
        if not self._is_reported and self._deadline is None:
            self._is_reported = True
            log.warning("cannot export: %s; %s. the application goes on", self._failure, self._advice())

    def _advice(self) -> str:
        url = self._lanes[0].url
        return f"is the collector running at {url}? start one with `telltale up`, or set TELLTALE_ENDPOINT"

    def _counted(self) -> str:
        return " and ".join(f"{len(each.outbox)} {each.what}" for each in self._lanes if len(each.outbox))


def _weakly(method: Callable[[], None]) -> Callable[[], None]:
    """The method as a hook that does not keep its object alive."""
    reference = weakref.WeakMethod(method)

    def call() -> None:
        living = reference()
        if living is not None:
            living()

    return call

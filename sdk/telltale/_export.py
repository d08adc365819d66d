"""Spans and scores on their way out, by two background threads.

The application's threads only append to a bounded queue. Several times a second one thread encodes what is there and
writes it to the spool on disk; the other sends what the spool holds, oldest first, and deletes what was acknowledged.
So an outage, an exit and a kill cost nothing but what is younger than a fraction of a second. After a fork the child
starts with empty queues, a spool and threads of its own.
"""

from __future__ import annotations

import json
import os
import threading
import time
import weakref
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from telltale._backlog import Backlog
from telltale._exit import finish_with_pools
from telltale._outage import Outage
from telltale._packing import Packer
from telltale._parcel import REPORTS, packed, unpacked
from telltale._safely import log, safely
from telltale._sending import Sender, report_body
from telltale._worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from telltale._lane import Lane
    from telltale._parcel import Parcel
    from telltale._spooling import Spooling
    from telltale._transport import Transport

_PACK_EVERY_S: Final = 0.1
_SEND_EVERY_S: Final = 0.3
_PACK_AT: Final = 512
_ADOPT_EVERY_S: Final = 10.0
_ADOPT_FOR_S: Final = 0.5
_FORK_WAITS_S: Final = 0.5


class Shipper:
    """Sends what is put into its lanes.

    Args:
        lanes: the signals, sent in this order.
        transport: does the requests.
        spooling: where it may keep on disk what waits.
        before: called on the thread each time before it looks for something to keep.
        last: the same at the process's end, for what is still open.
        schedule_s: how often something is sent.
    """

    def __init__(
        self,
        lanes: Sequence[Lane],
        transport: Transport,
        spooling: Spooling,
        before: Callable[[], None] = lambda: None,
        last: Callable[[], None] = lambda: None,
        schedule_s: float = _SEND_EVERY_S,
    ) -> None:
        self._lanes = lanes
        self._before = before
        self._last = last
        self._outage = Outage(lanes[0].url)
        self._backlog = Backlog(spooling.paths, spooling.header, spooling.limit, self._give_up)
        self._packing = Packer(lanes, self._backlog)
        self._sending = Sender(lanes, transport, self._outage, spooling.report_url)
        self._packer = Worker("telltale-spool", self._pack, min(schedule_s, _PACK_EVERY_S))
        self._sender = Worker("telltale-export", self._send, schedule_s)
        self._adopt_at = 0.0
        self._forking = threading.local()
        os.register_at_fork(
            before=_weakly(self._hold),
            after_in_parent=_weakly(self._go_on),
            after_in_child=_weakly(self._reset_in_child),
        )

    def put(self, into: Lane, item: Any, weight: int) -> None:
        """Queue one item. Never waits, never raises."""
        self._notice(into.outbox.put(item, weight))

    def later(self, work: Callable[[], None], weight: int) -> None:
        """Queue work that puts an item into the first lane. Never waits, never raises."""
        self._notice(self._lanes[0].unread.put(work, weight))

    def _notice(self, waiting: int) -> None:
        if not self._packer.is_started:
            self.start()
        elif waiting % _PACK_AT == 0:
            self._packer.wake()

    def start(self) -> None:
        """Start the threads; a forked child does so with its first span."""
        self._packer.start()
        self._sender.start()
        with safely("be there when a child process ends"):
            finish_with_pools(self.shutdown)

    def pending(self) -> int:
        return sum(each.waiting for each in self._lanes) + len(self._backlog)

    def lost(self) -> Counter[str]:
        """What will never arrive, by reason: ``queue_full``, ``rejected``, ``http_…``, ``unencodable``."""
        return sum((each.lost for each in self._lanes), Counter())

    def flush(self, timeout_s: float) -> bool:
        """Send what waits, also during a pause after failures. False when not all of it went."""
        if self.pending() == 0:
            return True
        deadline = time.monotonic() + timeout_s
        self._packer.ask(timeout_s)
        self._sender.ask(deadline - time.monotonic())
        return self.pending() == 0

    def keep(self, timeout_s: float) -> None:
        """See that what waits outlives the process, which ends without more ado."""
        if not any(each.waiting for each in self._lanes) and not self._backlog.is_in_memory:
            return
        deadline = time.monotonic() + timeout_s
        self._packer.ask(timeout_s)
        if self._backlog.is_in_memory:
            self._sender.ask(deadline - time.monotonic())

    @property
    def unforked(self) -> AbstractContextManager[object]:
        """No fork happens while this is held, or not soon: for reading what a child goes on with."""
        return self._packing.encoding

    @property
    def is_delivering(self) -> bool:
        """No outage is known."""
        return not self._outage.failure

    def is_busy(self) -> bool:
        """Some thread is queuing an item. Where a signal handler has interrupted it, the item cannot be sent yet."""
        return any(each.is_busy for each in self._lanes)

    def shutdown(self, timeout_s: float) -> None:
        """Send within ``timeout_s``, leave the rest to the next process. For the process's end."""
        if self._backlog.is_closed:
            return
        deadline = self._sending.deadline = time.monotonic() + timeout_s
        self._packer.ask(timeout_s)
        self._sender.ask(deadline - time.monotonic())
        self._packer.stop(deadline)
        self._sender.stop(deadline)
        self._leave_reports()
        self._backlog.close()
        if missing := self.pending():
            self._tell_of(missing)

    # --- the threads
    def _pack(self, _is_asked: bool) -> None:
        with safely("finish abandoned streams"):
            self._before()
        self._packing.pack()
        if self._sending.deadline is not None:
            with safely("finish open streams"):
                self._last()
            self._packing.pack()

    def _send(self, is_asked: bool) -> None:
        if not is_asked and not self._outage.is_over:
            return
        if not self._sending.drain(self._backlog):
            return
        if not is_asked or self._sending.deadline is not None:
            self._adopt()
        if not self._outage.failure:
            self._sending.report()

    def _adopt(self) -> None:
        """A piece of what dead processes left; the living have precedence."""
        if time.monotonic() < self._adopt_at:
            return
        until = time.monotonic() + _ADOPT_FOR_S
        self._adopt_at = time.monotonic() + _ADOPT_EVERY_S
        while source := self._backlog.left_by_the_dead():
            if not self._sending.drain(source, until):
                return
            if time.monotonic() >= until:
                self._adopt_at = 0.0
                self._sender.wake()
                return

    # --- what is given up
    def _give_up(self, parcels: Sequence[Parcel], reason: str) -> None:
        for parcel in parcels:
            if parcel.lane < len(self._lanes):
                self._lanes[parcel.lane].outbox.lose(reason, parcel.items)
            elif parcel.lane == REPORTS:
                self._take_back(unpacked(parcel))

    def _leave_reports(self) -> None:
        """What the collector does not know is for the next process to tell."""
        for lane in self._lanes:
            if self._backlog.place is not None and (missing := lane.unreported()):
                self._backlog.add(packed(REPORTS, 0, report_body(lane.signal, missing)))
                lane.reported.update(missing)

    def _take_back(self, report: bytes) -> None:
        with safely("read a report again"):
            told = json.loads(report)
            for lane in self._lanes:
                if lane.signal == told["signal"]:
                    lane.outbox.lost.update(told["dropped"])

    def _tell_of(self, missing: int) -> None:
        # An outage has had its one warning; a short program has not lived to see it.
        write = log.info if self._outage.failure and self._outage.is_told else log.warning
        where = self._backlog.place
        became = (
            "lost at exit" if where is None or self._backlog.is_in_memory else f"kept in {where} for the next process"
        )
        failure = self._outage.failure or "the collector is too slow"
        words = " or ".join(each.what for each in self._lanes)
        write("%d %s %s: %s; %s", missing, words, became, failure, self._outage.advice())

    # --- forks
    def _hold(self) -> None:
        """Before a fork: no lock of ours, of OpenTelemetry's or of a mask may be copied while it is held.

        A mask that is slow, or that waits for a lock of whoever forks, does not keep it from forking.
        """
        locks = (self._packing.encoding, self._backlog.lock)
        self._forking.held = [lock for lock in locks if lock.acquire(timeout=_FORK_WAITS_S)]

    def _go_on(self) -> None:
        for lock in reversed(self._forking.held):
            lock.release()

    def _reset_in_child(self) -> None:
        self._packer.reset()
        self._sender.reset()
        self._packing.reset()
        self._sending.reset()
        self._outage.reset()
        self._backlog.forget()
        self._backlog.reset()
        for each in self._lanes:
            each.reset()


def _weakly(method: Callable[[], None]) -> Callable[[], None]:
    """The method as a hook that does not keep its object alive."""
    reference = weakref.WeakMethod(method)

    def call() -> None:
        living = reference()
        if living is not None:
            living()

    return call

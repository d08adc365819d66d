"""The thread that tells one receiver: a slow or a dead one never delays the others."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from telltale_collector.alerts.backoff import Backoff
from telltale_collector.alerts.channels import Channel, Sent, Ways
from telltale_collector.alerts.due import Notice, Picture, notices, occurrence
from telltale_collector.alerts.outbound import DeliveryError
from telltale_collector.errors import StoreError
from telltale_collector.model import AlertMessage, Receiver, TimeNs, Told
from telltale_collector.store.alert_delivery import AlertDelivery, Occurrence
from telltale_collector.telemetry import Telemetry

log = logging.getLogger("telltale.alerts")

_STORE_AGAIN_S = 2.0
_OVER_FOR_NS: TimeNs = 48 * 3600 * 1_000_000_000
"""Twice as long as an end is spoken of."""


@dataclass(frozen=True, slots=True)
class Fate:
    """How a receiver fares; fields as ``ReceiverStatus`` has them."""

    told_at_ns: TimeNs | None = None
    failures: int = 0
    error: str | None = None
    error_at_ns: TimeNs | None = None


@dataclass(frozen=True, slots=True)
class Tools:
    """What all tellers share."""

    delivery: AlertDelivery
    ways: Ways
    telemetry: Telemetry
    now_ns: Callable[[], TimeNs]


class Teller:
    """Tells one receiver what is due, remembers it on disk before anything else is said, and tries for ever.

    A crash between the two repeats at most that one message, under the same key.
    """

    def __init__(self, receiver: Receiver, channel: Channel, tools: Tools, backoff: Backoff | None = None) -> None:
        self.receiver = receiver
        self.fate = Fate()
        self._channel = channel
        self._tools = tools
        self._backoff = backoff or Backoff()
        self._told: dict[Occurrence, Told] | None = None
        self._picture: Picture | None = None
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._is_abandoned = False
        self._after: Sequence[Teller] = ()
        self._thread = threading.Thread(target=self._run, name=f"alerts to {receiver.name}", daemon=True)

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def start(self, after: Sequence[Teller] = ()) -> None:
        """Begin once those ``after`` which it comes are done with their last message."""
        self._after = after
        self._thread.start()

    def show(self, picture: Picture) -> None:
        """The newest picture: what is due is told at once."""
        self._picture = picture
        self._woken.set()

    def stop(self) -> None:
        """Ask it to end after the message under way."""
        self._stopping.set()
        self._woken.set()

    def abandon(self) -> None:
        """The store closes: what is under way is not remembered any more."""
        self._is_abandoned = True

    def join(self, timeout_s: float | None = None) -> None:
        self._thread.join(timeout_s)

    def _run(self) -> None:
        for before in self._after:
            before.join()
        self._after = ()
        while not self._stopping.is_set():
            self._woken.wait(self._look())
            self._woken.clear()

    def _look(self) -> float | None:
        """Tell what is due; seconds until something may be tried again, None: not before the next picture."""
        picture = self._picture
        if picture is None:
            return None
        try:
            told = self._known(picture)
        except StoreError as error:
            log.warning("what receiver %s was told cannot be read, it is tried again: %s", self.receiver.name, error)
            return _STORE_AGAIN_S
        for notice in notices(self.receiver, self._open(picture), told, self._channel.pace, picture.at_ns):
            if self._stopping.is_set():
                break
            if not self._backoff.holds(notice.group_key):
                self._tell(notice, told)
        return self._backoff.next_in_s()

    def _known(self, picture: Picture) -> dict[Occurrence, Told]:
        """What it was told, from the store at first; without what nobody speaks of any more.

        That is an end of long ago, and what is over for who is not told of ends.
        """
        if self._told is None:
            self._told = self._tools.delivery.told(self.receiver)
        old_ns = self._tools.now_ns() - _OVER_FOR_NS
        over: set[Occurrence] = set()
        if not self.receiver.send_resolved:
            over = {occurrence(message) for message in picture.messages if message.status == "resolved"}
        self._told = {
            key: told
            for key, told in self._told.items()
            if key not in over and (told.status == "firing" or told.at_ns > old_ns)
        }
        return self._told

    def _open(self, picture: Picture) -> Picture:
        """Without the alerts that it refused one by one."""
        messages = [each for each in picture.messages if not self._backoff.is_refused(occurrence(each))]
        return replace(picture, messages=messages)

    def _tell(self, notice: Notice, told: dict[Occurrence, Told]) -> None:
        kind = self._channel.kind
        try:
            sent = self._channel.send(notice, self._tools.ways)
        except DeliveryError as error:
            self._backoff.failed(notice.group_key, error)
            self._tools.telemetry.notification_failures.labels(kind).inc()
            self._fails(error.message)
            return
        self._backoff.succeeded(notice.group_key)
        self._tools.telemetry.notifications.labels(kind).inc()
        taken = [message for message in notice.messages if occurrence(message) not in sent.refused]
        self._remember(taken, told, notice.at_ns)
        self._fares(sent, notice.at_ns)

    def _remember(self, taken: list[AlertMessage], told: dict[Occurrence, Told], at_ns: TimeNs) -> None:
        """In memory, and on disk before the next message.

        States can be said again: of them only what changed is kept, and a store that is away is not waited for, since
        Alertmanager takes silence for an end.
        """
        is_state = self._channel.pace.resend_s > 0
        before = {key: each.status for key, each in told.items()}
        told.update({occurrence(message): Told(message.status, at_ns) for message in taken})
        new = [message for message in taken if not is_state or before.get(occurrence(message)) != message.status]
        while new and not self._is_abandoned:
            try:
                self._tools.delivery.tell(self.receiver, new, at_ns)
            except StoreError as error:
                log.warning("what receiver %s was told cannot be kept yet: %s", self.receiver.name, error)
                if is_state or self._stopping.wait(_STORE_AGAIN_S):
                    return
                continue
            return

    def _fares(self, sent: Sent, at_ns: TimeNs) -> None:
        for key in sent.refused:
            self._backoff.refused(key)
        self.fate = replace(self.fate, told_at_ns=at_ns)
        if sent.refused:
            self._fails(f"{len(sent.refused)} alerts were refused: {sent.said}")
        else:
            self.fate = Fate(told_at_ns=at_ns)

    def _fails(self, why: str) -> None:
        log.warning("receiver %s was not told: %s", self.receiver.name, why)
        fate = self.fate
        self.fate = replace(fate, failures=fate.failures + 1, error=why, error_at_ns=self._tools.now_ns())

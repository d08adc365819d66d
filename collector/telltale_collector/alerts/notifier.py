"""The thread that looks what fires and who wants to know, and hands it to a teller for each receiver."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from telltale_collector.alerts.address import Resolve, read_networks, resolved
from telltale_collector.alerts.built_in import built_in_receivers
from telltale_collector.alerts.channels import Ways, channels
from telltale_collector.alerts.desk import Desk
from telltale_collector.alerts.due import Picture
from telltale_collector.alerts.mail import read_mail
from telltale_collector.alerts.outbound import Outbound
from telltale_collector.alerts.teller import Fate, Teller, Tools
from telltale_collector.errors import StoreError
from telltale_collector.model import AlertMessage, Receiver, TimeNs
from telltale_collector.settings import Settings
from telltale_collector.store.alert_delivery import AlertDelivery
from telltale_collector.telemetry import Telemetry

log = logging.getLogger("telltale.alerts")

_EVERY_S = 10.0
_GRACE_S = 5.0
"""How long a stop waits for answers: a message that was taken is remembered as such."""


class Notifier:
    """Tells receivers of alerts, level-triggered: what is due follows from the source and from what was told.

    Args:
        source: all alerts that fire now, and those that were over in the last 24 hours.
        delivery: receivers, silences, acknowledgements, and what was told.
        telemetry: counts what was told and what was not taken.
        settings: the operator's receivers, mail server and networks.
        now_ns: the time.
        resolve: names to addresses.

    Raises:
        StartError: the mail server's setting cannot be read.
    """

    def __init__(
        self,
        source: Callable[[], Sequence[AlertMessage]],
        delivery: AlertDelivery,
        telemetry: Telemetry,
        settings: Settings,
        *,
        now_ns: Callable[[], TimeNs] = time.time_ns,
        resolve: Resolve = resolved,
    ) -> None:
        self._outbound = Outbound(read_networks(settings.alert_networks), resolve)
        self._tools = Tools(
            delivery, Ways(self._outbound, read_mail(settings.smtp_url, settings.smtp_from)), telemetry, now_ns
        )
        self._source = source
        self._built_in = built_in_receivers(settings)
        self._tellers: dict[Receiver, Teller] = {}
        self._leaving: list[Teller] = []
        self._receivers: Sequence[Receiver] = ()
        self._picture: Picture | None = None
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="notifier", daemon=True)
        self.desk = Desk(self._tools, self._built_in, source, self.wake, self.fate)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Something changed: look now."""
        self._woken.set()

    def stop(self) -> None:
        """End all threads; messages under way have a few seconds to be answered and remembered."""
        self._stopping.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join()
        tellers = [*self._leaving, *self._tellers.values()]
        for teller in tellers:
            teller.stop()
        _join(tellers, _GRACE_S)
        self._outbound.end()
        for teller in tellers:
            teller.abandon()
        _join(tellers, _GRACE_S)

    def fate(self, receiver: Receiver) -> Fate:
        """How a receiver fares."""
        teller = self._tellers.get(receiver)
        return teller.fate if teller else Fate()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            now_ns, messages = self._tools.now_ns(), self._source()
            try:
                self._read(now_ns)  # after the alerts: a silence that was there before one of them is seen
            except StoreError as error:
                log.warning("receivers and silences cannot be read, the last ones hold: %s", error)
            self._look(now_ns, messages)
            self._woken.wait(_EVERY_S)

    def _read(self, now_ns: TimeNs) -> None:
        delivery = self._tools.delivery
        receivers = delivery.receivers()
        picture = Picture((), delivery.silences(since_ns=now_ns), delivery.acknowledgements())
        self._receivers, self._picture = receivers, picture

    def _look(self, now_ns: TimeNs, messages: Sequence[AlertMessage]) -> None:
        """What fires is in memory, so it is told on while the store is away."""
        if self._picture is None:
            return
        self._meet([*self._built_in, *self._receivers])
        self._picture = replace(self._picture, messages=messages, at_ns=now_ns)
        for teller in self._tellers.values():
            teller.show(self._picture)

    def _meet(self, receivers: Sequence[Receiver]) -> None:
        """A teller for each receiver; one that changed gets a new one, which waits for the old one's last message."""
        tellers = dict(self._tellers)
        gone = [tellers.pop(known) for known in list(tellers) if known not in receivers or not tellers[known].is_alive]
        for teller in gone:
            teller.stop()
        self._leaving = [teller for teller in (*self._leaving, *gone) if teller.is_alive]
        kinds = channels()
        for receiver in receivers:
            if receiver not in tellers and receiver.channel in kinds and not self._stopping.is_set():
                same = [each for each in self._leaving if each.receiver.identity == receiver.identity]
                tellers[receiver] = Teller(receiver, kinds[receiver.channel], self._tools)
                tellers[receiver].start(after=same)
        self._tellers = tellers


def _join(tellers: Sequence[Teller], grace_s: float) -> None:
    """Wait for all of them together."""
    deadline = time.monotonic() + grace_s
    for teller in tellers:
        teller.join(max(0.0, deadline - time.monotonic()))

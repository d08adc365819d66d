"""Alerts, receivers and a notifier over one store, as tests of delivery arrange them."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from alert_inbox import Inbox, Post
from alert_messages import NOW, SECOND

from telltale_collector.alerts.notifier import Notifier
from telltale_collector.errors import StoreError
from telltale_collector.model import AlertMessage, Receiver
from telltale_collector.settings import Settings
from telltale_collector.store.alert_delivery import AlertDelivery
from telltale_collector.telemetry import Telemetry

SETTINGS = Settings(alert_networks="127.0.0.0/8")
LIMIT_S = 20


@dataclass
class World:
    """The alerts as they stand, the time, and a notifier that can be started anew over the same store."""

    project: str
    delivery: AlertDelivery
    settings: Settings = SETTINGS
    alerts: list[AlertMessage] = field(default_factory=list)
    now_ns: int = NOW
    telemetry: Telemetry = field(default_factory=Telemetry)
    notifier: Notifier | None = None

    def start(self, **options: object) -> Notifier:
        self.stop()
        self.notifier = Notifier(
            lambda: list(self.alerts),
            self.delivery,
            self.telemetry,
            self.settings,
            now_ns=lambda: self.now_ns,
            **options,
        )
        self.notifier.start()
        return self.notifier

    def stop(self) -> None:
        if self.notifier is not None:
            self.notifier.stop()
            self.notifier = None

    def look(self, *alerts: AlertMessage, after_s: int = 1) -> None:
        self.now_ns += after_s * SECOND
        self.alerts = [replace(each, project=self.project) for each in alerts]
        assert self.notifier is not None
        self.notifier.wake()

    def told(self, receiver: Receiver) -> dict[str, str]:
        return {fingerprint: told.status for (_, fingerprint, _), told in self.delivery.told(receiver).items()}

    def wait_for(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + LIMIT_S
        while not condition():
            assert time.monotonic() < deadline, "waited for too long"
            threading.Event().wait(0.02)


class OwnDelivery(AlertDelivery):
    """Sees the receivers of one test alone, on the store that all share."""

    def __init__(self, delivery: AlertDelivery, project: str) -> None:
        super().__init__(delivery._client, delivery._reader)
        self.project = project
        self.fails = False

    def receivers(self, project: str = "") -> list[Receiver]:
        if self.fails:
            raise StoreError("away")
        return super().receivers(project or self.project)


def hook(world: World, inbox: Inbox, **given: object) -> Receiver:
    made = {"project": world.project, "name": "hook", "channel": "webhook", "address": f"{inbox.url}/hook"}
    receiver = Receiver(**(made | given))
    world.delivery.put_receiver(receiver)
    return receiver


def said(post: Post) -> list[tuple[str, str]]:
    return [(alert["labels"].get("user", ""), alert["status"]) for alert in post.json["alerts"]]

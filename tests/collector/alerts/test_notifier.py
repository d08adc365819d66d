"""From what fires to what receivers get, over a real HTTP server and the store, with restarts in between."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import pytest
from alert_inbox import Inbox, Post, Reply
from alert_messages import HOUR, NOW, SECOND, firing, over

from telltale_collector.alerts.notifier import Notifier
from telltale_collector.errors import BadRequest, NotFound, StoreError
from telltale_collector.model import AlertMessage, Matcher, Receiver
from telltale_collector.settings import Settings
from telltale_collector.store.alert_delivery import AlertDelivery
from telltale_collector.store.client import Client
from telltale_collector.store.reader import Reader
from telltale_collector.telemetry import Telemetry

SETTINGS = Settings(alert_networks="127.0.0.0/8")
LIMIT_S = 20
FOR_ANN = [Matcher(name="user", value="ann")]


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


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    made = Inbox()
    yield made
    made.close()


@pytest.fixture
def world(client: Client, project: str) -> Iterator[World]:
    made = World(f"{project}-{uuid.uuid4().hex[:6]}", _Own(AlertDelivery(client, Reader(client)), project))
    made.delivery.project = made.project
    yield made
    made.stop()


class _Own(AlertDelivery):
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


ANN, BOB = firing(user="ann"), firing(user="bob")


def test_an_alert_is_told_its_end_too_and_each_once(world: World, inbox: Inbox) -> None:
    receiver = hook(world, inbox)
    world.start()
    world.look(ANN)
    assert said(inbox.next()) == [("ann", "firing")]
    world.look(ANN, BOB)
    assert said(inbox.next()) == [("bob", "firing")]
    world.look(over(ANN), BOB)
    assert said(inbox.next()) == [("ann", "resolved")]
    world.wait_for(lambda: world.told(receiver) == {"cost-ann": "resolved", "cost-bob": "firing"})
    world.stop()
    assert inbox.rest() == []


def test_who_is_not_told_of_ends_is_not_remembered_to_have_been_told_of_what_is_over(
    world: World, inbox: Inbox
) -> None:
    receiver = hook(world, inbox, send_resolved=False)
    notifier = world.start()
    world.look(ANN, BOB)
    inbox.next()
    teller = notifier._tellers[receiver]
    world.look(over(ANN), BOB)
    world.wait_for(lambda: [key[1] for key in list(teller._told or {})] == ["cost-bob"])
    world.stop()
    assert inbox.rest() == []


def test_a_message_is_alertmanagers_webhook_with_a_key_against_doubles(world: World, inbox: Inbox) -> None:
    hook(world, inbox)
    world.start()
    world.look(ANN, BOB)
    post = inbox.next()
    body = post.json
    assert (post.path, len(post.headers["idempotency-key"])) == ("/hook", 32)
    assert (body["version"], body["status"], body["receiver"], body["truncatedAlerts"]) == ("4", "firing", "hook", 0)
    assert body["groupLabels"] == {"alertname": "cost is bad", "rule": "cost", "project": world.project}
    assert body["commonLabels"] == {"alertname": "cost is bad", "rule": "cost", "severity": "page", "project": "p"}
    assert body["externalURL"] == "http://127.0.0.1:4318"
    assert body["alerts"][0]["endsAt"] == "0001-01-01T00:00:00Z"
    assert body["alerts"][0]["annotations"] == ANN.annotations == body["commonAnnotations"]


def test_a_new_notifier_over_the_same_store_says_nothing_twice_and_forgets_nothing(world: World, inbox: Inbox) -> None:
    hook(world, inbox)
    world.start()
    world.look(ANN)
    inbox.next()
    world.start()
    world.look(ANN, BOB)
    assert said(inbox.next()) == [("bob", "firing")]
    world.stop()
    world.alerts = [replace(over(ANN), project=world.project), replace(BOB, project=world.project)]
    world.start()
    assert said(inbox.next()) == [("ann", "resolved")]
    world.stop()
    assert inbox.rest() == []


def test_a_message_that_was_sent_and_not_remembered_is_repeated_under_its_key(
    world: World, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook(world, inbox)
    failed = threading.Event()

    def away(*_: object) -> None:
        failed.set()
        raise StoreError("away")

    with monkeypatch.context() as patch:
        patch.setattr(world.delivery, "tell", away)
        world.start()
        world.look(ANN)
        first = inbox.next()
        assert failed.wait(LIMIT_S)
        world.stop()
    world.start()
    second = inbox.next()
    assert first.body == second.body
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    world.look(ANN)
    world.stop()
    assert inbox.rest() == []


def test_nothing_more_is_said_before_the_last_is_remembered(
    world: World, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver = hook(world, inbox)
    tell, attempts = world.delivery.tell, []

    def sometimes(*given: object) -> None:
        attempts.append(1)
        if len(attempts) == 1:
            raise StoreError("away")
        tell(*given)

    monkeypatch.setattr("telltale_collector.alerts.teller._STORE_AGAIN_S", 0.01)
    monkeypatch.setattr(world.delivery, "tell", sometimes)
    world.start()
    world.look(ANN, firing("errors"))
    assert {post.json["groupLabels"]["rule"] for post in (inbox.next(), inbox.next())} == {"cost", "errors"}
    world.wait_for(lambda: len(world.told(receiver)) == 2)
    world.stop()
    assert (len(attempts), inbox.rest()) == (3, [])


def test_a_slow_receiver_delays_no_other(world: World, inbox: Inbox) -> None:
    slow, held = Inbox(), threading.Event()
    slow.replies.put(Reply(hold=held))
    hook(world, slow, name="a-slow")
    hook(world, inbox, name="b-quick")
    world.start()
    world.look(ANN)
    slow.next()
    assert said(inbox.next()) == [("ann", "firing")]
    world.look(ANN, BOB)
    assert said(inbox.next()) == [("bob", "firing")]
    held.set()
    assert said(slow.next()) == [("bob", "firing")]
    world.stop()
    slow.close()


def test_what_was_not_taken_is_tried_until_it_is_and_told_where_it_stands(world: World, inbox: Inbox) -> None:
    receiver = hook(world, inbox)
    inbox.replies.put(Reply(503, body=b"starting"))
    notifier = world.start()
    world.look(ANN)
    first = inbox.next()
    world.wait_for(lambda: notifier.fate(receiver).failures == 1 or not inbox.posts.empty())
    assert "503: starting" in (notifier.fate(receiver).error or "503: starting")
    again = inbox.next()
    assert again.headers["idempotency-key"] == first.headers["idempotency-key"]
    world.wait_for(lambda: notifier.fate(receiver).told_at_ns is not None)
    assert (notifier.fate(receiver).failures, notifier.fate(receiver).error) == (0, None)
    assert world.telemetry.notifications.labels("webhook")._value.get() == 1
    assert world.telemetry.notification_failures.labels("webhook")._value.get() == 1


def test_what_is_refused_for_good_is_shown_and_stops_no_other_group(world: World, inbox: Inbox) -> None:
    receiver = hook(world, inbox)
    inbox.replies.put(Reply(404, body=b"no such hook"))
    notifier = world.start()
    world.look(ANN, firing("errors"))
    assert inbox.next().json["groupLabels"]["rule"] == "cost"
    assert inbox.next().json["groupLabels"]["rule"] == "errors"
    world.wait_for(lambda: world.told(receiver) == {"errors-": "firing"})
    world.look(ANN, firing("errors"))
    status = notifier.desk.receiver(world.project, "hook")
    assert (status.channel, status.failures, status.is_built_in) == ("webhook", 0, False)
    world.stop()
    assert inbox.rest() == []


def test_a_receiver_that_is_mended_is_told_at_once(world: World, inbox: Inbox) -> None:
    hook(world, inbox, address=f"{inbox.url}/wrong")
    inbox.replies.put(Reply(404))
    notifier = world.start()
    world.look(ANN)
    assert inbox.next().path == "/wrong"
    given = Receiver(project=world.project, name="hook", channel="webhook", address=f"{inbox.url}/right")
    notifier.desk.put_receiver(given)
    assert inbox.next().path == "/right"


def test_a_removed_receiver_is_told_nothing_more(world: World, inbox: Inbox) -> None:
    other = Inbox()
    hook(world, inbox)
    hook(world, other, name="other")
    notifier = world.start()
    world.look(ANN)
    inbox.next()
    other.next()
    notifier.desk.remove_receiver(world.project, "hook")
    world.look(ANN, BOB)
    other.next()
    world.stop()
    other.close()
    assert inbox.rest() == []


def test_repeats_come_when_they_are_due_unless_somebody_knows(world: World, inbox: Inbox) -> None:
    hook(world, inbox)
    notifier = world.start()
    world.look(ANN, BOB)
    first = inbox.next()
    world.look(ANN, BOB, after_s=4 * 3600)
    repeat = inbox.next()
    assert said(repeat) == said(first) == [("ann", "firing"), ("bob", "firing")]
    assert repeat.headers["idempotency-key"] != first.headers["idempotency-key"]
    notifier.desk.acknowledge(world.project, "cost-ann", "ann", "on it")
    world.look(ANN, BOB, after_s=4 * 3600)
    assert said(inbox.next()) == [("bob", "firing")]
    world.look(over(ANN), BOB)
    assert said(inbox.next()) == [("ann", "resolved")]
    world.stop()
    assert inbox.rest() == []


def test_a_silence_keeps_it_back_and_its_end_tells_what_still_fires(world: World, inbox: Inbox) -> None:
    hook(world, inbox)
    notifier = world.start()
    made = notifier.desk.silence(world.project, FOR_ANN, (NOW, NOW + HOUR), ("ann", "known"))
    world.look(ANN, BOB)
    assert said(inbox.next()) == [("bob", "firing")]
    notifier.desk.remove_silence(world.project, made.id)
    assert said(inbox.next()) == [("ann", "firing")]


def test_a_store_that_is_away_is_waited_for(world: World, inbox: Inbox) -> None:
    hook(world, inbox)
    world.delivery.fails = True
    world.start()
    world.look(ANN)
    world.delivery.fails = False
    world.look(ANN)
    assert said(inbox.next()) == [("ann", "firing")]


def test_the_operators_receivers_are_told_of_all_projects_at_private_addresses(world: World, inbox: Inbox) -> None:
    world.settings = Settings(alert_webhook_url=f"{inbox.url}/all")
    notifier = world.start()
    world.look(ANN)
    post = inbox.next()
    assert (post.path, post.json["receiver"], said(post)) == ("/all", "settings-webhook", [("ann", "firing")])
    (status,) = notifier.desk.receivers(world.project)
    assert (status.name, status.is_built_in) == ("settings-webhook", True)
    with pytest.raises(BadRequest, match="comes from the collector's settings"):
        notifier.desk.remove_receiver(world.project, "settings-webhook")
    receiver = Receiver(project=world.project, name="mine", channel="webhook", address=f"{inbox.url}/x")
    with pytest.raises(BadRequest, match="not a public address"):
        notifier.desk.put_receiver(receiver)


def test_a_saved_address_that_leads_elsewhere_later_gets_nothing(world: World, inbox: Inbox) -> None:
    leads_to = ["93.184.216.34"]
    world.settings = Settings()
    notifier = world.start(resolve=lambda *_: list(leads_to))
    address = f"http://hooks.example.com:{inbox.port}/x"
    receiver = Receiver(project=world.project, name="hook", channel="webhook", address=address)
    notifier.desk.put_receiver(receiver)
    leads_to[:] = ["127.0.0.1"]
    world.look(ANN)
    world.wait_for(lambda: "not a public address" in (notifier.fate(receiver).error or ""))
    assert inbox.rest() == []


def test_a_test_message_says_what_came_back(world: World, inbox: Inbox) -> None:
    hook(world, inbox)
    notifier = world.start()
    assert notifier.desk.test_receiver(world.project, "hook") == (True, "200 ok")
    assert inbox.next().json["commonLabels"]["alertname"] == "TelltaleTest"
    inbox.replies.put(Reply(410, body=b"archived"))
    assert notifier.desk.test_receiver(world.project, "hook") == (False, "it answered 410: archived")
    with pytest.raises(NotFound):
        notifier.desk.test_receiver(world.project, "nobody")


def test_only_what_fires_can_be_acknowledged(world: World) -> None:
    notifier = world.start()
    world.look(over(ANN))
    with pytest.raises(NotFound, match="no alert 'cost-ann' fires"):
        notifier.desk.acknowledge(world.project, "cost-ann", "", "")

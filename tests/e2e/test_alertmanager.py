"""Alerts to a real Alertmanager, judged by what its webhook receiver gets."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from alert_inbox import Inbox, Post
from alert_messages import SECOND, firing, over
from alertmanager_process import AlertmanagerProcess

from telltale_collector.alerts.notifier import Notifier
from telltale_collector.model import AlertMessage
from telltale_collector.settings import Settings
from telltale_collector.store.alert_delivery import AlertDelivery
from telltale_collector.store.client import Client
from telltale_collector.store.reader import Reader
from telltale_collector.telemetry import Telemetry

LIMIT_S = 30


class Evaluator:
    """Stands for the rules: says what fires; the notifier, which is real, can be started anew over the same store."""

    def __init__(self, client: Client, url: str) -> None:
        self.alerts: list[AlertMessage] = []
        self.skipped_ns = 0
        self._delivery = AlertDelivery(client, Reader(client))
        self._settings = Settings(alertmanager_url=url)
        self._project = uuid.uuid4().hex[:12]
        self.start()

    def start(self) -> None:
        self.notifier = Notifier(
            lambda: list(self.alerts),
            self._delivery,
            Telemetry(),
            self._settings,
            now_ns=lambda: time.time_ns() + self.skipped_ns,
        )
        self.notifier.start()

    def restart(self) -> None:
        self.notifier.stop()
        self.start()

    def firing(self, rule: str = "cost", **labels: str) -> AlertMessage:
        return firing(rule, project=self._project, at=time.time_ns() - SECOND, **labels)

    def say(self, *alerts: AlertMessage) -> None:
        self.alerts = list(alerts)
        self.notifier.wake()

    def error(self) -> str | None:
        """Of the last message to Alertmanager."""
        (receiver,) = self.notifier.desk.receivers(self._project)
        return receiver.error

    def say_again(self) -> None:
        """A minute later: all that fires is sent once more."""
        self.skipped_ns += 61 * SECOND
        self.notifier.wake()


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    made = Inbox()
    yield made
    made.close()


@pytest.fixture
def alertmanager(tmp_path: Path, inbox: Inbox) -> Iterator[AlertmanagerProcess]:
    made = AlertmanagerProcess(tmp_path / "alertmanager", inbox.url)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def evaluator(client: Client, alertmanager: AlertmanagerProcess) -> Iterator[Evaluator]:
    made = Evaluator(client, alertmanager.url)
    yield made
    made.notifier.stop()


def said(post: Post) -> list[tuple[str, str]]:
    return sorted((alert["labels"].get("user", ""), alert["status"]) for alert in post.json["alerts"])


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < deadline, "waited for too long"
        threading.Event().wait(0.05)


def states(alertmanager: AlertmanagerProcess) -> dict[str, str]:
    return {alert["labels"]["rule"]: alert["status"]["state"] for alert in alertmanager.alerts()}


def test_alerts_fire_in_groups_and_resolve(inbox: Inbox, evaluator: Evaluator) -> None:
    ann, bob = evaluator.firing(user="ann"), evaluator.firing(user="bob")
    evaluator.say(ann, bob)
    first = inbox.next()
    assert (said(first), first.json["status"]) == ([("ann", "firing"), ("bob", "firing")], "firing")
    assert first.json["alerts"][0]["annotations"]["why"] == "user u7: 80 %"
    evaluator.say(over(ann, time.time_ns()), bob)
    assert said(inbox.next()) == [("ann", "resolved"), ("bob", "firing")]
    evaluator.say(over(ann, time.time_ns()), over(bob, time.time_ns()))
    assert [each for each in said(inbox.next()) if each[0] == "bob"] == [("bob", "resolved")]


def test_what_fires_is_repeated_as_alertmanager_wants(client: Client, inbox: Inbox, tmp_path: Path) -> None:
    quick = AlertmanagerProcess(tmp_path / "quick", inbox.url, repeat="1s").start()
    evaluator = Evaluator(client, quick.url)
    evaluator.say(evaluator.firing(user="ann"))
    posts = [inbox.next() for _ in range(3)]
    evaluator.notifier.stop()
    quick.stop()
    assert [said(post) for post in posts] == [[("ann", "firing")]] * 3


def test_a_page_inhibits_a_ticket(inbox: Inbox, evaluator: Evaluator, alertmanager: AlertmanagerProcess) -> None:
    page = evaluator.firing("cost")
    ticket = evaluator.firing("latency", severity="ticket")
    evaluator.say(page)
    assert inbox.next().json["groupLabels"]["rule"] == "cost"
    evaluator.say(page, ticket)
    wait_for(lambda: states(alertmanager) == {"cost": "active", "latency": "suppressed"})
    evaluator.say(over(page, time.time_ns()), ticket)
    rules = {(post.json["groupLabels"]["rule"], post.json["status"]) for post in (inbox.next(), inbox.next())}
    assert rules == {("cost", "resolved"), ("latency", "firing")}


def test_a_silence_of_alertmanagers_keeps_back_and_its_end_tells(
    inbox: Inbox, evaluator: Evaluator, alertmanager: AlertmanagerProcess
) -> None:
    times = {"startsAt": "2020-01-01T00:00:00Z", "endsAt": "2100-01-01T00:00:00Z"}
    about = {"matchers": [{"name": "user", "value": "ann", "isRegex": False, "isEqual": True}]}
    made = httpx.post(f"{alertmanager.url}/api/v2/silences", json={**times, **about, "createdBy": "x", "comment": "x"})
    evaluator.say(evaluator.firing("errors", user="ann"), evaluator.firing("cost", user="bob"))
    assert said(inbox.next()) == [("bob", "firing")]
    wait_for(lambda: states(alertmanager) == {"errors": "suppressed", "cost": "active"})
    httpx.delete(f"{alertmanager.url}/api/v2/silence/{made.json()['silenceID']}")
    assert said(inbox.next()) == [("ann", "firing")]


def test_restarts_of_both_lose_nothing_and_double_nothing(
    inbox: Inbox, evaluator: Evaluator, alertmanager: AlertmanagerProcess
) -> None:
    ann, bob = evaluator.firing("cost", user="ann"), evaluator.firing("errors", user="bob")
    evaluator.say(ann)
    assert said(inbox.next()) == [("ann", "firing")]
    evaluator.restart()
    alertmanager.stop()
    evaluator.say(ann, bob)
    evaluator.restart()
    alertmanager.start()
    assert said(inbox.next()) == [("bob", "firing")]
    evaluator.say_again()
    evaluator.notifier.stop()
    evaluator.alerts = [over(ann, time.time_ns()), bob]
    evaluator.start()
    assert said(inbox.next()) == [("ann", "resolved")]
    alertmanager.stop()
    alertmanager.start()
    evaluator.say_again()
    evaluator.say(over(ann, time.time_ns()), over(bob, time.time_ns()))
    assert said(inbox.next()) == [("bob", "resolved")]
    assert inbox.rest() == []


def test_a_bad_alert_costs_itself_alone(inbox: Inbox, evaluator: Evaluator) -> None:
    good = evaluator.firing(user="ann")
    bad = replace(evaluator.firing(user="bob"), generator_url="http://[")
    evaluator.say(good, bad)
    assert said(inbox.next()) == [("ann", "firing")]
    wait_for(lambda: evaluator.error() is not None)
    assert "1 alerts were refused" in (evaluator.error() or "")
    evaluator.say_again()
    wait_for(lambda: evaluator.error() is None)
    assert inbox.rest() == []

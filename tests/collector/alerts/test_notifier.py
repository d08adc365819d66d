"""From what fires to what receivers get, over a real HTTP server and the store, with restarts in between."""

import threading
from dataclasses import replace

import pytest
from alert_inbox import Inbox, Reply
from alert_messages import firing, over
from told_receivers import LIMIT_S, World, hook, said

from telltale_collector.errors import StoreError
from telltale_collector.model import Matcher

FOR_ANN = [Matcher(name="user", value="ann")]
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

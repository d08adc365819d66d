"""Receivers that refuse, change or go; repeats, silences, acknowledgements; a store that is away."""

import pytest
from alert_inbox import Inbox, Reply
from alert_messages import HOUR, NOW, firing, over
from told_receivers import World, hook, said

from telltale_collector.errors import BadRequest, NotFound
from telltale_collector.model import Matcher, Receiver
from telltale_collector.settings import Settings

FOR_ANN = [Matcher(name="user", value="ann")]
ANN, BOB = firing(user="ann"), firing(user="bob")


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

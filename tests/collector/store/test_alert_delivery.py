"""Receivers, silences, acknowledgements and what was told, on the engine."""

import time
from dataclasses import replace

import pytest
from alert_messages import HOUR, NOW, SECOND, firing, over, receiver

from telltale_collector.errors import BadRequest, NotFound
from telltale_collector.model import Acknowledgement, Matcher, Receiver, Silence, Told
from telltale_collector.store.alert_delivery import MOST, AlertDelivery, receiver_columns, silence_columns
from telltale_collector.store.client import Client
from telltale_collector.store.reader import Reader

MATCHERS = (Matcher(name="user", value="O'Brien\\ü"), Matcher(name="x", value=".+", is_regex=True, is_equal=False))


@pytest.fixture
def delivery(client: Client) -> AlertDelivery:
    return AlertDelivery(client, Reader(client))


@pytest.fixture
def hook(project: str) -> Receiver:
    return receiver(project=project, severities=("page", "ticket"), matchers=MATCHERS, repeat_s=60, send_resolved=False)


def silence(project: str, name: str, ends_at_ns: int) -> Silence:
    return Silence(
        project=project,
        id=name,
        matchers=MATCHERS,
        starts_at_ns=NOW + 1,
        ends_at_ns=ends_at_ns,
        created_by="ann",
        comment="known",
    )


def test_a_receiver_comes_back_as_it_was_made(delivery: AlertDelivery, hook: Receiver) -> None:
    delivery.put_receiver(hook)
    assert delivery.receiver(hook.project, "hook") == hook
    assert delivery.receivers(hook.project) == [hook]
    assert hook in delivery.receivers()
    assert delivery.receivers("another") == []


def test_the_same_name_replaces_and_a_removed_one_is_gone(delivery: AlertDelivery, hook: Receiver) -> None:
    delivery.put_receiver(hook)
    delivery.put_receiver(replace(hook, channel="slack"))
    assert [each.channel for each in delivery.receivers(hook.project)] == ["slack"]
    delivery.remove_receiver(hook.project, "hook")
    assert delivery.receivers(hook.project) == []
    with pytest.raises(NotFound, match="there is no receiver 'hook'"):
        delivery.remove_receiver(hook.project, "hook")


def test_a_project_has_so_many_receivers_and_no_more(
    delivery: AlertDelivery, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("telltale_collector.store.alert_delivery.MOST", 1)
    delivery.put_receiver(hook)
    delivery.put_receiver(replace(hook, repeat_s=90))
    with pytest.raises(BadRequest, match="1 receivers already"):
        delivery.put_receiver(replace(hook, name="other"))
    assert MOST == 100


def test_silences_are_those_that_are_not_over(delivery: AlertDelivery, project: str) -> None:
    short, long = silence(project, "short", NOW + HOUR), silence(project, "long", NOW + 2 * HOUR)
    delivery.put_silence(short)
    delivery.put_silence(long)
    assert delivery.silences(project, since_ns=NOW) == [long, short]
    assert delivery.silences(project, since_ns=NOW + HOUR) == [long]
    delivery.remove_silence(project, "long")
    assert delivery.silences(project, since_ns=NOW) == [short]
    with pytest.raises(NotFound, match="there is no silence 'long'"):
        delivery.remove_silence(project, "long")


def test_of_acknowledgements_the_newest_counts(delivery: AlertDelivery, project: str) -> None:
    known = Acknowledgement(project=project, fingerprint="f", created_by="ann", comment="on it", at_ns=NOW)
    delivery.acknowledge(known)
    delivery.acknowledge(replace(known, created_by="bob", at_ns=NOW + 1))
    delivery.acknowledge(replace(known, fingerprint="g", at_ns=NOW + 2))
    found = delivery.acknowledgements(project)
    assert [(each.fingerprint, each.created_by) for each in found] == [("g", "ann"), ("f", "bob")]


def test_what_was_told_is_the_last_word_by_receiver_and_occurrence(delivery: AlertDelivery, hook: Receiver) -> None:
    alert = firing(project=hook.project)
    again = replace(alert, starts_at_ns=NOW + HOUR)
    delivery.tell(hook, [alert, again], NOW + SECOND)
    delivery.tell(hook, [over(alert)], NOW + 2 * SECOND)
    assert delivery.told(hook) == {
        (hook.project, alert.fingerprint, NOW): Told("resolved", NOW + 2 * SECOND),
        (hook.project, alert.fingerprint, NOW + HOUR): Told("firing", NOW + SECOND),
    }
    assert delivery.told(replace(hook, name="other")) == {}
    assert delivery.told(replace(hook, address="https://hooks.example.com/other")) == {}
    assert len(delivery.told(replace(hook, repeat_s=90, matchers=()))) == 2


def test_a_clock_that_was_set_back_undoes_no_change(delivery: AlertDelivery, client: Client, hook: Receiver) -> None:
    made = silence(hook.project, "s", NOW + 2 * HOUR)
    ahead = time.time_ns() + HOUR
    client.insert("alert_receivers", receiver_columns(hook, ahead, is_removed=False), f"{hook.project}-receiver")
    client.insert("alert_silences", silence_columns(made, ahead, is_removed=False), f"{hook.project}-silence")
    delivery.put_receiver(replace(hook, repeat_s=90))
    assert delivery.receiver(hook.project, "hook").repeat_s == 90
    delivery.remove_receiver(hook.project, "hook")
    delivery.remove_silence(hook.project, "s")
    assert (delivery.receivers(hook.project), delivery.silences(hook.project, since_ns=NOW)) == ([], [])
    delivery.put_receiver(hook)
    assert delivery.receivers(hook.project) == [hook]


def test_the_last_word_is_the_last_also_where_the_clock_was_set_back(delivery: AlertDelivery, hook: Receiver) -> None:
    alert, other = firing(project=hook.project), firing("errors", project=hook.project)
    delivery.tell(hook, [alert], NOW + HOUR)
    delivery.tell(hook, [over(alert), other], NOW)
    told = delivery.told(hook)
    assert told[hook.project, alert.fingerprint, NOW] == Told("resolved", NOW + HOUR + 1)
    assert told[hook.project, other.fingerprint, NOW] == Told("firing", NOW)
    known = Acknowledgement(project=hook.project, fingerprint="f", created_by="ann", comment="", at_ns=NOW + HOUR)
    delivery.acknowledge(known)
    kept = delivery.acknowledge(replace(known, created_by="bob", at_ns=NOW))
    assert delivery.acknowledgements(hook.project) == [kept]
    assert (kept.created_by, kept.at_ns) == ("bob", NOW + HOUR + 1)

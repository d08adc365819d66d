"""Receivers, silences and acknowledgements of a running collector."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from alert_inbox import Inbox, Reply
from collector_process import CollectorProcess

ALERTS = "/api/v1/alerts"
SLACK = {"channel": "slack", "address": "https://93.184.216.34/services/T000/B000/verysecret"}
FOR_ANN = [{"name": "user", "value": "ann"}]


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    made = Inbox()
    yield made
    made.close()


@pytest.fixture
def open_collector(tmp_path: Path) -> Iterator[CollectorProcess]:
    """One that may tell receivers on loopback."""
    made = CollectorProcess(tmp_path / "data", "--alert-networks", "127.0.0.0/8").start()
    yield made
    made.stop()


def name() -> str:
    return f"receiver-{uuid.uuid4().hex[:8]}"


def put(collector: CollectorProcess, called: str, **body: object) -> httpx.Response:
    return collector.client.put(f"{ALERTS}/receivers/{called}", json=body)


def test_a_receiver_is_made_listed_replaced_and_removed(collector: CollectorProcess) -> None:
    called = name()
    made = put(collector, called, **SLACK, severities=["page"], matchers=FOR_ANN)
    assert made.status_code == 200
    assert made.json() == collector.get(f"{ALERTS}/receivers/{called}")
    assert made.json()["address"] == "https://93.184.216.34/ser…cret"
    assert made.json()["matchers"] == [{**FOR_ANN[0], "is_regex": False, "is_equal": True}]
    assert put(collector, called, **SLACK, repeat_s=60).json()["severities"] == []
    (found,) = [each for each in collector.get(f"{ALERTS}/receivers")["receivers"] if each["name"] == called]
    assert (found["repeat_s"], found["failures"], found["error"], found["told_at_ns"]) == (60, 0, None, None)
    assert collector.client.delete(f"{ALERTS}/receivers/{called}").json() == {"removed": called}
    assert collector.client.get(f"{ALERTS}/receivers/{called}").status_code == 404
    assert collector.client.delete(f"{ALERTS}/receivers/{called}").status_code == 404


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({**SLACK, "address": "http://127.0.0.1:9093/"}, "not a public address"),
        ({**SLACK, "address": "http://2130706433/"}, "not a public address"),
        ({**SLACK, "address": "http://[::ffff:10.0.0.1]/"}, "not a public address"),
        ({**SLACK, "address": "http://169.254.169.254/latest/meta-data"}, "not a public address"),
        ({**SLACK, "address": "file:///etc/passwd"}, "not an http or https URL"),
        ({**SLACK, "address": "https://u:p@93.184.216.34/"}, "user or password"),
        ({**SLACK, "address": "https://93.184.216.34:22/"}, "port 22"),
        ({**SLACK, "channel": "pigeon"}, "no channel 'pigeon'"),
        ({"channel": "email", "address": "a@example.com"}, "no mail server"),
        ({**SLACK, "matchers": [{"name": "x", "value": "(a+)+", "is_regex": True}]}, "too long"),
        ({**SLACK, "repeat_s": 1}, "repeat_s"),
        ({**SLACK, "color": "red"}, "color"),
    ],
)
def test_what_is_no_receiver_is_refused_with_the_reason(
    collector: CollectorProcess, body: dict[str, object], says: str
) -> None:
    refused = put(collector, name(), **body)
    assert refused.status_code == 400
    assert says in refused.json()["error"]["message"]


def test_a_test_message_reaches_the_receiver_and_says_what_came_back(
    open_collector: CollectorProcess, inbox: Inbox
) -> None:
    put(open_collector, "hook", channel="webhook", address=f"{inbox.url}/hook")
    test = f"{ALERTS}/receivers/hook/test"
    assert open_collector.client.post(test).json() == {"taken": True, "said": "200 ok"}
    assert inbox.next().json["commonLabels"]["alertname"] == "TelltaleTest"
    inbox.replies.put(Reply(404, body=b"no hook"))
    assert open_collector.client.post(test).json() == {"taken": False, "said": "it answered 404: no hook"}
    assert open_collector.client.post(f"{ALERTS}/receivers/nobody/test").status_code == 404


def test_a_silence_is_made_listed_and_ended(collector: CollectorProcess) -> None:
    body = {"matchers": FOR_ANN, "duration_s": 3600, "created_by": "ann", "comment": "known"}
    made = collector.client.post(f"{ALERTS}/silences", json=body)
    assert made.status_code == 201
    silence = made.json()
    assert silence["ends_at_ns"] - silence["starts_at_ns"] == 3600 * 10**9
    assert silence in collector.get(f"{ALERTS}/silences")["silences"]
    assert collector.client.delete(f"{ALERTS}/silences/{silence['id']}").json() == {"removed": silence["id"]}
    assert silence not in collector.get(f"{ALERTS}/silences")["silences"]
    assert collector.client.delete(f"{ALERTS}/silences/{silence['id']}").status_code == 404


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"matchers": [], "duration_s": 60}, "matchers"),
        ({"matchers": [{"name": "user", "value": ".*", "is_regex": True}], "duration_s": 60}, "every alert"),
        ({"matchers": FOR_ANN}, "needs one end"),
        ({"matchers": FOR_ANN, "duration_s": 60, "ends_at": "2100-01-01T00:00:00Z"}, "needs one end"),
        ({"matchers": FOR_ANN, "ends_at": "2020-01-01T00:00:00Z"}, "has ended already"),
        ({"matchers": FOR_ANN, "ends_at": "2107-01-01T00:00:00Z"}, "more than ten years"),
        ({"matchers": FOR_ANN, "ends_at": "tomorrow"}, "not a time"),
    ],
)
def test_what_is_no_silence_is_refused_with_the_reason(
    collector: CollectorProcess, body: dict[str, object], says: str
) -> None:
    refused = collector.client.post(f"{ALERTS}/silences", json=body)
    assert refused.status_code == 400
    assert says in refused.json()["error"]["message"]


def test_what_does_not_fire_cannot_be_acknowledged(collector: CollectorProcess) -> None:
    refused = collector.client.post(f"{ALERTS}/acknowledgements", json={"fingerprint": "abc", "comment": "on it"})
    assert refused.status_code == 404
    assert collector.get(f"{ALERTS}/acknowledgements") == {"acknowledgements": []}


def test_receivers_and_silences_outlive_the_collector(own_collector: CollectorProcess) -> None:
    own_collector.start()
    put(own_collector, "kept", **SLACK)
    own_collector.client.post(f"{ALERTS}/silences", json={"matchers": FOR_ANN, "duration_s": 3600})
    own_collector.kill()
    own_collector.start()
    assert own_collector.get(f"{ALERTS}/receivers/kept")["channel"] == "slack"
    assert len(own_collector.get(f"{ALERTS}/silences")["silences"]) == 1

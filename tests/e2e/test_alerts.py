"""From a failed call to the message about it, through a real collector and its restarts."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from alert_inbox import Inbox
from collector_process import CollectorProcess
from failing_calls import fail, written

INTERVAL_S = 10


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    made = Inbox()
    yield made
    made.close()


@pytest.fixture
def alerted(own_collector: CollectorProcess, inbox: Inbox, tmp_path: Path) -> CollectorProcess:
    """A collector with a rule of ten seconds, that tells the inbox."""
    own_collector.give("--alert-rules", str(written(tmp_path / "rules.yaml", window="30s")))
    own_collector.give("--alert-webhook-url", f"{inbox.url}/hook")
    return own_collector.start()


def alerts(collector: CollectorProcess, path: str = "") -> list[dict]:
    return collector.get(f"/api/v1/alerts{path}")["alerts"]


def test_a_failed_call_is_told_with_its_reason_and_links_once_over_restarts_and_its_end_too(
    alerted: CollectorProcess, inbox: Inbox
) -> None:
    fail(alerted)
    begun = time.monotonic()
    post = inbox.next(60)
    print(f"from the spans' arrival to the webhook: {time.monotonic() - begun:.1f} s, interval {INTERVAL_S} s")
    assert post.path == "/hook"
    (told,) = post.json["alerts"]
    assert (post.json["status"], told["status"]) == ("firing", "firing")
    assert told["labels"]["rule"] == "checkout-fails"
    assert told["labels"]["service"] == "checkout"
    assert told["annotations"]["summary"] == "The checkout's calls fail: service checkout"
    page = alerted.client.get(told["annotations"]["runbook_url"].removeprefix(alerted.url))
    assert page.status_code == 200
    assert "Are they all of one model?" in page.text
    (shown,) = alerts(alerted)
    assert (shown["state"], shown["title"], shown["fingerprint"]) == (
        "firing",
        "The checkout's calls fail",
        told["fingerprint"],
    )
    alerted.kill()
    alerted.start()
    ended = inbox.next(90).json
    assert [(each["status"], each["startsAt"]) for each in ended["alerts"]] == [("resolved", told["startsAt"])]
    assert alerts(alerted) == []
    (past,) = alerts(alerted, "/history")
    assert (past["state"], past["fingerprint"]) == ("resolved", told["fingerprint"])
    alerted.stop()
    alerted.start()
    alerted.wait_for(lambda: evaluated(alerted), 60, "the rule to be evaluated again")
    assert inbox.rest() == []


def test_a_silenced_alert_is_not_told_until_the_silence_ends(alerted: CollectorProcess, inbox: Inbox) -> None:
    made = alerted.client.post(
        "/api/v1/alerts/silences",
        json={"matchers": [{"name": "service", "value": "checkout"}], "duration_s": 3600, "comment": "we deploy"},
    )
    assert made.status_code == 201, made.text
    fail(alerted)
    alerted.wait_for(lambda: len(alerts(alerted)) == 1, 60, "the alert to fire")
    (silence,) = alerts(alerted)[0]["silences"]
    assert silence["comment"] == "we deploy"
    assert inbox.rest() == []
    assert alerted.client.delete(f"/api/v1/alerts/silences/{silence['id']}").status_code == 200
    assert inbox.next(60).json["alerts"][0]["status"] == "firing"


def evaluated(collector: CollectorProcess) -> bool:
    """Whether the rule was evaluated since the collector started."""
    rules = {rule["uid"]: rule for rule in collector.get("/api/v1/alerts/rules")["rules"]}
    return rules["checkout-fails"]["evaluated_at_ns"] is not None

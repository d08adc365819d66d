"""The alerts' pages, served by a running collector with a rule of ten seconds."""

import re
from collections.abc import Iterator

import pytest
from collector_process import CollectorProcess
from failing_calls import fail, written
from html_text import text_of

from telltale_collector.alerts.silenced import all_hold
from telltale_collector.alerts.views import AlertView
from telltale_collector.model import Matcher
from telltale_collector.web.alerts.shown import shown_alert, together

HOSTILE = "<script>alert(1)</script>\u202e"


@pytest.fixture(scope="module")
def alerted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CollectorProcess]:
    """Two services whose calls fail; their alerts fire."""
    folder = tmp_path_factory.mktemp("alerts")
    made = CollectorProcess(folder / "data", "--alert-rules", str(written(folder / "rules.yaml"))).start()
    assert "Nothing fires" in text_of(page(made))
    fail(made)
    fail(made, service=HOSTILE)
    made.wait_for(lambda: len(made.get("/api/v1/alerts")["alerts"]) == 2, 60, "the alerts to fire")
    yield made
    made.stop()


def page(collector: CollectorProcess, path: str = "/alerts") -> str:
    answer = collector.client.get(path, headers={"accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return answer.text


def card(html: str, service: str = "checkout") -> str:
    (found,) = [
        li for li in re.findall(r'<li class="fault alert".*?</li>', html, re.DOTALL) if f"<bdi>{service}</bdi>" in li
    ]
    return found


def test_an_alert_says_what_is_wrong_how_bad_and_where_to_look(alerted: CollectorProcess) -> None:
    html = page(alerted)
    assert "<title>(2) Alerts" in html
    text = text_of(card(html))
    assert text.startswith("page The checkout's calls fail ")
    assert " firing for " in text
    assert "service checkout value 3 bad above 2" in text
    assert 'href="/alerts/rules/checkout-fails"' in card(html)
    assert "What to do" in text


def test_all_rules_are_listed_with_their_state_and_condition(alerted: CollectorProcess) -> None:
    html = page(alerted)
    (row,) = [row for row in re.findall(r"<tr>.*?</tr>", html, re.DOTALL) if "checkout-fails" in row]
    text = text_of(row)
    assert text.startswith("2 firing The checkout's calls fail page above 2 over 1 h")
    assert text_of(html).count(" waiting ") + text_of(html).count(" ok ") >= 20


def test_the_timeline_has_a_row_for_each_alert_and_ranges(alerted: CollectorProcess) -> None:
    html = page(alerted, "/alerts?from=now-7d")
    bars = re.findall(r'<rect class="bar is-error" x="(\d+)" width="(\d+)"', html)
    assert len(bars) == 2
    assert all(int(x) + int(width) <= 1000 for x, width in bars)
    assert re.search(r'<a href="/alerts\?from=now-7d" aria-current="true">7d</a>', html)


def test_what_others_sent_is_shown_as_text(alerted: CollectorProcess) -> None:
    html = page(alerted) + page(alerted, "/alerts/rules/checkout-fails")
    assert "<script>alert" not in html
    assert "\u202e" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_silences_acknowledgements_and_receivers_are_seen(alerted: CollectorProcess) -> None:
    (one,) = [a for a in alerted.get("/api/v1/alerts")["alerts"] if a["labels"]["service"] == "checkout"]
    known = {"fingerprint": one["fingerprint"], "created_by": "ann", "comment": "looking"}
    assert alerted.client.post("/api/v1/alerts/acknowledgements", json=known).status_code == 201
    silence = {"matchers": [{"name": "service", "value": "checkout"}], "duration_s": 3600, "comment": "deploy"}
    made = alerted.client.post("/api/v1/alerts/silences", json=silence)
    assert made.status_code == 201
    text = text_of(card(page(alerted)))
    assert "ann knows: looking" in text
    assert re.search(r"silenced, ends in (1 h|59 min)", text)
    assert re.search(r"service = checkout in (1 h|59 min)", text_of(page(alerted)))
    assert alerted.client.delete(f"/api/v1/alerts/silences/{made.json()['id']}").status_code == 200
    assert "silenced" not in text_of(card(page(alerted)))
    assert "Nobody is told" in text_of(page(alerted))


def test_a_rules_page_says_what_to_do_and_when_it_fired(alerted: CollectorProcess) -> None:
    text = text_of(page(alerted, "/alerts/rules/checkout-fails"))
    assert "Are they all of one model?" in text
    assert "bad when above 2 over 1 h evaluated every 10 s" in text
    assert "SELECT ifNull(toString(service)" in text


def test_every_built_in_rule_has_a_page_with_its_runbook(alerted: CollectorProcess) -> None:
    rules = [rule["uid"] for rule in alerted.get("/api/v1/alerts/rules")["rules"] if rule["group"] != "checkout"]
    assert len(rules) >= 20
    for uid in rules:
        text = text_of(page(alerted, f"/alerts/rules/{uid}"))
        assert "What to do" in text, uid
        assert "To quiet it for good" in text, uid


def test_an_unknown_rule_is_an_error_page_that_says_where_rules_are(alerted: CollectorProcess) -> None:
    answer = alerted.client.get("/alerts/rules/nonsense", headers={"accept": "text/html"})
    assert answer.status_code == 404
    assert "the alerts page lists them" in text_of(answer.text)


def test_degrees_of_the_same_are_one_card_and_known_and_silenced_together() -> None:
    worst = view("budget-100", "page", budget="month")
    views = [worst, view("budget-80", "ticket", budget="month"), view("budget-80", "ticket", budget="other")]
    groups = together(views)
    assert [[each.rule for each in group] for group in groups] == [["budget-100", "budget-80"], ["budget-80"]]
    shown = shown_alert(groups[0], 10**18)
    assert [link.text for link in shown.also] == ["budget-80 (ticket)"]
    assert shown.fingerprints == "budget-100-month budget-80-month"
    assert shown.matchers == [
        {"name": "rule", "value": "budget-100|budget-80", "is_regex": True},
        {"name": "budget", "value": "month"},
    ]


def test_a_silence_of_what_has_no_service_is_not_about_all_services() -> None:
    shown = shown_alert([view("cost", "page", service="")], 10**18)
    matchers = [Matcher(**each) for each in shown.matchers]
    assert all_hold(matchers, {"rule": "cost"})
    assert not all_hold(matchers, {"rule": "cost", "service": "checkout"})
    assert shown.facts == []


def view(rule: str, severity: str, **labels: str) -> AlertView:
    return AlertView(
        fingerprint=f"{rule}-{'-'.join(labels.values())}",
        rule=rule,
        group="budgets",
        title=rule,
        severity=severity,
        labels=labels,
        state="firing",
        value=1.0,
        unit="short",
        active_at_ns=0,
        since_ns=0,
        starts_at_ns=0,
        ends_at_ns=None,
        annotations={},
        silences=(),
        acknowledged_by=None,
        comment=None,
    )

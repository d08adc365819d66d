"""What each channel says, to the letter where others read it."""

import json
from dataclasses import replace

import pytest
from alert_messages import NOW, SECOND, firing, over, receiver

from telltale_collector.alerts.channels import channels
from telltale_collector.alerts.channels._urls import without_secret
from telltale_collector.alerts.channels.alertmanager import alert, endpoint, named
from telltale_collector.alerts.channels.email import composed
from telltale_collector.alerts.channels.slack import body, headline
from telltale_collector.alerts.due import Notice
from telltale_collector.model import AlertMessage

HOSTILE = "<!channel> & <http://evil.example|click> \r\nBcc: x@evil.example"


def notice(*messages: AlertMessage) -> Notice:
    group = {"alertname": messages[0].labels["alertname"], "project": "p", "rule": "cost"}
    return Notice(receiver(), group, messages, "0123456789abcdef", NOW)


def saying(text: str, **labels: str) -> AlertMessage:
    message = firing(**labels)
    return replace(message, annotations={**message.annotations, "summary": text, "description": text, "why": text})


def test_there_is_one_channel_a_file() -> None:
    assert list(channels()) == ["alertmanager", "email", "slack", "webhook"]
    assert all(channel.kind == name for name, channel in channels().items())


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://hooks.slack.com/services/T000/B000/XXXXYYYYsecret", "https://hooks.slack.com/ser…cret"),
        ("https://example.com/a?token=abcdefgh123", "https://example.com/a?t…h123"),
        ("https://example.com/short", "https://example.com/…"),
        ("https://example.com/", "https://example.com/"),
        ("https://example.com", "https://example.com"),
    ],
)
def test_a_secret_in_an_address_is_not_shown(address: str, shown: str) -> None:
    assert without_secret(address) == shown


# --- Alertmanager


def test_labels_get_names_that_every_alertmanager_takes() -> None:
    given = {"service.name": "a", "service_name": "b", "1st": "c", "empty": "", "é": "d", "": "e", "ok": "ü"}
    assert named(given) == {
        "service_name": "b",
        "service_name_": "a",
        "_1st": "c",
        "_": "e",
        "__": "d",
        "ok": "ü",
    }


@pytest.mark.parametrize(
    ("message", "ends"),
    [
        (firing(), NOW + 240 * SECOND),
        (over(firing(at=NOW - 90 * SECOND), NOW - 5 * SECOND), NOW - 5 * SECOND),
        (over(firing(at=NOW - 90 * SECOND), NOW + 5 * SECOND), NOW),
        (over(firing(at=NOW - 9 * SECOND), NOW - 9 * SECOND), NOW - 9 * SECOND + 1_000_000),
    ],
    ids=["fires", "is over", "ends later by another clock", "lasted no time"],
)
def test_an_end_lies_after_the_beginning_and_not_in_the_future_once_it_is_over(
    message: AlertMessage, ends: int
) -> None:
    from telltale_collector.store.times import write_time

    assert alert(message, NOW)["endsAt"] == write_time(ends)


@pytest.mark.parametrize(
    "address", ["http://a:9093", "http://a:9093/", "http://a:9093/api/v2/alerts", "http://a:9093/api/v2/alerts/"]
)
def test_alertmanagers_own_address_is_enough(address: str) -> None:
    assert endpoint(address) == "http://a:9093/api/v2/alerts"


# --- Slack


def test_slack_gets_colour_title_reason_and_links() -> None:
    said = body(notice(firing(user="ann"), over(firing(user="bob"))))
    assert said["text"] == "[1 firing, 1 resolved] cost is bad (p)"
    fires, ended = said["attachments"]
    assert (fires["color"], ended["color"]) == ("#d32f2f", "#2e7d32")
    section, facts, links = fires["blocks"]
    assert section["text"]["text"] == (
        "*<http://127.0.0.1:4318/alerts/cost|FIRING: cost went up>*\nIt went up, and stays there.\nuser u7: 80 %"
    )
    assert facts["elements"][0]["text"] == "value 12.5, threshold 10  ·  severity: page  ·  user: ann"
    assert "<http://127.0.0.1:4318/boards/cost?from=1&amp;to=2|board>" in links["elements"][0]["text"]
    assert "|runbook>" in links["elements"][0]["text"]


def test_nothing_in_a_text_calls_a_channel_or_becomes_a_link_in_slack() -> None:
    said = json.dumps(body(notice(saying(HOSTILE, user=HOSTILE))))
    assert "<!" not in said
    assert "<http://evil" not in said
    assert "&lt;!channel&gt; &amp; &lt;http://evil.example|click&gt;" in said


@pytest.mark.parametrize("text", ["x" * 50_000, "&" * 50_000, "<>&" * 20_000, "é\n" * 20_000])
def test_texts_stay_within_slacks_limits_and_no_escape_is_cut_in_two(text: str) -> None:
    said = body(notice(saying(text, user=text)))
    blocks = said["attachments"][0]["blocks"]
    texts = [block["text"] if block["type"] == "section" else block["elements"][0] for block in blocks]
    assert all(0 < len(each["text"]) <= 3000 for each in texts)
    assert len(said["text"]) <= 300
    for each in texts:
        rest = each["text"].replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
        assert "&" not in rest
    assert texts[0]["text"].count("<") == texts[0]["text"].count(">")


def test_a_link_that_is_none_stays_a_text() -> None:
    script = replace(firing(), generator_url="javascript:alert(1)")
    long = replace(firing(), generator_url="https://example.com/" + "a" * 900)
    for message in (script, long):
        text = body(notice(message))["attachments"][0]["blocks"][0]["text"]["text"]
        assert text.startswith("*FIRING: cost went up*")


# --- mail


def test_mail_is_plain_and_html_and_keeps_its_id() -> None:
    sent = notice(firing(user="ann"), over(firing(user="bob")))
    mail = composed(sent, "Alerts <alerts@example.com>", ["a@example.com", "b@example.com"])
    assert mail["Subject"] == headline(sent) == "[1 firing, 1 resolved] cost is bad (p)"
    assert (mail["To"], mail["From"]) == ("a@example.com, b@example.com", "Alerts <alerts@example.com>")
    assert mail["Message-ID"] == "<0123456789abcdef@example.com>"
    plain, html = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
    for text in (plain, html):
        for part in ("FIRING: cost went up", "RESOLVED: cost went up", "user u7: 80 %", "12.5", "ann", "bob"):
            assert part in text
    assert "Runbook: http://127.0.0.1:4318/runbook#cost" in plain
    assert '<a href="http://127.0.0.1:4318/runbook#cost">Runbook</a>' in html


def test_no_text_becomes_a_header_or_markup_in_mail() -> None:
    message = saying(HOSTILE + "\x00\ud800<script>", user=HOSTILE, alertname=HOSTILE)
    mail = composed(notice(message), "alerts@example.com", ["a@example.com"])
    assert mail["Bcc"] is None
    assert "\n" not in mail["Subject"]
    assert b"\nBcc" not in mail.as_bytes().partition(b"\n\n")[0]
    html = mail.get_body(("html",)).get_content()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "evil.example|click" in html

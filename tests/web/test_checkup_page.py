"""The checkup's page, served by a running collector."""

import re
import time

import otlp
import pytest
from collector_process import CollectorProcess
from html_text import text_of

HOUR = 3_600_000_000_000


def page(collector: CollectorProcess, **params: str) -> str:
    answer = collector.client.get("/checkup", params=params, headers={"accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return answer.text


def unpriced(model: str, **fields: object) -> dict:
    return otlp.llm_span(attributes={"gen_ai.request.model": model, "gen_ai.response.model": model}, **fields)


@pytest.fixture(scope="module")
def call(collector: CollectorProcess) -> dict:
    """A stored call of a model that has no price, in a service of its own."""
    sent = unpriced("checkup-page-model")
    assert collector.send(otlp.traces_body(sent, resource={"service.name": "checkup-page"})).status_code == 200
    collector.settle()
    return sent


def fault(shown: str, name: str) -> str:
    (found,) = re.findall(rf'<details class="fault"[^>]* id="{name}">.*?</details>', shown, re.DOTALL)
    return found


def test_a_fault_is_told_with_its_evidence_and_the_line_that_mends_it(collector: CollectorProcess, call: dict) -> None:
    found = fault(page(collector), "unpriced_models")
    text = text_of(found)
    for expected in ("error", "Models without a price", "The cost of these calls is unknown", "1,000"):
        assert expected in text
    assert re.search(r"\d+ of \d+ calls", text)
    (part,) = [p for p in re.findall(r'<section class="part".*?</section>', found, re.DOTALL) if call["trace_id"] in p]
    assert '- {model: "checkup-page-model", provider: "openai", input_usd_per_mtok: PRICE' in text_of(part)
    assert f'href="/traces/{call["trace_id"]}"' in part
    assert 'href="/traces?from=now-24h&amp;model=checkup-page-model"' in part


def test_the_links_to_example_traces_lead_to_them(collector: CollectorProcess, call: dict) -> None:
    (link,) = set(re.findall(rf'href="(/traces/{call["trace_id"]})"', page(collector)))
    assert collector.client.get(link).status_code == 200
    listed = collector.client.get("/traces", params={"from": "now-24h", "model": "checkup-page-model"}).text
    assert call["trace_id"] in listed


@pytest.mark.usefixtures("call")
def test_the_gravest_faults_stand_open_and_first(collector: CollectorProcess) -> None:
    shown = page(collector)
    severities = re.findall(r'class="severity is-(\w+)"', shown)
    assert severities == sorted(severities, key=["error", "warning", "info"].index)
    assert set(
        re.findall(r'<details class="fault"( open)?[^>]*>\s*<summary><span class="severity is-error"', shown)
    ) == {" open"}


@pytest.mark.usefixtures("call")
def test_the_page_is_linked_from_every_page(collector: CollectorProcess) -> None:
    assert 'href="/checkup">Checkup</a>' in collector.client.get("/traces").text
    assert 'href="/checkup" aria-current="page">Checkup</a>' in page(collector)


def test_hostile_names_are_shown_as_text(collector: CollectorProcess) -> None:
    collector.send(otlp.traces_body(unpriced("<script>alert(1)</script>")))
    collector.settle()
    shown = page(collector)
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert(1)" in shown


def test_a_time_that_cannot_be_read_is_explained(collector: CollectorProcess) -> None:
    answer = collector.client.get("/checkup", params={"from": "soon"}, headers={"accept": "text/html"})
    assert answer.status_code == 400
    assert "not a time: 'soon'" in text_of(answer.text)


def test_an_empty_collector_waits_then_is_all_clear_then_finds(own_collector: CollectorProcess) -> None:
    running = own_collector.start()
    assert "Nothing to look at yet" in text_of(page(running))
    limited = {"gen_ai.request.max_tokens": 512}
    running.send(otlp.traces_body(otlp.llm_span(attributes=limited, start=time.time_ns() - 48 * HOUR)))
    running.settle()
    assert "Nothing was sent in this time" in text_of(page(running))
    text = text_of(page(running, **{"from": "1970-01-01"}))
    assert "All clear" in text
    assert "Spans whose parent never came" in text
    running.send(otlp.traces_body(otlp.llm_span()))
    running.settle()
    shown = page(running)
    assert re.findall(r'<details class="fault" open id="(\w+)"', shown) == ["missing_max_tokens"]
    assert "In order: Calls without a model's name" in text_of(shown)


@pytest.mark.usefixtures("call")
def test_the_chosen_range_is_marked_and_kept_in_the_links(collector: CollectorProcess) -> None:
    shown = page(collector, **{"from": "now-7d"})
    assert '<a href="/checkup?from=now-7d" aria-current="true">7d</a>' in shown
    assert '<a href="/checkup" aria-current="true">24h</a>' in page(collector)
    assert "/traces?from=now-7d&amp;model=checkup-page-model" in shown


def test_the_ledger_stands_below(own_collector: CollectorProcess) -> None:
    own_collector.start()
    assert 'id="ledger"' not in own_collector.client.get("/checkup").text
    own_collector.send(otlp.traces_body(otlp.span(), otlp.span(), otlp.span(trace_id="00" * 16)))
    page = own_collector.client.get("/checkup").text
    assert "<dt>received</dt><dd>3</dd>" in page
    assert "<dt>rejected: trace_id is not 16 non-zero bytes</dt><dd>1</dd>" in page

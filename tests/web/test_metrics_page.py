"""The metrics page, served by a running collector."""

import re
import time

import pytest
from collector_process import CollectorProcess
from html_text import text_of
from metric_traffic import CUMULATIVE, at, counter, histogram, measured, metric, metrics_body

NOW = time.time()
BOUNDS = [0.5, 1.0, 2.0, 4.0]
DURATION = "gen_ai.page.duration"
TRACE_ID, SPAN_ID = "5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174"


def page(collector: CollectorProcess, **params: str) -> str:
    answer = collector.client.get("/app-metrics", params=params, headers={"accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return answer.text


def send(collector: CollectorProcess, *metrics: object, service: str = "metrics-page", **resource: str) -> None:
    body = metrics_body(*metrics, resource={"service.name": service, **resource})
    answer = collector.send(body, "metrics")
    assert (answer.status_code, answer.content) == (200, b"")
    collector.settle()


@pytest.fixture(scope="module")
def reported(collector: CollectorProcess) -> CollectorProcess:
    """A histogram of two models, and a token histogram."""
    exemplar = {
        "time_unix_nano": int((NOW - 400) * 1e9),
        "as_double": 0.75,
        "trace_id": bytes.fromhex(TRACE_ID),
        "span_id": bytes.fromhex(SPAN_ID),
    }
    points = [
        at(NOW - 600 + 60 * number, NOW - 660 + 60 * number, **measured([0.75, 1.5, 3.0], BOUNDS), attributes=model)
        for number in range(5)
        for model in ({"gen_ai.request.model": "model-a"}, {"gen_ai.request.model": "model-b"})
    ]
    tokens = [
        at(NOW - 300, NOW - 360, **measured([100, 300], [128, 512]), attributes={"gen_ai.token.type": kind})
        for kind in ("input", "output")
    ]
    points[0]["exemplars"] = [exemplar]
    send(collector, histogram(DURATION, *points, unit="s"), histogram("gen_ai.page.tokens", *tokens, unit="{token}"))
    return collector


def listed(shown: str) -> dict[str, str]:
    """The list of instruments: name to what stands beside it."""
    links = re.findall(r'<a href="/app-metrics\?[^"]*"[^>]*>\s*<bdi class="instrument-name">.*?</a>', shown, re.DOTALL)
    texts = [text_of(link).split() for link in links]
    return {words[0]: " ".join(words[1:]) for words in texts}


def paths(shown: str) -> list[str]:
    """The lines drawn in the chart."""
    return [path for path in re.findall(r'<g class="tone-\d"><path d="([^"]*)"', shown) if path]


def test_instruments_are_listed_with_type_unit_points_and_service(reported: CollectorProcess) -> None:
    beside = listed(page(reported))[DURATION]
    for expected in ("histogram, s", "10 points", "metrics-page", "min ago"):
        assert expected in beside


def test_percentiles_are_drawn_as_three_lines_and_told_in_the_table(reported: CollectorProcess) -> None:
    shown = page(reported, name=DURATION)
    assert len(paths(shown)) == 3
    text = text_of(shown)
    for expected in ("p50, p95, p99", "30", "52.5 s", "1.75 s", "histogram_quantile"):
        assert expected in text, expected
    assert f'href="/traces/{TRACE_ID}?span={SPAN_ID}"' in shown


def test_a_group_has_a_line_of_its_own(reported: CollectorProcess) -> None:
    shown = page(reported, name=DURATION, group="gen_ai.request.model", show="count_rate")
    assert len(paths(shown)) == 2
    text = text_of(shown)
    assert "model-a" in text
    assert "model-b" in text
    assert "Measurements per minute" in text


def test_input_and_output_tokens_are_apart_at_first_and_together_on_request(reported: CollectorProcess) -> None:
    apart = page(reported, name="gen_ai.page.tokens")
    assert '<option value="gen_ai.token.type" selected>' in apart
    assert '<option value="sum_rate" selected>Tokens per minute</option>' in apart
    assert "400 tokens" in text_of(apart)
    together = page(reported, name="gen_ai.page.tokens", group="none")
    assert "800 tokens" in text_of(together)


def test_choices_and_ranges_keep_one_another(reported: CollectorProcess) -> None:
    shown = page(reported, name=DURATION, group="gen_ai.request.model", **{"from": "now-1h"})
    assert f'<input type="hidden" name="name" value="{DURATION}">' in shown
    assert '<input type="hidden" name="from" value="now-1h">' in shown
    assert f'href="/app-metrics?from=now-7d&amp;name={DURATION}&amp;group=gen_ai.request.model">7d</a>' in shown
    assert 'aria-current="true">1h</a>' in shown


def test_a_cost_is_said_to_be_the_applications_own(reported: CollectorProcess) -> None:
    send(reported, counter("gen_ai.page.cost", at(NOW - 60, NOW - 120, as_double=1.25), unit="USD"))
    text = text_of(page(reported, name="gen_ai.page.cost"))
    assert "As the application reports it: not part of the costs of traces" in text
    assert "$1.25" in text


def test_levels_and_summaries_have_their_own_numbers(reported: CollectorProcess) -> None:
    level = at(NOW - 60, NOW - 120, as_int=7)
    send(reported, metric("gen_ai.page.active", "sum", level, aggregation_temporality=CUMULATIVE))
    send(reported, metric("gen_ai.page.old", "summary", at(NOW - 60, NOW - 120, count=4, sum=6.0), unit="s"))
    assert "The last value of each series, added up" in text_of(page(reported, name="gen_ai.page.active"))
    summary = text_of(page(reported, name="gen_ai.page.old"))
    assert "1.50 s" in summary
    assert "histogram_quantile" not in summary


def test_many_groups_are_drawn_in_part_and_that_is_said(reported: CollectorProcess) -> None:
    points = [at(NOW - 60, NOW - 120, as_int=number + 1, attributes={"n": f"group-{number}"}) for number in range(11)]
    send(reported, counter("gen_ai.page.many", *points))
    shown = page(reported, name="gen_ai.page.many", group="n")
    assert len(re.findall(r'<g class="tone-\d">', shown)) == 8
    assert "The 8 largest are drawn, 3 more are not." in text_of(shown)


def test_hostile_names_are_shown_as_text(reported: CollectorProcess) -> None:
    hostile = "gen_ai.<script>alert(1)</script>"
    point = at(NOW - 60, NOW - 120, as_int=1, attributes={"<b>key</b>": "<i>value\u202e</i>"})
    send(reported, counter(hostile, point, unit="<u>"), service="<s>service</s>")
    shown = page(reported, name=hostile, group="<b>key</b>")
    for tag in ("<script>alert", "<b>key", "<i>value", "<u>", "<s>service"):
        assert tag not in shown
    assert "⟦U+202E⟧" in shown


def test_values_beyond_all_measure_break_no_page(reported: CollectorProcess) -> None:
    points = [
        at(NOW - 60 * n, NOW - 600, as_double=value) for n, value in enumerate((1e308, -1e308, float("inf"), 5e-324), 1)
    ]
    send(reported, metric("gen_ai.page.extreme", "gauge", *points, unit="s"))
    assert "gen_ai.page.extreme" in page(reported, name="gen_ai.page.extreme")
    wide = at(NOW - 60, NOW - 120, count=2, sum=1e308, scale=-10, positive=(2**31 - 5, [1, 1]))
    send(reported, metric("gen_ai.page.wide", "exponential_histogram", wide, aggregation_temporality=1, unit="s"))
    assert "gen_ai.page.wide" in page(reported, name="gen_ai.page.wide")


def test_a_name_that_is_not_there_leaves_the_list_to_choose_from(reported: CollectorProcess) -> None:
    shown = page(reported, name="gen_ai.never")
    assert "No such metric in this time" in text_of(shown)
    assert DURATION in listed(shown)


def test_an_empty_collector_says_how_to_send_and_one_without_news_how_to_look_back(
    own_collector: CollectorProcess,
) -> None:
    running = own_collector.start()
    assert "No metrics yet" in text_of(page(running))
    assert "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT" in page(running)
    long_ago = NOW - 3 * 86_400
    send(running, counter("gen_ai.total.requests", at(long_ago, long_ago - 60, as_int=1)))
    assert "Nothing was reported in this time" in text_of(page(running))
    assert list(listed(page(running, **{"from": "1970-01-01"}))) == ["gen_ai.total.requests"]


def test_the_page_is_linked_from_every_page(collector: CollectorProcess) -> None:
    assert 'href="/app-metrics">Metrics</a>' in collector.client.get("/traces").text
    assert 'href="/app-metrics" aria-current="page">Metrics</a>' in page(collector)

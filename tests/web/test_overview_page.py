"""The overview, served by a running collector: its figures are those of the API, its links lead to their traces."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import otlp
import pytest
from collector_process import CollectorProcess
from html_text import text_of

from telltale_collector.web import format as formats

HOUR = 3600 * 1_000_000_000
HOSTILE = "<script>alert(1)</script>\u202e"
FIGURES = {"calls", "errors", "cost", "duration", "ttft", "blocks", "dislikes"}


@dataclass
class Day:
    """A collector with two days of calls, and the ids of the traces of the later one by what is behind them."""

    collector: CollectorProcess
    now: int
    ids: dict[str, str]

    def page(self, since: str = "now-24h") -> str:
        answer = self.collector.client.get("/", params={"from": since}, headers={"accept": "text/html"})
        assert answer.status_code == 200, answer.text
        return answer.text

    def usage(self, hours_ago: tuple[int, int] = (24, 0), group_by: str = "") -> list[dict]:
        times = [f"now-{hours}h" if hours else "now" for hours in hours_ago]
        return self.collector.get("/api/v1/usage", from_=times[0], to=times[1], group_by=group_by)["rows"]

    def traces(self, url: str) -> set[str]:
        """The traces that an address of the list shows."""
        assert urlsplit(url).path == "/traces"
        params = dict(parse_qsl(urlsplit(url).query))
        return {trace["trace_id"] for trace in self.collector.get("/api/v1/traces", **params)["traces"]}


def call(now: int, hours_ago: float, seconds: float = 2, **attributes: object) -> dict:
    start = now - int(hours_ago * HOUR)
    named = {name.replace("__", "."): value for name, value in attributes.items()}
    failed = {"status": (2, named.pop("fails"))} if "fails" in named else {}
    model = named.pop("model", "gpt-4o-mini")
    known = {"gen_ai.request.model": model, "gen_ai.response.model": model, **named}
    return otlp.llm_span(start=start, end=start + int(seconds * 1e9), attributes=known, **failed)


def sent(now: int) -> dict[str, dict]:
    prompt = {"gen_ai.prompt.name": "answer", "gen_ai.prompt.version": "2"}
    stream = {"gen_ai.response.time_to_first_chunk": 0.4}
    return {
        "plain": call(now, 1, user__id="ann", **prompt, **stream),
        "slow": call(now, 2, 9, user__id="ann", **stream | {"gen_ai.response.time_to_first_chunk": 1.5}),
        "failed": call(now, 3, user__id="ben", fails=f"429 {HOSTILE}", **prompt),
        "unpriced": call(now, 4, model="house-model"),
        "estimated": call(now, 5, **{"gen_ai.usage.input_tokens": "", "gen_ai.usage.output_tokens": ""}),
        "told twice": call(now, 6, gen_ai__response__id="response-1"),
        "before": call(now, 30, 4, user__id="ann", **stream),
        "long before": call(now, 31, 4, fails="500"),
    }


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    made = CollectorProcess(tmp_path_factory.mktemp("overview") / "data").start()
    now = time.time_ns()
    spans = sent(now)
    ids = {name: span["trace_id"] for name, span in spans.items()}
    twin = spans["told twice"] | {"span_id": otlp.new_span_id()}
    guard = {"telltale.span.kind": "guardrail", "telltale.guard.name": "pii", "telltale.guard.verdict": "block"}
    blocked = otlp.span("guard", start=now - HOUR, end=now - HOUR + 1000, attributes=guard)
    ids["blocked"] = blocked["trace_id"]
    made.send(otlp.traces_body(*spans.values(), blocked))
    made.send(otlp.traces_body(spans["plain"]))
    made.send(otlp.traces_body(twin, scope="another-instrumentation"))
    for name, value in (("slow", -1), ("plain", 1), ("before", -1)):
        score = {"trace_id": ids[name], "name": "feedback", "value": value}
        assert made.client.post("/api/v1/scores", json=score).status_code == 201
    made.settle()
    yield Day(made, now, ids)
    made.stop()


def tile(html: str, name: str) -> tuple[str, str]:
    """(text, address) of a figure."""
    found = re.search(rf'<a class="tile" id="tile-{name}" href="([^"]*)".*?</a>', html, re.DOTALL)
    assert found, name
    return text_of(found[0]), unescape(found[1])


def value(html: str, name: str) -> str:
    found = re.search(rf'id="tile-{name}".*?<b class="tile-value[^>]*>(.*?)</b>', html, re.DOTALL)
    assert found, name
    return unescape(found[1])


def test_the_figures_are_those_of_the_usage_api(day: Day) -> None:
    html, (row,) = day.page(), day.usage()
    assert row["calls"] == 6, "each call once: one was sent twice, one was told by two instrumentations"
    assert (row["unpriced_calls"], row["estimated_calls"], row["guard_block"]) == (1, 1, 1)
    assert {name: value(html, name) for name in FIGURES} == {
        "calls": formats.count(row["calls"]),
        "errors": formats.count(row["errors"]),
        "cost": formats.usd(Decimal(row["cost_usd"])),
        "duration": formats.duration(row["p95_duration_ns"]),
        "ttft": formats.duration(row["p95_ttft_ns"]),
        "blocks": formats.count(row["guard_block"]),
        "dislikes": "1",
    }


def test_each_figure_stands_against_the_period_before(day: Day) -> None:
    html, (before,) = day.page(), day.usage((48, 24))
    assert "▲ 3 times was 2" in tile(html, "calls")[0]
    assert f"was {formats.usd(Decimal(before['cost_usd']))}" in tile(html, "cost")[0]
    assert f"was {formats.duration(before['p95_duration_ns'])}" in tile(html, "duration")[0]
    assert "▼ 33 points fewer was 50 %" in tile(html, "errors")[0]
    assert "▲ none before" in tile(html, "blocks")[0]
    assert "as before was 1" in tile(html, "dislikes")[0]


def test_what_the_cost_leaves_out_or_guesses_is_said(day: Day) -> None:
    assert "1 calls unpriced, 1 estimated" in tile(day.page(), "cost")[0]


@pytest.mark.parametrize(
    ("name", "behind"),
    [
        ("calls", {"plain", "slow", "failed", "unpriced", "estimated", "told twice"}),
        ("cost", {"plain", "slow", "failed", "unpriced", "estimated", "told twice"}),
        ("errors", {"failed"}),
        ("duration", {"slow"}),
        ("ttft", {"slow"}),
        ("blocks", {"blocked"}),
        ("dislikes", {"slow"}),
    ],
)
def test_a_figure_leads_to_the_traces_behind_it(day: Day, name: str, behind: set[str]) -> None:
    assert day.traces(tile(day.page(), name)[1]) == {day.ids[each] for each in behind}


def movers(html: str) -> dict[str, tuple[str, list[str]]]:
    """Name of a mover to its line's text and addresses."""
    found = {}
    for line in re.findall(r'<tr><th scope="row">.*?</tr>', html, re.DOTALL):
        links = [unescape(url) for url in re.findall(r'href="([^"]*)"', line)]
        found[text_of(line).split("  ")[0]] = (text_of(line), links)
    return found


def test_what_changed_is_the_difference_of_both_periods(day: Day) -> None:
    lines = movers(day.page())
    sides = [day.usage(hours, "user_id") for hours in ((24, 0), (48, 24))]
    ann = [Decimal(next(row["cost_usd"] for row in rows if row["user_id"] == "ann")) for rows in sides]
    assert any(text.startswith(f"ann +{formats.usd(ann[0] - ann[1])} ") for text, _ in lines.values())
    assert any(re.match(r"ben new \+\$[\d.]+ \+1$", text) for text, _ in lines.values())
    assert any(text.startswith("answer 2 new +$") for text, _ in lines.values())
    assert any(text.startswith("house-model new unpriced 0") for text, _ in lines.values())


def test_what_changed_leads_to_its_calls_and_its_failed_calls(day: Day) -> None:
    (links,) = [links for text, links in movers(day.page()).values() if text.startswith("answer 2 ")]
    assert [day.traces(url) for url in links] == [{day.ids["plain"], day.ids["failed"]}, {day.ids["failed"]}]


def test_the_latest_errors_say_what_failed_as_text(day: Day) -> None:
    html = day.page()
    (line,) = re.findall(r'<a class="line failure".*?</a>', html, re.DOTALL)
    assert f'href="/traces/{day.ids["failed"]}"' in line
    assert "chat gpt-4o-mini" in text_of(line)
    assert "3 h ago" in text_of(line)
    assert "429 <script>alert(1)</script>" in text_of(line)
    assert "<script>alert" not in html
    assert "\u202e" not in html


def test_a_budget_near_its_end_is_named_and_others_are_not(day: Day) -> None:
    for name, calls in (("tight", 9), ("wide", 1000)):
        made = {"name": name, "limit": {"calls": calls}, "window_s": 172_800, "window": "rolling"}
        answer = day.collector.client.post("/api/v1/budgets", json=made)
        assert answer.status_code == 201, answer.text
    (line,) = re.findall(r'<a class="near".*?</a>', day.page(), re.DOTALL)
    assert "tight 88 % of 9 calls" in text_of(line)


def test_a_longer_range_has_it_all_and_another_is_refused(day: Day) -> None:
    html = day.page("now-7d")
    assert value(html, "calls") == "8"
    assert "no calls before" in tile(html, "errors")[0]
    answer = day.collector.client.get("/", params={"from": "now-2h"}, headers={"accept": "text/html"})
    assert answer.status_code == 400
    assert "now-24h, now-7d" in text_of(answer.text)


def test_a_quiet_hour_has_dashes_for_what_is_not_known(day: Day) -> None:
    html = day.page("now-1h")
    assert [value(html, name) for name in ("errors", "cost", "duration")] == ["0", "—", "—"]


def test_an_empty_collector_shows_the_line_to_paste(own_collector: CollectorProcess) -> None:
    text = text_of(own_collector.start().client.get("/", headers={"accept": "text/html"}).text)
    assert "Waiting for the first span" in text
    assert f'import telltale; telltale.init(endpoint="{own_collector.url}")' in text

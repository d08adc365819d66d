"""History mended: what was read or priced wrong is settled again, and only that is written."""

import io
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import otlp
import pytest
from collector_process import CollectorProcess
from embedded_store import PRICES, Store

from telltale_collector.dialects import Dialect
from telltale_collector.enrich import PriceTable, load_user_prices
from telltale_collector.model import Call, TraceFilter
from telltale_collector.pipeline.reprice import Repriced, reprice
from telltale_collector.pipeline.settle import Settler
from telltale_collector.store.client import Client

LOCAL = {"gen_ai.request.model": "local-1", "gen_ai.response.model": "local-1"}
PRICE = "prices: [{model: local-1, input_usd_per_mtok: 1000, output_usd_per_mtok: 0}]"


@pytest.fixture
def store(client: Client, project: str) -> Store:
    return Store(client, project)


@pytest.fixture
def priced(tmp_path: Path) -> PriceTable:
    """Prices that know local-1."""
    file = tmp_path / "prices.yaml"
    file.write_text(PRICE)
    return PriceTable(load_user_prices(file))


def run(store: Store, prices: PriceTable = PRICES, *, dry_run: bool = False) -> Repriced:
    settler = Settler(store.reader, prices)
    pages = reprice(store.reader, settler, store.writer, store.project, TraceFilter(), dry_run=dry_run)
    return list(pages)[-1]


def cost(store: Store) -> Decimal | None:
    return store.traces().traces[0].cost_usd


def test_what_is_right_already_is_left_alone(store: Store) -> None:
    store.add(
        otlp.llm_span(), otlp.span(attributes={"telltale.input.value": "x", "gen_ai.operation.name": "retrieval"})
    )
    found = run(store)
    assert (found.spans, found.changed) == (2, 0)


def test_a_new_price_reaches_old_calls(store: Store, priced: PriceTable) -> None:
    store.add(otlp.llm_span(attributes=LOCAL))
    assert cost(store) is None
    found = run(store, priced)
    (model,) = found.models.values()
    assert (model.model, model.calls, model.changed, model.old_unpriced, model.new_unpriced) == ("local-1", 1, 1, 1, 0)
    assert (model.old_cost_usd, model.new_cost_usd) == (None, 1)
    assert cost(store) == 1
    assert store.reader.stats(store.project).spans == 1
    assert run(store, priced).changed == 0


def test_a_dry_run_says_the_same_and_writes_nothing(store: Store, priced: PriceTable) -> None:
    store.add(otlp.llm_span(attributes=LOCAL))
    assert run(store, priced, dry_run=True).changed == 1
    assert cost(store) is None


def test_an_interrupted_run_is_finished_by_the_next(
    store: Store, priced: PriceTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("telltale_collector.pipeline.reprice.PAGE_SPANS", 2)
    store.add(*(otlp.llm_span(attributes=LOCAL) for _ in range(5)))
    pages = reprice(
        store.reader, Settler(store.reader, priced), store.writer, store.project, TraceFilter(), dry_run=False
    )
    next(pages)
    pages.close()
    assert run(store, priced).changed == 3
    assert {trace.cost_usd for trace in store.traces().traces} == {Decimal(1)}


def test_an_unknown_dialect_becomes_readable_by_adding_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = otlp.span(attributes={"strange.model": "gpt-4o", "strange.in": 1_000_000, "strange.out": 0})
    store.add(sent)
    (span,) = store.reader.trace(store.project, sent["trace_id"]).spans
    assert (span.dialect, span.kind, span.attributes) == (None, "span", sent["attributes"])

    def read(span, _events) -> Call:
        given = span.attributes
        tokens = {
            "input_tokens": given["strange.in"],
            "output_tokens": given["strange.out"],
            "tokens_source": "provider",
        }
        return Call(kind="llm", provider="openai", request_model=given["strange.model"], **tokens)

    strange = Dialect("strange", 1, lambda span, _events: "strange.model" in span.attributes, read)
    monkeypatch.setattr("telltale_collector.dialects._candidates", lambda _names: (strange,))
    assert run(store).changed == 1
    (span,) = store.reader.trace(store.project, sent["trace_id"]).spans
    assert (span.dialect, span.kind, span.cost_usd) == ("strange", "llm", Decimal("2.5"))
    assert span.attributes == sent["attributes"]


def test_duplicates_are_found_in_history_too(client: Client, store: Store) -> None:
    outer = otlp.llm_span(attributes={"gen_ai.response.id": "r"})
    inner = otlp.llm_span(trace_id=outer["trace_id"], parent=outer["span_id"], attributes={"gen_ai.response.id": "r"})
    store.add(outer, inner)
    client.command(
        f"ALTER TABLE spans UPDATE duplicate_of = NULL WHERE project = '{store.project}' SETTINGS mutations_sync = 2"
    )
    assert store.traces().traces[0].llm_calls == 2
    assert run(store).changed == 1
    assert store.traces().traces[0].llm_calls == 1


def telltale_reprice(collector: CollectorProcess, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "telltale._cli", "reprice", "--url", collector.url, *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, stdin=subprocess.DEVNULL)


def test_the_command_shows_the_difference_before_it_writes(own_collector: CollectorProcess, tmp_path: Path) -> None:
    own_collector.start()
    sent = otlp.llm_span(attributes=LOCAL)
    own_collector.send(otlp.traces_body(sent))
    own_collector.settle()
    own_collector.stop()
    (tmp_path / "prices.yaml").write_text(PRICE)
    again = CollectorProcess(own_collector.data_dir, "--price-file", str(tmp_path / "prices.yaml")).start()
    try:
        shown = telltale_reprice(again, "--dry-run", "--from", "now-1h")
        assert shown.returncode == 0, shown.stderr
        assert "local-1" in shown.stdout
        assert "$1.000000" in shown.stdout
        assert again.trace(sent["trace_id"])["trace"]["cost_usd"] is None
        asked = telltale_reprice(again)
        assert (asked.returncode, "--yes" in asked.stderr) == (2, True)
        written = telltale_reprice(again, "--yes", "--model", "local-1")
        assert written.returncode == 0, written.stderr
        assert "1 spans written anew" in written.stdout
        assert again.trace(sent["trace_id"])["trace"]["cost_usd"] == 1
    finally:
        again.stop()


def test_the_command_says_when_no_collector_answers() -> None:
    from telltale_collector.commands.reprice import reprice as command

    errors = io.StringIO()
    stderr, sys.stderr = sys.stderr, errors
    try:
        assert command(["--dry-run", "--url", "http://127.0.0.1:9"]) == 2
    finally:
        sys.stderr = stderr
    assert "telltale up" in errors.getvalue()

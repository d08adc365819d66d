"""Money: exact, never $0 for unknown, always with its source."""

import random
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from genai_prices import Usage as ListUsage
from genai_prices.data_snapshot import get_snapshot

from telltale_collector.enrich import PriceTable, load_user_prices, price
from telltale_collector.enrich.list_prices import find_list_price
from telltale_collector.enrich.rates import Usage
from telltale_collector.errors import StartError
from telltale_collector.model import Call

NOW = datetime(2026, 11, 1, tzinfo=UTC)
NOW_NS = int(NOW.timestamp()) * 1_000_000_000


def priced(call: Call, table: PriceTable | None = None, *, failed: bool = False) -> Call:
    price(call, table or PriceTable(), NOW_NS, failed=failed)
    return call


def chat(**fields: object) -> Call:
    given = {"kind": "llm", "provider": "openai", "request_model": "gpt-4o-mini", "tokens_source": "provider"}
    return Call(**{**given, **fields})


def test_a_call_costs_its_tokens_at_the_list_price() -> None:
    call = priced(chat(input_tokens=1_000_000, output_tokens=100_000, cache_read_tokens=400_000))
    assert call.input_cost_usd == Decimal("0.12")  # 600k at $0.15 and 400k cached at $0.075 a million
    assert call.output_cost_usd == Decimal("0.06")
    assert call.cost_usd == Decimal("0.18")
    assert call.cache_savings_usd == Decimal("0.03")
    assert call.cost_source == "table"
    assert call.price_id.endswith(":openai/gpt-4o-mini")


def test_our_rates_equal_genai_prices_for_every_model_and_tier() -> None:
    rng = random.Random(7)
    compared = 0
    for provider in get_snapshot().providers:
        for model in provider.models:
            found = find_list_price(provider.id, model.id, NOW)
            if found is None or found.provider.id != provider.id or not found.brackets:
                continue
            tokens = rng.choice([500, 150_000, 260_000, 900_000])
            usage = Usage(tokens, rng.randrange(5000), cache_read=tokens // 3, cache_write=tokens // 5)
            official = ListUsage(
                input_tokens=usage.input,
                output_tokens=usage.output,
                cache_read_tokens=usage.cache_read,
                cache_write_tokens=usage.cache_write,
            )
            try:
                expected = found.model.calc_price(official, found.provider, genai_request_timestamp=NOW)
            except ValueError:
                continue
            cost = found.cost(usage)
            assert (cost.input_usd, cost.output_usd) == (expected.input_price, expected.output_price), model.id
            compared += 1
    assert compared > 500


def test_a_price_is_that_of_the_day_of_the_call() -> None:
    usage = Usage(1_000_000, 0)
    before = find_list_price("openai", "o3", datetime(2025, 6, 1, tzinfo=UTC)).cost(usage)
    after = find_list_price("openai", "o3", datetime(2025, 7, 1, tzinfo=UTC)).cost(usage)
    assert (before.total_usd, after.total_usd) == (10, 2)


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "no-such-model"),
        ("ollama", "llama3.2:3b"),
        (None, "qwen2.5-7b-instruct"),
        ("openai_compatible", "gpt-oss-20b"),
        (None, "gemma-3-27b-it"),
    ],
)
def test_an_unknown_price_is_null_and_says_unpriced(provider: str | None, model: str) -> None:
    call = priced(chat(provider=provider, request_model=model, input_tokens=10, output_tokens=5))
    assert (call.cost_usd, call.cost_source, call.price_id) == (None, "unpriced", None)


@pytest.mark.parametrize("provider", ["openai_compatible", None, "litellm"])
def test_a_model_that_one_vendor_sells_has_its_price_behind_any_proxy(provider: str | None) -> None:
    call = priced(chat(provider=provider, request_model="openai/gpt-4o", input_tokens=1_000_000, output_tokens=0))
    assert call.cost_usd == Decimal("2.5")


def test_half_a_usage_has_no_price() -> None:
    assert priced(chat(input_tokens=10)).cost_source == "unpriced"
    assert priced(chat(output_tokens=10)).cost_source == "unpriced"


def test_a_usage_whose_parts_exceed_the_whole_has_no_price() -> None:
    call = priced(chat(input_tokens=10, output_tokens=1, cache_read_tokens=11))
    assert (call.cost_usd, call.cost_source) == (None, "unpriced")


def test_an_absurd_token_count_has_no_price() -> None:
    assert priced(chat(input_tokens=2**60, output_tokens=1)).cost_source == "unpriced"


def test_a_failed_call_without_tokens_has_nothing_to_price() -> None:
    call = priced(chat(), failed=True)
    assert (call.cost_usd, call.cost_source) == (None, None)


def test_an_answer_from_the_applications_own_cache_costs_nothing() -> None:
    assert priced(chat(cache_hit=True, input_tokens=10, output_tokens=5)).cost_usd == 0


def test_only_calls_cost_money() -> None:
    call = priced(Call(kind="agent", input_tokens=1000, output_tokens=1000, request_model="gpt-4o"))
    assert (call.cost_usd, call.cost_source) == (None, None)


def test_a_cost_from_counted_tokens_is_marked_estimated() -> None:
    assert priced(chat(input_tokens=10, output_tokens=5, tokens_source="estimated")).cost_source == "estimated"


PRICES = """
prices:
  - model: my-model
    input_usd_per_mtok: 2
    output_usd_per_mtok: 8
  - model: my-model
    from: 2026-10-01
    input_usd_per_mtok: 1
    output_usd_per_mtok: 4
    cache_read_usd_per_mtok: 0.1
  - model: gpt-4o-mini
    provider: openai
    input_usd_per_mtok: 100
    output_usd_per_mtok: 0
"""


def test_the_users_price_file_comes_first_and_its_newest_row_holds(tmp_path: Path) -> None:
    file = tmp_path / "prices.yaml"
    file.write_text(PRICES)
    table = PriceTable(load_user_prices(file))
    own = priced(chat(provider="x", request_model="my-model", input_tokens=1_000_000, output_tokens=1_000_000), table)
    assert (own.cost_usd, own.cost_source, own.price_id) == (5, "table", "prices.yaml:my-model")
    overridden = priced(chat(input_tokens=1_000_000, output_tokens=7), table)
    assert overridden.cost_usd == 100


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("prices: 5", "has no list 'prices'"),
        ("- [", "is not YAML"),
        ("prices:\n  - input_usd_per_mtok: 1", "row 1 of prices.yaml has no 'model'"),
        ("prices:\n  - model: m\n    input_usd_per_mtok: 1", "has no 'output_usd_per_mtok'"),
        ("prices:\n  - model: m\n    input_usd_per_mtok: x\n    output_usd_per_mtok: 1", "is not a number"),
        ("prices:\n  - model: m\n    input_usd_per_mtok: -1\n    output_usd_per_mtok: 1", "is not a price"),
        ("prices:\n  - model: m\n    input: 1\n    output_usd_per_mtok: 1", "unknown key 'input'"),
        ("prices:\n  - model: m\n    from: soon", "'from' is not a date"),
    ],
)
def test_a_price_file_that_is_wrong_is_refused_with_the_row(tmp_path: Path, content: str, says: str) -> None:
    file = tmp_path / "prices.yaml"
    file.write_text(content)
    with pytest.raises(StartError) as refused:
        load_user_prices(file)
    assert says in refused.value.message.replace(str(tmp_path) + "/", "")


def test_a_price_file_that_is_absent_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="cannot be read"):
        load_user_prices(tmp_path / "none.yaml")


SPECIFIC = """
prices:
  - {model: "my-*", input_usd_per_mtok: 1, output_usd_per_mtok: 1}
  - {model: my-model, input_usd_per_mtok: 2, output_usd_per_mtok: 2}
  - {model: my-model, from: 2026-11-01T12:00:00Z, input_usd_per_mtok: 3, output_usd_per_mtok: 3}
  - {model: my-model, provider: eu, input_usd_per_mtok: 4, output_usd_per_mtok: 4}
  - {model: "my-*", tier: batch, input_usd_per_mtok: 0.5, output_usd_per_mtok: 0.5}
  - {model: my-old, until: 2026-01-01, input_usd_per_mtok: 9, output_usd_per_mtok: 9}
"""


@pytest.mark.parametrize(
    ("model", "provider", "tier", "time", "dollars"),
    [
        ("my-other", "us", None, "2026-11-01T11:59:59", 1),
        ("my-model", "us", None, "2026-11-01T11:59:59", 2),
        ("my-model", "us", None, "2026-11-01T12:00:00", 3),
        ("my-model", "eu", None, "2026-11-01T12:00:00", 4),
        ("my-other", "us", "batch", "2026-11-01T12:00:00", Decimal("0.5")),
        ("my-old", "us", None, "2025-12-31T23:59:59", 9),
        ("my-old", "us", None, "2026-01-01T00:00:00", 1),
    ],
)
def test_the_most_specific_row_that_holds_at_the_moment_of_the_call_is_taken(
    tmp_path: Path, model: str, provider: str, tier: str | None, time: str, dollars: object
) -> None:
    file = tmp_path / "prices.yaml"
    file.write_text(SPECIFIC)
    call = chat(provider=provider, request_model=model, service_tier=tier, input_tokens=1_000_000, output_tokens=0)
    time_ns = int(datetime.fromisoformat(f"{time}+00:00").timestamp()) * 1_000_000_000
    price(call, PriceTable(load_user_prices(file)), time_ns, failed=False)
    assert call.cost_usd == dollars


@pytest.mark.parametrize("model", ["whisper-1", "tts-1", "tts-1-hd"])
def test_a_model_that_is_not_priced_by_tokens_is_unpriced_not_free(model: str) -> None:
    call = priced(chat(request_model=model, input_tokens=1_000_000, output_tokens=1_000_000))
    assert (call.cost_usd, call.cost_source) == (None, "unpriced")


@pytest.mark.parametrize("provider", ["ollama", "vllm", "lm_studio"])
def test_a_familiar_name_on_a_server_of_ones_own_has_no_list_price(provider: str) -> None:
    call = priced(chat(provider=provider, request_model="gpt-4o-mini", input_tokens=10, output_tokens=5))
    assert (call.cost_usd, call.cost_source) == (None, "unpriced")


def test_a_cost_that_no_column_holds_is_no_cost() -> None:
    call = priced(chat(cost_usd=Decimal(20_000_000), cost_source="provider", input_tokens=1, output_tokens=1))
    assert (call.cost_usd, call.cost_source) == (None, "unpriced")

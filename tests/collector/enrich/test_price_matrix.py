"""What calls cost, against figures worked out by hand from the providers' published price lists.

Each row gives the rates it was worked out from, in dollars a million tokens, and where they stand. The sums are written
out, so that anyone can check them without this project.
"""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from telltale_collector.enrich import PriceTable, price
from telltale_collector.model import Call

TABLE = PriceTable()
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)

OPENAI = "OpenAI, API pricing"
ANTHROPIC = "Anthropic, pricing (5 min write = 1.25x, 1 h write = 2x, read = 0.1x of input)"
GOOGLE = "Google, Gemini Developer API pricing"

# fmt: off
MATRIX = [
    # provider, model, tokens, expected dollars, time, tier, rates and source
    ("openai", "gpt-4o", {"input": 10_000, "output": 2_000},
     "0.025 + 0.02", NOON, None, f"2.50 / 10: {OPENAI}"),
    ("openai", "gpt-4o", {"input": 10_000, "output": 2_000, "cache_read": 8_000},
     "0.005 + 0.01 + 0.02", NOON, None, f"2.50, cached 1.25 / 10: {OPENAI}"),
    ("openai", "gpt-4o", {"input": 10_000, "output": 2_000},
     "0.0125 + 0.01", NOON, "batch", f"half price in the Batch API: {OPENAI}"),
    ("openai", "gpt-4o-mini-2024-07-18", {"input": 1_000_000, "output": 100_000},
     "0.15 + 0.06", NOON, None, f"0.15 / 0.60: {OPENAI}"),
    ("openai", "gpt-4.1", {"input": 100_000, "output": 1_000, "cache_read": 50_000},
     "0.1 + 0.025 + 0.008", NOON, None, f"2, cached 0.50 / 8: {OPENAI}"),
    ("openai", "gpt-5-mini-2025-08-07", {"input": 2_000, "output": 1_000, "reasoning": 900},
     "0.0005 + 0.002", NOON, None, f"0.25 / 2, reasoning is output: {OPENAI}"),
    ("openai", "gpt-5", {"input": 2_000, "output": 1_000},
     "0.00125 + 0.005", NOON, "flex", f"half of 1.25 / 10 in flex: {OPENAI}"),
    ("openai", "o4-mini", {"input": 1_000_000, "output": 1_000_000},
     "1.1 + 4.4", NOON, "default", f"1.10 / 4.40: {OPENAI}"),
    ("openai", "o3", {"input": 1_000_000, "output": 100_000},
     "10 + 4", datetime(2025, 6, 9, 23, 59, tzinfo=UTC), None, f"10 / 40 until 2025-06-10: {OPENAI}"),
    ("openai", "o3", {"input": 1_000_000, "output": 100_000},
     "2 + 0.8", datetime(2025, 6, 10, 0, 1, tzinfo=UTC), None, f"2 / 8 since 2025-06-10: {OPENAI}"),
    ("openai", "text-embedding-3-small", {"input": 1_000_000},
     "0.02", NOON, None, f"0.02: {OPENAI}"),
    ("azure.ai.openai", "gpt-4o", {"input": 10_000, "output": 2_000},
     "0.025 + 0.02", NOON, None, "2.50 / 10: Azure OpenAI pricing"),
    ("anthropic", "claude-sonnet-4-5-20250929", {"input": 10_000, "output": 1_000},
     "0.03 + 0.015", NOON, None, f"3 / 15: {ANTHROPIC}"),
    ("anthropic", "claude-sonnet-4-5", {"input": 12_000, "output": 1_000, "cache_read": 8_000, "cache_write": 3_000},
     "0.003 + 0.0024 + 0.01125 + 0.015", NOON, None, f"3, read 0.30, write 3.75 / 15: {ANTHROPIC}"),
    ("anthropic", "claude-sonnet-4-5",
     {"input": 12_000, "output": 1_000, "cache_read": 8_000, "cache_write": 3_000, "cache_write_1h": 1_000},
     "0.003 + 0.0024 + 0.0075 + 0.006 + 0.015", NOON, None, f"1 h write 6: {ANTHROPIC}"),
    ("anthropic", "claude-sonnet-4-5", {"input": 300_000, "output": 1_000},
     "1.8 + 0.0225", NOON, None, f"6 / 22.50 above 200k input: {ANTHROPIC}"),
    ("anthropic", "claude-haiku-4-5", {"input": 10_000, "output": 1_000},
     "0.005 + 0.0025", NOON, "batch", f"half of 1 / 5 in batches: {ANTHROPIC}"),
    ("anthropic", "claude-opus-4-1", {"input": 1_000, "output": 1_000},
     "0.015 + 0.075", NOON, None, f"15 / 75: {ANTHROPIC}"),
    ("gcp.gemini", "gemini-2.5-pro", {"input": 100_000, "output": 10_000},
     "0.125 + 0.1", NOON, None, f"1.25 / 10: {GOOGLE}"),
    ("gcp.gemini", "gemini-2.5-pro", {"input": 250_000, "output": 10_000},
     "0.625 + 0.15", NOON, None, f"2.50 / 15 above 200k: {GOOGLE}"),
    ("gcp.gemini", "gemini-2.5-flash", {"input": 100_000, "output": 10_000, "input_audio": 40_000},
     "0.018 + 0.04 + 0.025", NOON, None, f"0.30, audio 1 / 2.50: {GOOGLE}"),
    ("gcp.gemini", "gemini-2.5-flash-image", {"input": 1_000, "output": 1_290, "output_image": 1_290},
     "0.0003 + 0.0387", NOON, None, f"0.30 / 30 for image output, that is 0.039 an image: {GOOGLE}"),
    ("openai", "gpt-image-1.5", {"input": 1_000, "output": 1_000, "input_image": 800, "output_image": 1_000},
     "0.001 + 0.0064 + 0.032", NOON, None, f"text 5, image 8 / image 32: {OPENAI}"),
    ("aws.bedrock", "amazon.nova-pro-v1:0", {"input": 10_000, "output": 1_000},
     "0.008 + 0.0032", NOON, None, "0.80 / 3.20: Amazon Bedrock pricing"),
    ("mistral_ai", "mistral-large-latest", {"input": 10_000, "output": 1_000},
     "0.02 + 0.006", NOON, None, "2 / 6: Mistral pricing"),
    ("groq", "llama-3.3-70b-versatile", {"input": 10_000, "output": 1_000},
     "0.0059 + 0.00079", NOON, None, "0.59 / 0.79: Groq pricing"),
    ("x_ai", "grok-3", {"input": 10_000, "output": 1_000, "cache_read": 4_000},
     "0.018 + 0.003 + 0.015", NOON, None, "3, cached 0.75 / 15: xAI pricing"),
    ("deepseek", "deepseek-chat", {"input": 1_000_000, "output": 100_000},
     "0.27 + 0.11", datetime(2025, 3, 3, 16, 29, tzinfo=UTC), None, "0.27 / 1.10 from 00:30 to 16:30 UTC: DeepSeek"),
    ("deepseek", "deepseek-chat", {"input": 1_000_000, "output": 100_000},
     "0.135 + 0.055", datetime(2025, 3, 3, 16, 31, tzinfo=UTC), None, "half price at night, in the middle of a day"),
    ("cohere", "command-r-plus", {"input": 10_000, "output": 1_000},
     "0.025 + 0.01", NOON, None, "2.50 / 10: Cohere pricing"),
]
# fmt: on


@pytest.mark.parametrize(
    ("provider", "model", "tokens", "dollars", "time", "tier", "source"),
    MATRIX,
    ids=[f"{row[1]}-{at}" for at, row in enumerate(MATRIX)],
)
def test_a_call_costs_what_the_price_list_says(provider, model, tokens, dollars, time, tier, source) -> None:
    call = Call(
        kind="embedding" if "embedding" in model else "llm",
        provider=provider,
        response_model=model,
        input_tokens=tokens["input"],
        output_tokens=tokens.get("output"),
        cache_read_tokens=tokens.get("cache_read"),
        cache_write_tokens=tokens.get("cache_write"),
        cache_write_1h_tokens=tokens.get("cache_write_1h"),
        reasoning_tokens=tokens.get("reasoning"),
        input_audio_tokens=tokens.get("input_audio"),
        input_image_tokens=tokens.get("input_image"),
        output_image_tokens=tokens.get("output_image"),
        service_tier=tier,
        tokens_source="provider",
    )
    price(call, TABLE, int(time.timestamp()) * 1_000_000_000, failed=False)
    assert call.cost_usd == sum(Decimal(part) for part in dollars.split(" + ")), source
    assert call.input_cost_usd + call.output_cost_usd == call.cost_usd
    assert call.cost_source == "table"


def test_the_matrix_covers_providers_models_and_the_cases_that_go_wrong_elsewhere() -> None:
    assert len({(row[0], row[1]) for row in MATRIX}) >= 12
    assert {part for row in MATRIX for part in row[2]} >= {"cache_read", "cache_write", "cache_write_1h", "reasoning"}
    assert {"batch", "flex"} <= {row[5] for row in MATRIX}

"""List prices from the tables of genai-prices, by provider, model and time of the call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from importlib.metadata import version

from genai_prices import Usage as ListUsage
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelInfo, ModelPrice, Provider, TieredPrices

from telltale_collector.enrich.rates import Cost, Rates, Usage

_MILLION = Decimal(1_000_000)

_PROVIDER_IDS = {
    "az.ai.openai": "azure",
    "az.ai.inference": "azure",
    "azure.ai.openai": "azure",
    "azure.ai.inference": "azure",
    "aws.bedrock": "aws",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "gcp.vertex_ai": "google",
    "gemini": "google",
    "mistral_ai": "mistral",
    "moonshot_ai": "moonshotai",
    "x_ai": "x-ai",
    "xai": "x-ai",
}
"""OpenTelemetry's provider names where genai-prices has another id."""

_SELF_HOSTED = frozenset(
    "ollama vllm lm_studio lmstudio llama_cpp llamacpp llamafile localai sglang tgi xinference".split()
)
"""Servers of one's own: a familiar name there is an alias, and nobody asks a list price."""

_SOLE_VENDORS = ("openai", "anthropic", "google", "x-ai")
"""Who sells models that nobody else serves under the same name: their price holds behind any proxy."""

_PRICED_TIERS = ("flex", "priority")
"""Other tiers (``default``, ``auto``, ``standard``) are the list price."""

_OPEN_WEIGHTS = ("gpt-oss", "gemma", "whisper")
"""Models of the sole vendors that anyone may serve, at any price or none."""

_PARTS = {
    "input": "input_mtok",
    "output": "output_mtok",
    "cache_read": "cache_read_mtok",
    "cache_write": "cache_write_mtok",
    "cache_write_1h": "cache_write_1h_mtok",
    "reasoning": "output_reasoning_mtok",
    "input_audio": "input_audio_mtok",
    "output_audio": "output_audio_mtok",
    "input_image": "input_image_mtok",
    "output_image": "output_image_mtok",
}
_SIMPLE = {*_PARTS.values(), "cache_audio_read_mtok", "cache_image_read_mtok"}
_SEPARATE = {"web_searches_kcount", "storage_searches_kcount"}
"""Priced apart from tokens, and only when the usage names them."""


@dataclass(frozen=True, slots=True)
class ListPrice:
    """One model's price at one time.

    Attributes:
        price_id: ``genai-prices/<version>:<provider>/<model>``.
        brackets: (input tokens above which it holds, rates), lowest first; empty when rates cannot describe the price.
    """

    price_id: str
    brackets: tuple[tuple[int, Rates], ...]
    provider: Provider
    model: ModelInfo
    time: datetime
    tier: str | None

    def cost(self, usage: Usage) -> Cost | None:
        if not self.brackets or (usage.cache_read and (usage.input_audio or usage.input_image)):
            return self._full_cost(usage)
        rates = [rates for above, rates in self.brackets if usage.input > above]
        return (rates[-1] if rates else self.brackets[0][1]).cost(usage)

    def _full_cost(self, usage: Usage) -> Cost | None:
        """Ask genai-prices itself; it knows units that a few rates do not."""
        given = {
            "input_tokens": usage.input,
            "output_tokens": usage.output,
            "cache_read_tokens": usage.cache_read,
            "cache_write_tokens": usage.cache_write,
            "cache_write_1h_tokens": usage.cache_write_1h,
            "output_reasoning_tokens": usage.reasoning,
            "input_audio_tokens": usage.input_audio,
            "output_audio_tokens": usage.output_audio,
            "input_image_tokens": usage.input_image,
            "output_image_tokens": usage.output_image,
        }
        counted = ListUsage(**{name: count for name, count in given.items() if count})
        try:
            result = self.model.calc_price(
                counted, self.provider, genai_request_timestamp=self.time, price_context=_context(self.tier)
            )
        except (ValueError, LookupError):
            return None
        return Cost(result.input_price, result.output_price, Decimal(0))


def find_list_price(provider: str | None, model: str, time: datetime, tier: str | None = None) -> ListPrice | None:
    """The list price of a model at a time, for a service tier, or None where it is not known for certain.

    A stated provider that the table knows decides alone. With another or none, only a model that a single vendor sells
    has a known price: open weights cost what their host asks.
    """
    for provider_id in _candidates(provider, model):
        try:
            found_provider, found = get_snapshot().find_provider_model(_bare(model), None, provider_id, None)
        except LookupError:
            continue
        prices = found.get_prices(time, _context(tier))
        if not _counts_tokens(prices):
            return None
        price_id = f"genai-prices/{version('genai-prices')}:{found_provider.id}/{found.id}"
        return ListPrice(price_id, _brackets(prices), found_provider, found, time, tier)
    return None


def _counts_tokens(prices: ModelPrice) -> bool:
    """A price by the hour, the character or the page says nothing about tokens: such a call is unpriced."""
    units = {name for name in _given(prices) if name not in _SEPARATE}
    return bool(units) and all(name.endswith("_mtok") for name in units)


def _context(tier: str | None) -> dict[str, str] | None:
    """genai-prices knows batches as a way of processing, and the other tiers as tiers."""
    if tier == "batch":
        return {"processing": "batch"}
    return {"service_tier": tier} if tier in _PRICED_TIERS else None


def _candidates(provider: str | None, model: str) -> tuple[str, ...]:
    stated = _PROVIDER_IDS.get(provider or "", provider)
    known = {known.id for known in get_snapshot().providers}
    if stated in known:
        return (stated,)
    if stated in _SELF_HOSTED or _bare(model).startswith(_OPEN_WEIGHTS):
        return ()
    return _SOLE_VENDORS


def _bare(model: str) -> str:
    """The model without the vendor that proxies put before it (``openai/gpt-4o``)."""
    vendor, _, rest = model.partition("/")
    return rest if rest and vendor in _SOLE_VENDORS else model


def _given(prices: ModelPrice) -> dict[str, Decimal | TieredPrices]:
    return {name: value for name, value in vars(prices).items() if value is not None and not name.startswith("_")}


def _brackets(prices: ModelPrice) -> tuple[tuple[int, Rates], ...]:
    given = _given(prices)
    if "input_mtok" not in given or not set(given) <= _SIMPLE | _SEPARATE:
        return ()
    tiers = [tier for value in given.values() if isinstance(value, TieredPrices) for tier in value.tiers]
    starts = [-1, *sorted({tier.start for tier in tiers})]
    return tuple((start, _rates_above(given, start)) for start in starts)


def _rates_above(given: dict[str, Decimal | TieredPrices], start: int) -> Rates:
    per_token: dict[str, Decimal] = {
        part: _at(given[name], start) / _MILLION for part, name in _PARTS.items() if name in given
    }
    full_input = per_token["input"]
    full_output = per_token.get("output", Decimal(0))
    written = per_token.get("cache_write", full_input)
    return Rates(
        input=full_input,
        output=full_output,
        cache_read=per_token.get("cache_read", full_input),
        cache_write=written,
        cache_write_1h=per_token.get("cache_write_1h", written),
        reasoning=per_token.get("reasoning", full_output),
        input_audio=per_token.get("input_audio", full_input),
        output_audio=per_token.get("output_audio", full_output),
        input_image=per_token.get("input_image", full_input),
        output_image=per_token.get("output_image", full_output),
    )


def _at(value: Decimal | TieredPrices, start: int) -> Decimal:
    if not isinstance(value, TieredPrices):
        return value
    reached = [tier.price for tier in value.tiers if start >= tier.start]
    return reached[-1] if reached else value.base

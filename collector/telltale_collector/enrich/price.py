"""What a call cost: the user's price file first, then list prices, else null and ``unpriced``."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from telltale_collector.enrich.list_prices import ListPrice, find_list_price
from telltale_collector.enrich.rates import Cost, Usage
from telltale_collector.enrich.user_prices import UserPrices
from telltale_collector.model import CALL_KINDS, Call

_SMALLEST_USD = Decimal("1e-12")
_LARGEST_USD = 1_000_000
"""More for one call is a broken token count, not a cost; it is also what the column holds."""


class Priced(NamedTuple):
    """What a price is asked for. ``tier``: ``batch flex priority``, or another word for the list price."""

    provider: str | None
    model: str
    tier: str | None = None


class PriceTable:
    """Prices by provider, model and time of the call. Bounded: model names come from senders."""

    def __init__(self, user_prices: UserPrices | None = None) -> None:
        self._user = user_prices or UserPrices(())
        self._list_price = lru_cache(maxsize=4096)(find_list_price)

    def __reduce__(self) -> tuple[type[PriceTable], tuple[UserPrices]]:
        """For another process: without what is remembered."""
        return (PriceTable, (self._user,))

    def cost(self, model: Priced, time_ns: int, usage: Usage) -> tuple[Cost, str] | None:
        """The cost and the id of the price row, or None where no price is known."""
        if not usage.is_consistent:
            return None
        time = datetime.fromtimestamp(time_ns // 1_000_000_000, UTC)
        user = self._user.find(model.provider, model.model, time, model.tier)
        if user is not None:
            return user.rates.cost(usage), user.price_id
        minute = time.replace(second=0)  # some prices depend on the time of day
        found: ListPrice | None = self._list_price(model.provider, model.model, minute, model.tier)
        cost = found.cost(usage) if found is not None else None
        return None if found is None or cost is None else (cost, found.price_id)


def price(call: Call, table: PriceTable, time_ns: int, *, failed: bool) -> None:
    """Set the call's money fields in place.

    ``cost_source``: ``provider`` when the span brought the cost, ``table`` from reported tokens, ``estimated`` from
    counted ones, ``unpriced`` when the price or the tokens are unknown. A failed call without tokens was not billed: no
    cost, no source.
    """
    if call.cost_source == "provider":
        _drop_absurd(call)
        return
    if call.kind not in CALL_KINDS or call.cost_source is not None:
        return
    if call.cache_hit:  # the application's own cache answered: there was no provider call
        call.cost_usd = call.input_cost_usd = call.output_cost_usd = Decimal(0)
        call.cost_source = "table"
        return
    if call.input_tokens is None and call.output_tokens is None and failed:
        return
    found = _find(call, table, time_ns)
    if found is None:
        call.cost_source = "unpriced"
        return
    cost, price_id = found
    if not all(map(_fits, (cost.total_usd, cost.input_usd, cost.output_usd, cost.cache_savings_usd))):
        call.cost_source = "unpriced"
        return
    call.price_id = price_id
    call.input_cost_usd, call.output_cost_usd = _stored(cost.input_usd), _stored(cost.output_usd)
    call.cost_usd = call.input_cost_usd + call.output_cost_usd
    if call.cache_read_tokens or call.cache_write_tokens:
        call.cache_savings_usd = _stored(cost.cache_savings_usd)
    call.cost_source = "estimated" if call.tokens_source == "estimated" else "table"


def _fits(amount: Decimal | None) -> bool:
    return amount is None or (amount.is_finite() and abs(amount) < _LARGEST_USD)


def _drop_absurd(call: Call) -> None:
    """A cost that the span brought and no column holds is no cost."""
    amounts = (call.cost_usd, call.input_cost_usd, call.output_cost_usd, call.cache_savings_usd)
    if not all(map(_fits, amounts)):
        leave_unpriced(call)
        call.cost_source = "unpriced" if call.kind in CALL_KINDS else None


def leave_unpriced(call: Call) -> None:
    """No cost, and no word on it: it is not known yet, whatever the span says."""
    call.cost_usd = call.input_cost_usd = call.output_cost_usd = call.cache_savings_usd = None
    call.cost_source = None


def _stored(amount: Decimal) -> Decimal:
    """As exact as the column is: a trillionth of a dollar."""
    return amount.quantize(_SMALLEST_USD)


def _find(call: Call, table: PriceTable, time_ns: int) -> tuple[Cost, str] | None:
    if call.input_tokens is None or (call.kind == "llm" and call.output_tokens is None):
        return None  # half a usage has no price: 0 for the other half would be a guess
    usage = Usage(
        input=call.input_tokens,
        output=call.output_tokens or 0,
        cache_read=call.cache_read_tokens or 0,
        cache_write=call.cache_write_tokens or 0,
        cache_write_1h=call.cache_write_1h_tokens or 0,
        reasoning=call.reasoning_tokens or 0,
        input_audio=call.input_audio_tokens or 0,
        output_audio=call.output_audio_tokens or 0,
        input_image=call.input_image_tokens or 0,
        output_image=call.output_image_tokens or 0,
    )
    for model in dict.fromkeys(filter(None, (call.response_model, call.request_model))):
        found = table.cost(Priced(call.provider, model, call.service_tier), time_ns, usage)
        if found is not None:
            return found
    return None

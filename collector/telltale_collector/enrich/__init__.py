"""What a call lacks and can be known: token counts (marked estimated) and its price (with its source)."""

from telltale_collector.enrich.price import PriceTable, leave_unpriced, price
from telltale_collector.enrich.tokens import count_missing_tokens
from telltale_collector.enrich.user_prices import load_user_prices

__all__ = ["PriceTable", "count_missing_tokens", "leave_unpriced", "load_user_prices", "price"]

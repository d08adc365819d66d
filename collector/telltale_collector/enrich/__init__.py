"""What a call lacks and can be known: token counts (marked estimated) and its price (with its source)."""

from telltale_collector.enrich.price import PriceTable, price
from telltale_collector.enrich.tokens import count_missing_tokens
from telltale_collector.enrich.user_prices import load_user_prices

__all__ = ["PriceTable", "count_missing_tokens", "load_user_prices", "price"]

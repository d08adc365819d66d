"""The spans that Anthropic's Python client writes by itself: the GenAI conventions, and the stop reason beside them."""

from __future__ import annotations

from collections.abc import Sequence

from telltale_collector.dialects import Dialect
from telltale_collector.dialects._calls import finish
from telltale_collector.dialects._conventions import read_conventions
from telltale_collector.dialects._finish import finish_reason
from telltale_collector.dialects._values import integer, word
from telltale_collector.model import Attributes, Call, LogEvent, RawSpan

_BY_LIFETIME = "anthropic.usage.cache_creation."


def _speaks(span: RawSpan, _events: Sequence[LogEvent]) -> bool:
    return span.scope_name.startswith("com.anthropic.sdk")


def _read(span: RawSpan, events: Sequence[LogEvent]) -> Call:
    given = span.attributes
    call = read_conventions(span, events)
    call.finish_reason_raw = word(given.get("anthropic.message.stop_reason")) or call.finish_reason_raw
    call.finish_reason = finish_reason(call.finish_reason_raw)
    if call.cache_write_tokens is None:
        call.cache_write_tokens = _written(given)
    return finish(call)


def _written(given: Attributes) -> int | None:
    """Tokens written to the cache, over the lifetimes that the provider counts apart."""
    counts = [integer(value) for key, value in given.items() if key.startswith(_BY_LIFETIME)]
    return sum(filter(None, counts)) if counts else None


DIALECT = Dialect("anthropic_client", rank=52, speaks=_speaks, read=_read, needs=("com.anthropic.sdk",))

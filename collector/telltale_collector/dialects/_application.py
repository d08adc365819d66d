"""What the application says about any span, whatever library wrote it: who, which session, tags, prompt, cache, route."""

from __future__ import annotations

from telltale import semconv as names
from telltale_collector.dialects._values import boolean, strings, text
from telltale_collector.model import Call, RawSpan


def add_application_context(call: Call, span: RawSpan) -> None:
    """Fill what the dialect left open. A session is the application's own id, else the library's conversation."""
    given = span.attributes
    call.session_id = (
        call.session_id or text(given.get(names.SESSION_ID)) or text(given.get(names.CONVERSATION_ID))
    )
    call.user_id = call.user_id or text(given.get(names.USER_ID))
    call.tags = call.tags or strings(given.get(names.TAGS))
    call.prompt_name = call.prompt_name or text(given.get(names.PROMPT_NAME))
    call.prompt_version = call.prompt_version or text(given.get(names.PROMPT_VERSION))
    call.prompt_hash = call.prompt_hash or text(given.get(names.PROMPT_HASH))
    call.cache_hit = boolean(given.get(names.CACHE_HIT)) if call.cache_hit is None else call.cache_hit
    call.cache_key = call.cache_key or text(given.get(names.CACHE_KEY))
    call.route = call.route or text(given.get(names.ROUTE))
    call.route_reason = call.route_reason or text(given.get(names.ROUTE_REASON))
    call.route_baseline_model = call.route_baseline_model or text(given.get(names.ROUTE_BASELINE_MODEL))
    call.error_type = call.error_type or text(given.get(names.ERROR_TYPE)) or _exception_type(span)
    prefix = names.METADATA_PREFIX
    for key, value in given.items():
        if key.startswith(prefix) and (found := text(value)) is not None:
            call.metadata.setdefault(key[len(prefix) :], found)


def _exception_type(span: RawSpan) -> str | None:
    exceptions = [event for event in span.events if event.name == "exception"]
    return text(exceptions[-1].attributes.get("exception.type")) if exceptions else None

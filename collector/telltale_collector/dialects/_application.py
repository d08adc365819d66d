"""What the application says about any span, whatever library wrote it: who, which session, tags, prompt, cache, route.

Libraries put this on every span of the process, other libraries' spans too; so it is read by name here, not by dialect.
"""

from __future__ import annotations

from telltale import semconv as names
from telltale_collector.dialects._calls import Named, Table
from telltale_collector.dialects._names import starting_with
from telltale_collector.dialects._values import boolean, strings, text, unquoted, word
from telltale_collector.model import Attributes, AttributeValue, Call, RawSpan


def _id(value: AttributeValue) -> str | None:
    """An id; some libraries write "unknown" for none."""
    found = word(value)
    return None if found is None or found.lower() == "unknown" else found


def _logfire_tags(value: AttributeValue) -> list[str]:
    """Logfire itself tags every call "LLM"."""
    return [tag for tag in strings(value) if tag != "LLM"]


def _comma_joined(value: AttributeValue) -> list[str]:
    """Tags as one text: ``beta, geo``."""
    if isinstance(value, str) and value[:1] != "[":
        return [tag for part in value.split(",") if (tag := part.strip())]
    return strings(value)


_TABLE = Table(
    Named("session_id", _id, (names.SESSION_ID, "langfuse.session.id", "gen_ai.session.id")),
    Named(
        "user_id",
        _id,
        (
            *(names.USER_ID, "langfuse.user.id", "gen_ai.user.id", "gen_ai.request.user", "enduser.id", "llm.user"),
            *("agento11y.user.id", "langsmith.user.id"),
        ),
    ),
    Named("tags", strings, (names.TAGS, "langfuse.trace.tags", "tag.tags")),
    Named("tags", _comma_joined, ("langsmith.span.tags",)),
    Named("tags", _logfire_tags, ("logfire.tags",)),
    Named(
        "prompt_name",
        word,
        (names.PROMPT_NAME, "langfuse.observation.prompt.name", "traceloop.prompt.key", "prompt.id", "prompt.name"),
    ),
    Named(
        "prompt_version",
        word,
        (
            *(names.PROMPT_VERSION, "langfuse.observation.prompt.version", "traceloop.prompt.version"),
            *("llm.prompt_template.version", "prompt.version"),
        ),
    ),
    Named("prompt_hash", word, (names.PROMPT_HASH,)),
    Named("cache_hit", boolean, (names.CACHE_HIT,)),
    Named("cache_key", word, (names.CACHE_KEY,)),
    Named("route", word, (names.ROUTE,)),
    Named("route_reason", text, (names.ROUTE_REASON,)),
    Named("route_baseline_model", word, (names.ROUTE_BASELINE_MODEL,)),
    Named("error_type", word, (names.ERROR_TYPE,)),
)
_METADATA = (
    names.METADATA_PREFIX,
    "langfuse.trace.metadata.",
    "traceloop.association.properties.",
    "ai.telemetry.metadata.",
    "ai.settings.context.",
    "agento11y.tag.",
    "mlflow.traceTag.",
)
_metadata_names = starting_with(*_METADATA)
_FRAMEWORKS_OWN = ("ls_", "lc_")
"""Keys that LangChain adds to any metadata."""

_SESSION_KEYS = ("session_id", "sessionId", "thread_id", "threadId", "conversation_id", "conversationId")
_USER_KEYS = ("user_id", "userId")


def add_application_context(call: Call, span: RawSpan) -> None:
    """Fill what the dialect left open. A session is the application's own id, else the library's conversation."""
    given = span.attributes
    _TABLE.fill(call, given)
    _read_metadata(call, given)
    _claim_metadata(call)
    call.session_id = call.session_id or word(given.get(names.CONVERSATION_ID))
    call.error_type = call.error_type or _exception_type(span)


def _read_metadata(call: Call, given: Attributes) -> None:
    for key in _metadata_names(given):
        if (found := unquoted(given[key])) is not None:
            prefix = next(prefix for prefix in _METADATA if key.startswith(prefix))
            name = key[len(prefix) :]
            if not name.startswith(_FRAMEWORKS_OWN):
                call.metadata.setdefault(name, found)


def _claim_metadata(call: Call) -> None:
    """Ids and tags that a library can only carry as metadata get their own fields."""
    if not call.metadata:
        return
    for key in _SESSION_KEYS:
        if key in call.metadata and call.session_id in {None, call.metadata[key]}:
            call.session_id = call.metadata.pop(key)
    for key in _USER_KEYS:
        if key in call.metadata and call.user_id in {None, call.metadata[key]}:
            call.user_id = call.metadata.pop(key)
    if not call.tags and "tags" in call.metadata:
        call.tags = strings(call.metadata.pop("tags"))


def _exception_type(span: RawSpan) -> str | None:
    exceptions = [event for event in span.events if event.name == "exception"]
    return text(exceptions[-1].attributes.get("exception.type")) if exceptions else None

"""Calls that a provider refuses because there are too many of them."""

from __future__ import annotations

from telltale_dashboards.rule import Cause, Group, Rule, Shows
from telltale_dashboards.rule_fragments import CALLS, DIMENSIONS, MINUTE, labelled

_TYPES = (
    "429 529 ratelimit rate_limit throttl toomanyrequests too_many_requests resourceexhausted resource_exhausted quota"
)
_TEXTS = ("rate limit", "too many requests", "quota exceeded", "overloaded")
_LIMITED = (
    "(status = 'error' AND"
    f" (multiSearchAnyCaseInsensitive(ifNull(toString(error_type), ''), {_TYPES.split()})"
    f" OR multiSearchAnyCaseInsensitive(ifNull(status_message, ''), {list(_TEXTS)})))"
)

GROUP = Group(
    name="limits",
    title="Rate limits",
    description="Providers that refuse calls because there are too many.",
    rules=(
        Rule(
            uid="rate-limited",
            title="A provider limits our rate",
            severity="ticket",
            description="More than 5 % of a provider's calls in half an hour were refused: rate limit, quota or "
            "overload. See who sends most, and whether refused calls are repeated at once.",
            checks=(
                "Failed calls by error, then the message of one: which limit, requests or tokens?",
                "Who sends most: board Cost, by service and user?",
                "Are refused calls repeated at once? Then they make it worse.",
            ),
            quiet="Wait as long as `Retry-After` says, spread batch work, ask for a higher limit, use a second key "
            "or provider.",
            sql=labelled({"provider": "provider"}, f"countIf({_LIMITED}) / count()", CALLS, "count() >= 50"),
            unit="percentunit",
            window_s=30 * MINUTE,
            threshold=0.05,
            for_s=10 * MINUTE,
            shows=Shows("telltale-overview", "Failed calls by error"),
            cause=Cause(
                rows=f"{CALLS} AND {_LIMITED}",
                weight="1",
                unit="short",
                recent_s=30 * MINUTE,
                labels={"provider": "provider"},
                dimensions=DIMENSIONS,
                traces={"status": "error"},
            ),
        ),
    ),
)

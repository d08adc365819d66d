"""Answers that run into their limit of tokens."""

from __future__ import annotations

from telltale_dashboards.fragments import MODEL
from telltale_dashboards.rule import Cause, Group, Rule, Shows
from telltale_dashboards.rule_fragments import CALLS, DIMENSIONS, MINUTE, labelled

_RUNAWAY = (
    "(ifNull(finish_reason = 'length', false) OR ifNull(max_tokens > 0 AND output_tokens >= 0.98 * max_tokens, false))"
)
_ANSWERS = f"{CALLS} AND kind = 'llm' AND status != 'error'"

GROUP = Group(
    name="tokens",
    title="Tokens",
    description="Answers that do not end by themselves.",
    rules=(
        Rule(
            uid="token-runaway",
            title="Answers run into their token limit",
            severity="ticket",
            description="More than 20 % of a model's answers were cut, or came within 2 % of max_tokens. Read the "
            "ends of some: repetition is a prompt's or model's fault; whole sentences want a higher limit.",
            checks=(
                "Board Quality, Latest cut answers: does the text repeat itself, or is it just long?",
                "Did the prompt version or the model change?",
                "`max_tokens` of the calls: too small for what is asked?",
            ),
            quiet="Ask for shorter answers, raise `max_tokens`, set stop sequences.",
            sql=labelled(
                {"service": "service", "model": MODEL},
                f"countIf({_RUNAWAY}) / count()",
                _ANSWERS,
                "count() >= 30",
            ),
            unit="percentunit",
            window_s=30 * MINUTE,
            threshold=0.2,
            for_s=10 * MINUTE,
            shows=Shows("telltale-quality", "Runaway output by model"),
            cause=Cause(
                rows=f"{_ANSWERS} AND {_RUNAWAY}",
                weight="toFloat64(ifNull(output_tokens, 0))",
                unit="short",
                recent_s=30 * MINUTE,
                labels={"service": "service", "model": MODEL},
                dimensions=DIMENSIONS,
            ),
        ),
    ),
)

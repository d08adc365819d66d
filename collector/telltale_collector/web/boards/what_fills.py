"""What would fill a panel that has nothing to show: told by what its SQL reads."""

from __future__ import annotations

from typing import Final

from telltale_collector.web.boards.asked import Asked
from telltale_dashboards.panel import Panel

_READS: Final = (
    ("name = 'feedback'", 'Feedback of users fills it: telltale.score("feedback", 1) or POST /api/v1/scores.'),
    (
        "FROM scores",
        "Scores fill it: telltale.score(...), POST /api/v1/scores, or any evaluator's OpenTelemetry events.",
    ),
    ("scores FINAL", "Scores fill it, and prompts with a name and a version."),
    ("AND guard_verdict = 'block'", "It fills when a guard refuses something."),
    (
        "guard_verdict",
        'Guards fill it: telltale.guard("pii").check(text), or a guard library that writes OpenTelemetry.',
    ),
    (
        "kind = 'retriever'",
        'Retrievals fill it: steps of a traced RAG library, or @telltale.observe(kind="retriever").',
    ),
    ("cache_hit IS NOT NULL", "Look-ups of a cache fill it: set telltale.cache.hit on the step."),
    ("route IS NOT NULL", "Decisions of a router fill it: set telltale.route on the step."),
    (
        "prompt_name IS NOT NULL",
        "Calls with a named prompt fill it: the attributes gen_ai.prompt.name and gen_ai.prompt.version.",
    ),
    ("arrayJoin(tags)", "Calls with tags fill it: telltale.context(tags=[...])."),
    ("ttft_ns IS NOT NULL", "Streamed calls fill it."),
    ("AND finish_reason = 'length'", "It fills when an answer is cut at its limit: nothing here is good news."),
    ("cost_source = 'unpriced'", "It fills when a model has no known price: nothing here is good news."),
    ("status = 'error'", "It fills when a step fails: nothing here is good news."),
    ("parent_span_id IS NOT NULL AND", "It fills when a span's parent is missing: nothing here is good news."),
    ("> 300e9", "It fills when spans arrive late: nothing here is good news."),
    ("kind IN ('llm', 'embedding', 'reranker')", "Calls of models fill it: telltale.init() traces them."),
)


def what_fills(panel: Panel, asked: Asked) -> str:
    """A sentence on what the panel is made from, and one on what is chosen, which may leave nothing of it."""
    found = next((text for sign, text in _READS if sign in panel.sql), "")
    labels = [variable.label.lower() for variable in asked.variables if variable.many and asked.values(variable.name)]
    chosen = f" What is chosen above ({', '.join(labels)}) may leave nothing of it." if labels else ""
    return (found or "Traces fill it: telltale.init() in an application.") + chosen

"""Agents that do not find an end."""

from __future__ import annotations

from telltale_dashboards.rule import Cause, Group, Rule, Shows
from telltale_dashboards.rule_fragments import CALLS, DIMENSIONS, MINUTE, labelled

_OF_TRACES = f"(SELECT service AS application, trace_id, count() AS turns FROM {CALLS} AND kind = 'llm' GROUP BY ALL)"

GROUP = Group(
    name="agents",
    title="Agents",
    description="Agents that go round in circles.",
    rules=(
        Rule(
            uid="agent-loop",
            title="An agent goes round in circles",
            severity="page",
            description="One trace made more than 40 model calls in half an hour. Open the trace: the same tool with "
            "the same arguments again and again is a loop; give the agent a limit of turns.",
            checks=(
                "Open the trace: which tool comes again and again, with which arguments?",
                "Does the tool fail, or give the same answer each time?",
                "What did it cost? Stop it, if it still runs.",
            ),
            quiet='`telltale.budget("agent", calls=30, same_tool_calls=5)` around the agent. Agents that are meant '
            "to work for long get a higher threshold.",
            sql=labelled({"service": "application"}, "max(turns)", _OF_TRACES, "max(turns) >= 10"),
            unit="short",
            window_s=30 * MINUTE,
            threshold=40,
            shows=Shows("telltale-cost", "Dearest traces"),
            cause=Cause(
                rows=f"{CALLS} AND kind = 'llm'",
                weight="1",
                unit="short",
                recent_s=30 * MINUTE,
                labels={"service": "service"},
                dimensions={"trace": "trace_id"} | DIMENSIONS,
            ),
        ),
    ),
)

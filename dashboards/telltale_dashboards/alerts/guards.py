"""Guards that suddenly block far more than they did the day before."""

from __future__ import annotations

from telltale_dashboards.fragments import OF_PROJECT, within
from telltale_dashboards.rule import Cause, Group, Rule, Shows
from telltale_dashboards.rule_fragments import DAY, MINUTE, labelled, last, usage

_RECENT = last(15 * MINUTE, "at")
_EXPECTED = f"greatest(sumIf(blocks, NOT ({_RECENT})) / 96, 0.5)"  # a day has 96 quarters of an hour
_BLOCKS = f"spans FINAL WHERE {OF_PROJECT} AND {within('start_time')} AND guard_verdict = 'block'"

GROUP = Group(
    name="guards",
    title="Guards",
    description="Guards that block unusually much.",
    rules=(
        Rule(
            uid="guard-block-spike",
            title="Guards block far more than usual",
            severity="page",
            description="In a quarter of an hour a service's guards blocked at least 10 times, six standard "
            "deviations above the day before. Read some blocked texts: an attack, or a guard or prompt that changed.",
            checks=(
                "Board Quality, Latest blocks: read some. An attack, or harmless texts?",
                "Guards: one guard? Did its version, its list or its threshold change?",
                "One user or many?",
            ),
            quiet="Block the user, or give the guard the texts that it should let pass as tests.",
            sql=labelled(
                {"service": "service"},
                f"(sumIf(blocks, {_RECENT}) - {_EXPECTED}) / sqrt({_EXPECTED})",
                usage(),
                f"sumIf(blocks, {_RECENT}) >= 10",
            ),
            unit="short",
            window_s=DAY + 15 * MINUTE,
            threshold=6,
            keep_firing_for_s=5 * MINUTE,
            shows=Shows("telltale-overview", "Guard blocks over time"),
            cause=Cause(
                rows=_BLOCKS,
                weight="1",
                unit="short",
                recent_s=15 * MINUTE,
                labels={"service": "service"},
                dimensions={
                    "guard": "guard_name",
                    "stage": "guard_stage",
                    "reason": "guard_reason",
                    "user": "user_id",
                    "environment": "environment",
                },
                traces={"guard_verdict": "block"},
            ),
        ),
    ),
)

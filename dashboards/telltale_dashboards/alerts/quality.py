"""Answers that judges and people find worse than before."""

from __future__ import annotations

from telltale_dashboards.rule import Cause, Group, Rule, Shows
from telltale_dashboards.rule_fragments import DAY, HOUR, SCORES, labelled, last, wilson

_RECENT = last(6 * HOUR, "created_at")
_DROP = f"(avgIf(toFloat64(value), NOT ({_RECENT})) - avgIf(toFloat64(value), {_RECENT}))"
_ERROR = f"stddevPopIf(toFloat64(value), NOT ({_RECENT})) / sqrt(countIf({_RECENT}))"
_JUDGED = f"{SCORES} AND source IN ('judge', 'code')"
_GROUNDED = "multiSearchAnyCaseInsensitive(toString(name), ['grounded', 'faithful'])"
_INVENTED = "multiSearchAnyCaseInsensitive(toString(name), ['hallucinat'])"
_MADE_UP = f"(({_INVENTED} AND value >= 0.5) OR ({_GROUNDED} AND value < 0.5))"
_DISLIKE = "value < 0"
_FEEDBACK = f"{SCORES} AND name = 'feedback'"


def _cause(rows: str, weight: str, recent_s: int) -> Cause:
    return Cause(
        rows=rows,
        weight=weight,
        unit="short",
        recent_s=recent_s,
        labels={"score": "name"},
        dimensions={"author": "author", "evaluator": "evaluator_version", "label": "label", "session": "session_id"},
    )


GROUP = Group(
    name="quality",
    title="Quality",
    description="Scores and feedback that get worse.",
    interval_s=300,
    rules=(
        Rule(
            uid="eval-score-drop",
            title="A score fell",
            severity="ticket",
            description="A score's mean of six hours is lower than that of the week before: by 0.05 or more, and by "
            "more than three standard errors. See whether the prompt, the model or the judge itself changed.",
            checks=(
                "Board Quality, Mean of each score: a step, or a slope? All scores or one?",
                "Scores by prompt version: a new version?",
                "The judge: another model or version of its own? Then nothing may have happened to the answers.",
            ),
            quiet="Run evaluations before a prompt or model is changed.",
            sql=labelled(
                {"score": "name"},
                f"least({_DROP} / greatest({_ERROR}, 0.001), {_DROP} / 0.05 * 3)",
                _JUDGED,
                f"countIf({_RECENT}) >= 30 AND countIf(NOT ({_RECENT})) >= 100",
            ),
            unit="short",
            window_s=7 * DAY + 6 * HOUR,
            threshold=3,
            shows=Shows("telltale-quality", "Mean of each score"),
            cause=_cause(_JUDGED, "greatest(1 - toFloat64(ifNull(value, 0)), 0)", 6 * HOUR),
        ),
        Rule(
            uid="hallucination-rate",
            title="Answers are made up",
            severity="page",
            description="With 95 % certainty more than 10 % of judged answers of two hours are hallucinated or not "
            "grounded. Open the worst answers: were documents found, and were they the right ones?",
            checks=(
                "Board Quality, Worst answers: open three.",
                "Were documents found? Board Retrieval, Retrievers that found nothing, Score of the best document.",
                "Were they the right ones? An index that is empty or old makes models invent.",
            ),
            quiet="Let the prompt say what to do when nothing is found; guard answers without a source.",
            sql=labelled(
                {"score": "name"}, wilson(_MADE_UP), f"{SCORES} AND ({_INVENTED} OR {_GROUNDED})", "count() >= 20"
            ),
            unit="percentunit",
            window_s=2 * HOUR,
            threshold=0.1,
            shows=Shows("telltale-quality", "Mean of each score"),
            cause=_cause(f"{SCORES} AND {_MADE_UP}", "1", 2 * HOUR),
        ),
        Rule(
            uid="dislike-spike",
            title="Users dislike the answers",
            severity="ticket",
            description="With 95 % certainty more than 30 % of the feedback of two hours is a dislike. Read the "
            "comments and the worst answers; compare prompt versions.",
            checks=(
                "The comments: `GET /api/v1/scores?name=feedback`.",
                "Board Quality, Worst answers: what do they have in common?",
                "A release, a model, a prompt version since then?",
            ),
            quiet="What users dislike becomes a test case.",
            sql=labelled({"score": "name"}, wilson(_DISLIKE), _FEEDBACK, "count() >= 10"),
            unit="percentunit",
            window_s=2 * HOUR,
            threshold=0.3,
            shows=Shows("telltale-quality", "Likes and dislikes"),
            cause=_cause(f"{_FEEDBACK} AND {_DISLIKE}", "1", 2 * HOUR),
        ),
    ),
)

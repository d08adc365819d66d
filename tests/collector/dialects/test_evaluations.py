"""Judgements on spans become evaluation events."""

from collections.abc import Callable
from typing import Any

Evaluations = Callable[..., list[dict[str, Any]]]


def test_an_annotation_on_a_span_is_an_evaluation_event(evaluations: Evaluations) -> None:
    given = {
        "annotations.0.annotation.name": "relevance",
        "annotations.0.annotation.score": 0.9,
        "annotations.0.annotation.annotator_kind": "HUMAN",
        "annotations.1.annotation.name": "tone",
        "annotations.1.annotation.label": "polite",
    }
    relevance, tone = evaluations(given)
    assert relevance["gen_ai.evaluation.name"] == "relevance"
    assert (relevance["gen_ai.evaluation.score.value"], relevance["telltale.score.source"]) == (0.9, "human")
    assert (tone["gen_ai.evaluation.name"], tone["gen_ai.evaluation.score.label"]) == ("tone", "polite")


def test_an_evaluation_event_on_the_span_itself_counts_too(evaluations: Evaluations) -> None:
    event = {"name": "gen_ai.evaluation.result", "attributes": {"gen_ai.evaluation.name": "toxicity"}}
    (found,) = evaluations({"gen_ai.operation.name": "chat"}, events=[event])
    assert found == {"gen_ai.evaluation.name": "toxicity"}

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

import telltale
from telltale import testing

if TYPE_CHECKING:
    from telltale.testing import Captured


def test_a_span_says_what_it_is_told(captured: Captured) -> None:
    with telltale.span("answer", kind="llm") as span:
        given = span.set(
            input="q",
            output={"a": 1},
            model="gpt-5-mini",
            tags=["x"],
            metadata={"plan": "pro", "n": 1},
            top_k=5,
            nested={"a": [1]},
            nothing=None,
        )
    assert given is span
    recorded = captured.span("answer")
    assert (recorded["trace_id"], recorded["span_id"]) == (span.trace_id, span.span_id)
    assert recorded["attributes"] == {
        "telltale.span.kind": "llm",
        "telltale.input.value": "q",
        "telltale.output.value": '{"a":1}',
        "gen_ai.request.model": "gpt-5-mini",
        "telltale.tags": ["x"],
        "telltale.metadata.plan": "pro",
        "telltale.metadata.n": "1",
        "top_k": 5,
        "nested": '{"a":[1]}',
    }


def test_spans_nest(captured: Captured) -> None:
    with telltale.span("outer") as outer, telltale.span("inner") as inner:
        pass
    assert captured.span("inner")["parent_span_id"] == outer.span_id
    assert inner.trace_id == outer.trace_id


def test_documents_can_be_given_by_hand(captured: Captured) -> None:
    with telltale.span("search", kind="retriever") as span:
        span.set(input="q", documents=[("one", 0.5)])
    attributes = captured.span("search")["attributes"]
    assert json.loads(attributes["gen_ai.retrieval.documents"])[0]["content"] == "one"
    assert attributes["gen_ai.retrieval.query.text"] == "q"


def test_an_exception_inside_marks_the_span_and_passes(captured: Captured) -> None:
    with pytest.raises(KeyError), telltale.span("s"):
        raise KeyError("k")
    assert captured.span("s")["attributes"]["error.type"] == "KeyError"


def test_spans_work_with_async_with(captured: Captured) -> None:
    async def go() -> None:
        async with telltale.span("outer") as outer:
            await asyncio.sleep(0)
            async with telltale.span("inner"):
                pass
        assert outer.span_id

    asyncio.run(go())
    assert captured.span("inner")["parent_span_id"] == captured.span("outer")["span_id"]


def test_concurrent_tasks_do_not_mix_their_spans(captured: Captured) -> None:
    async def task(name: str) -> None:
        with telltale.span(name):
            await asyncio.sleep(0)
            with telltale.span(f"{name}.child"):
                await asyncio.sleep(0)

    async def go() -> None:
        await asyncio.gather(*(task(f"t{i}") for i in range(20)))

    asyncio.run(go())
    for i in range(20):
        assert captured.span(f"t{i}.child")["parent_span_id"] == captured.span(f"t{i}")["span_id"]


def test_context_lands_on_every_span_inside(captured: Captured) -> None:
    context = telltale.context(session_id="s", user_id="u", tags=["a"], metadata={"plan": "pro"})
    with context, telltale.span("outer"), telltale.span("inner"):
        pass
    with telltale.span("after"):
        pass
    expected = {
        "session.id": "s",
        "user.id": "u",
        "telltale.tags": ["a"],
        "telltale.metadata.plan": "pro",
        "telltale.span.kind": "chain",
    }
    assert captured.span("outer")["attributes"] == captured.span("inner")["attributes"] == expected
    assert captured.span("after")["attributes"] == {"telltale.span.kind": "chain"}


def test_contexts_nest_and_merge(captured: Captured) -> None:
    with telltale.context(session_id="s", tags=["a", "b"], metadata={"x": 1, "y": 1}):
        with telltale.context(user_id="u", tags=["b", "c"], metadata={"y": 2}), telltale.span("in"):
            pass
        with telltale.span("out"):
            pass
    inner, outer = captured.span("in")["attributes"], captured.span("out")["attributes"]
    assert inner["session.id"] == "s"
    assert inner["user.id"] == "u"
    assert inner["telltale.tags"] == ["a", "b", "c"]
    assert (inner["telltale.metadata.x"], inner["telltale.metadata.y"]) == ("1", "2")
    assert outer["telltale.tags"] == ["a", "b"]
    assert "user.id" not in outer


def test_context_follows_tasks_and_leaves_its_siblings_alone(captured: Captured) -> None:
    async def task(user: str) -> None:
        async with telltale.context(user_id=user):
            await asyncio.sleep(0)
            with telltale.span(user):
                pass

    async def go() -> None:
        with telltale.context(session_id="s"):
            await asyncio.gather(task("u1"), task("u2"))

    asyncio.run(go())
    for user in ("u1", "u2"):
        attributes = captured.span(user)["attributes"]
        assert (attributes["user.id"], attributes["session.id"]) == (user, "s")


@pytest.mark.parametrize("wrong", [{"tags": 3}, {"metadata": 3}, {"session_id": object()}])
def test_wrong_context_arguments_do_not_raise(captured: Captured, wrong: dict[str, Any]) -> None:
    with telltale.context(**wrong), telltale.span("s"):
        pass
    assert captured.span("s")["status"] == "unset"


def test_a_score_is_of_the_current_span(captured: Captured) -> None:
    with telltale.context(session_id="s"), telltale.span("s") as span:
        score_id = telltale.score("feedback", 1, comment="nice", author="ann")
    assert captured.scores == [
        {
            "trace_id": span.trace_id,
            "span_id": span.span_id,
            "time_ns": testing.START_NS + testing.TICK_NS,
            "attributes": {
                "gen_ai.evaluation.name": "feedback",
                "gen_ai.evaluation.score.value": 1.0,
                "gen_ai.evaluation.explanation": "nice",
                "telltale.score.id": score_id,
                "telltale.score.source": "user",
                "telltale.score.author": "ann",
                "session.id": "s",
            },
        }
    ]


def test_a_score_of_a_trace_given_by_its_id(captured: Captured) -> None:
    telltale.score("correct", True, label="yes", trace_id="ab" * 16, source="judge", score_id="one")
    (score,) = captured.scores
    assert (score["trace_id"], score["span_id"]) == ("ab" * 16, None)
    assert score["attributes"]["gen_ai.evaluation.score.value"] == 1.0
    assert score["attributes"]["gen_ai.evaluation.score.label"] == "yes"
    assert score["attributes"]["telltale.score.id"] == "one"


def test_a_span_is_scored_after_its_end(captured: Captured) -> None:
    with telltale.span("s") as span:
        pass
    span.score("helpful", 0.5, source="human")
    (score,) = captured.scores
    assert (score["trace_id"], score["span_id"]) == (span.trace_id, span.span_id)


def test_unusable_ids_cost_a_warning_not_the_score(captured: Captured, caplog: pytest.LogCaptureFixture) -> None:
    telltale.score("feedback", -1, trace_id="not hex")
    assert captured.scores[0]["trace_id"] is None
    assert "unusable trace_id 'not hex'" in caplog.text


def test_ids_and_times_are_the_same_in_every_run() -> None:
    def run() -> list[dict[str, Any]]:
        with testing.capture() as captured, telltale.span("a"), telltale.span("b"):
            pass
        return captured.spans

    assert run() == run()
    assert run()[0]["start_ns"] == testing.START_NS

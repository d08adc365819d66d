"""The JSON API of a running collector."""

import otlp
import pytest
from collector_process import CollectorProcess


@pytest.fixture(scope="module")
def trace_id(collector: CollectorProcess) -> str:
    """A stored trace of a root and a call, by user ``api-user``."""
    found, root = otlp.new_trace_id(), otlp.new_span_id()
    who = {"user.id": "api-user", "session.id": "api-session"}
    collector.send(
        otlp.traces_body(
            otlp.span("answer", trace_id=found, span_id=root, attributes=who),
            otlp.llm_span(trace_id=found, parent=root, attributes={"bytes": b"\0\1"}),
        )
    )
    collector.settle()
    return found


def test_the_list_has_the_fields_of_the_contract(collector: CollectorProcess, trace_id: str) -> None:
    (trace,) = collector.get("/api/v1/traces", user_id="api-user")["traces"]
    assert trace["trace_id"] == trace_id
    contract = (
        "trace_id name service start_time duration_ns status llm_calls embedding_calls input_tokens output_tokens "
        "cost_usd unpriced_calls estimated_calls models user_id session_id guard_verdict scores"
    )
    assert set(contract.split()) <= set(trace)
    assert trace["cost_usd"] == 0.00021


def test_a_trace_has_its_spans_in_start_order(collector: CollectorProcess, trace_id: str) -> None:
    found = collector.get(f"/api/v1/traces/{trace_id.upper()}")
    assert found["trace"]["llm_calls"] == 1
    assert [span["name"] for span in found["spans"]] == ["answer", "chat gpt-4o-mini"]
    call = found["spans"][1]
    assert call["input_messages"] == [{"role": "user", "content": "What is ClickHouse?"}]
    assert call["start_time"].endswith("Z")
    assert len(call["start_time"]) == len("2026-01-01T00:00:00.000000000Z")
    assert call["attributes"]["bytes"] == "AAE="
    assert call["cost_source"] == "table"


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/api/v1/traces/" + "0" * 31 + "1", 404, "no trace"),
        ("/api/v1/traces/xyz", 400, "32 hex digits"),
        ("/api/v1/traces?limit=0", 400, "limit is not a whole number from 1 to 1000"),
        ("/api/v1/traces?limit=1001", 400, "limit is not"),
        ("/api/v1/traces?cursor=zzz", 400, "not a cursor"),
        ("/api/v1/traces?from=soon", 400, "not a time"),
        ("/api/v1/traces?min_cost_usd=x", 400, "min_cost_usd is not a number"),
        ("/api/v1/spans?fields=span_id,nope", 400, "a span has no field 'nope'"),
        ("/api/v1/spans?limit=10001", 400, "limit is not a whole number from 1 to 10000"),
        ("/api/v1/usage?group_by=secret", 400, "cannot group by 'secret'"),
        ("/api/v1/usage?interval=fortnight", 400, "not an interval"),
        ("/api/v1/spans?cursor=W3RydWUsImEiLCJiIl0", 400, "not a cursor"),
        ("/api/v1/nothing", 404, ""),
    ],
)
def test_a_bad_question_gets_a_clear_error(collector: CollectorProcess, path: str, status: int, says: str) -> None:
    response = collector.client.get(path)
    assert response.status_code == status
    error = response.json()["error"]
    assert set(error) == {"code", "message", "hint"}
    assert says in error["message"]


def test_what_the_framework_refuses_has_the_same_form(collector: CollectorProcess) -> None:
    wrong_method = collector.client.delete("/api/v1/traces")
    assert (wrong_method.status_code, set(wrong_method.json()["error"])) == (405, {"code", "message", "hint"})
    unreadable = collector.client.post("/api/v1/scores", content=b"{", headers={"content-type": "application/json"})
    assert (unreadable.status_code, set(unreadable.json()["error"])) == (400, {"code", "message", "hint"})


def test_a_large_minimum_cost_finds_nothing(collector: CollectorProcess) -> None:
    assert collector.get("/api/v1/spans", min_cost_usd="10000000")["spans"] == []


def test_spans_give_only_the_fields_asked_for(collector: CollectorProcess, trace_id: str) -> None:
    found = collector.get("/api/v1/spans", fields="span_id,cost_usd", trace_id=trace_id)
    assert [set(span) for span in found["spans"]] == [{"span_id", "cost_usd"}] * 2
    assert found["next_cursor"] is None


def test_usage_by_user(collector: CollectorProcess, trace_id: str) -> None:
    rows = collector.get("/api/v1/usage", group_by="service,model", trace_id=trace_id)["rows"]
    assert [(row["service"], row["calls"], row["cost_usd"]) for row in rows] == [("test-app", 1, 0.00021)]


@pytest.mark.usefixtures("trace_id")
def test_stats_count_what_is_queryable(collector: CollectorProcess) -> None:
    stats = collector.get("/api/v1/stats")
    assert set(stats) == {"spans", "traces", "llm_calls", "oldest", "newest", "disk_bytes", "wal_pending_spans"}
    assert stats["spans"] >= 2
    assert stats["disk_bytes"] > 0


def test_a_posted_score_is_stored_once_and_shows_on_its_trace(collector: CollectorProcess, trace_id: str) -> None:
    score = {
        "name": "feedback",
        "value": 1,
        "trace_id": trace_id,
        "score_id": "mine",
        "comment": "good",
        "source": "human",
    }
    for value in (-1, 1):
        response = collector.client.post("/api/v1/scores", json={**score, "value": value})
        assert (response.status_code, response.json()) == (201, {"score_id": "mine"})
    collector.settle()
    (found,) = collector.get("/api/v1/scores", trace_id=trace_id)["scores"]
    assert (found["value"], found["comment"], found["source"]) == (1.0, "good", "human")
    assert collector.get(f"/api/v1/traces/{trace_id}")["trace"]["scores"] == {"feedback": 1.0}


@pytest.mark.parametrize(
    ("score", "says"),
    [
        ({"name": "x", "value": 1}, "give trace_id or session_id"),
        ({"name": "x", "trace_id": "ab" * 16}, "give value or label"),
        ({"name": "", "value": 1, "session_id": "s"}, "name"),
        ({"name": "x", "value": 1, "trace_id": "short"}, "trace_id"),
        ({"name": "x", "value": "high", "session_id": "s"}, "value"),
        ({"name": "x", "value": 1, "session_id": "s", "extra": 1}, "extra"),
        ({"name": "x", "value": 1, "session_id": "s", "span_id": "ab" * 8}, "give trace_id with span_id"),
        ({"name": "x", "value": 1, "trace_id": "0" * 32}, "cannot be stored"),
    ],
)
def test_a_malformed_score_is_refused(collector: CollectorProcess, score: dict, says: str) -> None:
    response = collector.client.post("/api/v1/scores", json=score)
    assert response.status_code == 400
    assert says in response.json()["error"]["message"]


def test_a_score_of_a_session_needs_no_trace(collector: CollectorProcess) -> None:
    score = {"name": "csat", "value": 4, "session_id": "a-session"}
    assert collector.client.post("/api/v1/scores", json=score).status_code == 201
    collector.settle()
    (found,) = collector.get("/api/v1/scores", session_id="a-session")["scores"]
    assert (found["trace_id"], found["value"]) == (None, 4.0)


def test_health_and_readiness_answer(collector: CollectorProcess) -> None:
    assert collector.client.get("/healthz").json() == {"status": "ok"}
    assert collector.client.get("/readyz").json() == {"status": "ready"}

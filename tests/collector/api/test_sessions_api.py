"""Sessions and users over the API of a running collector."""

import otlp
import pytest
from collector_process import CollectorProcess
from stored_traces import rag_trace, trace_of

SHARED = ("calls", "errors", "input_tokens", "output_tokens", "cost_usd", "unpriced_calls", "estimated_calls")
SERVICE = "sessions-api"


@pytest.fixture(scope="module")
def told(collector: CollectorProcess) -> CollectorProcess:
    """A session whose calls inherit it, with an id that is no plain word, and one of calls without a price."""
    who = {"session.id": "api/ses sion?", "user.id": "api/ann"}
    turns = [rag_trace(**who) for _ in range(3)]
    own = {"gen_ai.request.model": "own", "gen_ai.response.model": "own", "session.id": "api-own", "user.id": "api-own"}
    spans = [span for turn in turns for span in turn] + [otlp.llm_span(attributes=own)]
    collector.send(otlp.traces_body(*spans, resource={"service.name": SERVICE}))
    dislike = {"trace_id": trace_of(*turns[1]), "name": "feedback", "value": -1}
    assert collector.client.post("/api/v1/scores", json=dislike).status_code == 201
    whole = {"session_id": "api-own", "name": "feedback", "value": -1}
    assert collector.client.post("/api/v1/scores", json=whole).status_code == 201
    collector.settle()
    return collector


@pytest.mark.parametrize(("what", "key"), [("sessions", "session_id"), ("users", "user_id")])
def test_the_numbers_are_those_of_usage(told: CollectorProcess, what: str, key: str) -> None:
    usage = told.get("/api/v1/usage", group_by=key, service=SERVICE)["rows"]
    found = told.get(f"/api/v1/{what}", service=SERVICE)[what]
    assert len(found) == 2
    assert {each[key]: [each[name] for name in SHARED] for each in found} == {
        row[key]: [row[name] for name in SHARED] for row in usage
    }
    assert {each["cost_usd"] for each in found} == {0.00063, None}


def test_dislikes_of_turns_and_of_a_whole_session_arrive(told: CollectorProcess) -> None:
    found = told.get("/api/v1/sessions", service=SERVICE)["sessions"]
    assert [each["dislikes"] for each in found] == [1, 1]


def test_a_session_is_told_in_parts(told: CollectorProcess) -> None:
    path = "/api/v1/sessions/api%2Fses%20sion%3F"
    first = told.get(path, limit=2)
    assert [(turn["number"], turn["question"], turn["answer"]) for turn in first["turns"]] == [
        (1, "What is ClickHouse?", "A database."),
        (2, "What is ClickHouse?", "A database."),
    ]
    assert (first["next_turn"], first["first_wrong"]["disliked"]) == (3, 2)
    rest = told.get(path, limit=2, turn=first["next_turn"])
    assert [turn["cost_so_far_usd"] for turn in rest["turns"]] == [0.00063]
    assert rest["next_turn"] is None


def test_a_page_of_sessions_leads_to_the_next(told: CollectorProcess) -> None:
    first = told.get("/api/v1/sessions", service=SERVICE, limit=1)
    second = told.get("/api/v1/sessions", service=SERVICE, limit=1, cursor=first["next_cursor"])
    assert {each["session_id"] for page in (first, second) for each in page["sessions"]} == {"api-own", "api/ses sion?"}
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/api/v1/sessions/nobody's", 404, "no session"),
        ("/api/v1/sessions/x?turn=0", 400, "turn is not a whole number"),
        ("/api/v1/sessions?cursor=zzz", 400, "not a cursor"),
        ("/api/v1/users?sort=name", 400, "users have no order 'name'"),
    ],
)
def test_a_bad_question_gets_a_clear_error(collector: CollectorProcess, path: str, status: int, says: str) -> None:
    answer = collector.client.get(path)
    assert answer.status_code == status
    assert says in answer.json()["error"]["message"]

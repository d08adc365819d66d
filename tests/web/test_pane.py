from canonical import span, trace

from telltale_collector.model import Document, Message, SpanEvent
from telltale_collector.web.pane import build_pane, chosen_span

DOCUMENTS = [
    Document("a", "keys rotate every ninety days", 0.8, 1),
    Document("b", "lunch is at noon", 0.4, 2),
]


def test_the_first_model_call_is_chosen_unless_the_address_says_otherwise() -> None:
    root = span("root")
    again = span("wrapper", kind="llm", duplicate_of="ab" * 8)
    call = span("chat", kind="llm")
    whole = trace(root, again, call)
    assert chosen_span(whole, None) is call
    assert chosen_span(whole, root.span_id) is root
    assert chosen_span(whole, "no such span") is call
    assert chosen_span(trace(root), None) is root


def test_without_a_root_something_is_chosen_all_the_same() -> None:
    orphan = span(parent_span_id="ab" * 8)
    assert chosen_span(trace(orphan), None) is orphan


def test_long_texts_are_cut_unless_asked_for_in_full() -> None:
    long = span(kind="llm", input_messages=[Message("user", "x" * 20_123)])
    cut = build_pane(trace(long), long, full=False).turns[0].content
    assert (len(cut.shown), cut.hidden) == (20_000, 123)
    whole = build_pane(trace(long), long, full=True).turns[0].content
    assert (len(whole.shown), whole.hidden) == (20_123, 0)


def test_a_long_system_prompt_is_folded_and_a_long_question_is_not() -> None:
    call = span(kind="llm", input_messages=[Message("system", "x" * 500), Message("user", "x" * 500)])
    assert [turn.is_folded for turn in build_pane(trace(call), call, full=False).turns] == [True, False]


def test_tool_calls_show_their_arguments_as_json() -> None:
    message = Message("assistant", tool_calls=[{"id": "c1", "name": "look", "arguments": {"a": 1}}, {}])
    call = span(kind="llm", output_messages=[message])
    found = build_pane(trace(call), call, full=False).answers[0].tool_calls
    assert [(one.name, one.call_id, one.arguments.shown) for one in found] == [
        ("look", "c1", '{"a": 1}'),
        ("unnamed tool", None, ""),
    ]


def test_a_call_shows_the_documents_that_were_there_before_it() -> None:
    before = span("search", 0, 10, kind="retriever", documents=DOCUMENTS)
    after = span("search again", 50, 60, kind="retriever", documents=DOCUMENTS)
    call = span("chat", 20, 40, kind="llm", output_text="They say keys rotate every ninety days.")
    (shelf,) = build_pane(trace(before, call, after), call, full=False).shelves
    assert shelf.span is before
    assert [(one.document.id, one.is_used, one.bar) for one in shelf.documents] == [
        ("a", True, 100),
        ("b", False, 50),
    ]


def test_a_retriever_compares_its_documents_with_the_answer_of_the_trace() -> None:
    root = span("root", output_text="lunch is at noon")
    search = span("search", kind="retriever", parent_span_id=root.span_id, documents=DOCUMENTS)
    (shelf,) = build_pane(trace(root, search), search, full=False).shelves
    assert [one.is_used for one in shelf.documents] == [False, True]


def test_negative_scores_get_no_bar() -> None:
    search = span(kind="reranker", documents=[Document("a", "x", -3.2), Document("b", "y", 1.5), Document("c", "z")])
    (shelf,) = build_pane(trace(search), search, full=False).shelves
    assert [one.bar for one in shelf.documents] == [None, None, None]


def test_an_error_is_told_by_the_exception_where_the_status_says_nothing() -> None:
    thrown = {"exception.type": "KeyError", "exception.message": "'x'", "exception.stacktrace": "Traceback"}
    broken = span(status="error", events=[SpanEvent("exception", 5_000_000, thrown)])
    pane = build_pane(trace(broken), broken, full=False)
    assert pane.failed is not None
    assert (pane.failed.kind, pane.failed.message) == ("KeyError", "'x'")
    assert pane.failed.stacktrace is not None
    assert [event.offset_ns for event in pane.events] == [5_000_000]


def test_request_parameters_are_listed_where_they_were_given() -> None:
    call = span(kind="llm", temperature=0.0, max_tokens=100, stop_sequences=[], stream=False)
    facts = {fact.name: fact.value for fact in build_pane(trace(call), call, full=False).parameters}
    assert facts == {"temperature": "0.0", "max tokens": "100", "stream": "false"}


def test_attributes_of_every_type_are_readable() -> None:
    odd = span(attributes={"b": b"\x01\xff", "a": ["x"], "n": None, "t": True, "j": '{"k": 1}'})
    facts = {fact.name: fact.value for fact in build_pane(trace(odd), odd, full=False).attributes}
    assert facts == {"a": '["x"]', "b": "01ff", "j": '{"k": 1}', "n": "", "t": "true"}

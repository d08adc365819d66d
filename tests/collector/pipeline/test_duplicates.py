"""Which spans describe one call: the rules, each with its counter-example."""

from hypothesis import given
from hypothesis import strategies as st

from telltale_collector.model import SpanOutline
from telltale_collector.pipeline import duplicates


def llm(span_id: str, parent: str | None = None, **fields: object) -> SpanOutline:
    """A call that starts at the number of its id and lasts until 100."""
    given = {
        "trace_id": "t",
        "kind": "llm",
        "scope": "a",
        "start_time": int(span_id, 16),
        "end_time": 100,
        "response_id": None,
        "model": "gpt-4o",
        "input_tokens": 10,
        "output_tokens": 5,
    }
    return SpanOutline(**{"span_id": span_id, "parent_span_id": parent} | given | fields)


def find_duplicates(spans: list[SpanOutline]) -> dict[str, str]:
    """By span id: these tests use each once."""
    return {
        key[1]: counted[1] for key, counted in duplicates.find_duplicates({span.key: span for span in spans}).items()
    }


def test_two_instrumentations_that_saw_one_response_are_one_call() -> None:
    assert find_duplicates([llm("1", response_id="r"), llm("2", response_id="r", scope="b")]) == {"2": "1"}


def test_they_are_so_across_traces_too() -> None:
    assert find_duplicates([llm("1", response_id="r"), llm("2", response_id="r", scope="b", trace_id="u")]) == {
        "2": "1"
    }


def test_one_instrumentation_that_is_installed_twice_is_one_call() -> None:
    assert find_duplicates([llm("1", response_id="r"), llm("2", "1", response_id="r", input_tokens=99)]) == {"2": "1"}


def test_a_server_that_repeats_its_response_id_still_answered_twice() -> None:
    assert find_duplicates([llm("1", response_id="r", end_time=5), llm("6", response_id="r")]) == {}
    assert find_duplicates([llm("1", response_id="r"), llm("2", response_id="r")]) == {}


def test_the_span_that_knows_the_usage_counts() -> None:
    bare = {"input_tokens": None, "output_tokens": None}
    assert find_duplicates([llm("1", response_id="r", **bare), llm("2", response_id="r", scope="b")]) == {"1": "2"}


def test_different_response_ids_are_different_calls_even_nested() -> None:
    assert find_duplicates([llm("1", response_id="a"), llm("2", "1", response_id="b")]) == {}


def test_a_wrapper_that_repeats_its_calls_usage_does_not_count() -> None:
    assert find_duplicates([llm("1"), llm("2", "1")]) == {"1": "2"}


def test_a_wrapper_without_usage_does_not_count() -> None:
    assert find_duplicates([llm("1", input_tokens=None, output_tokens=None), llm("2", "1")]) == {"1": "2"}


def test_a_wrapper_that_alone_knows_the_usage_counts() -> None:
    assert find_duplicates([llm("1"), llm("2", "1", input_tokens=None, output_tokens=None)]) == {"2": "1"}


def test_a_wrapper_that_alone_knows_the_usage_counts_for_all_its_calls() -> None:
    bare = {"input_tokens": None, "output_tokens": None}
    assert find_duplicates([llm("1"), llm("2", "1", **bare), llm("3", "1", **bare)]) == {"2": "1", "3": "1"}


def test_a_wrapper_with_the_sum_of_its_calls_does_not_count() -> None:
    spans = [llm("1", input_tokens=30, output_tokens=9), llm("2", "1"), llm("3", "1", input_tokens=20, output_tokens=4)]
    assert find_duplicates(spans) == {"1": "3"}


def test_a_nested_call_with_other_usage_is_another_call() -> None:
    assert find_duplicates([llm("1"), llm("2", "1", input_tokens=99)]) == {}


def test_a_nested_call_of_another_model_is_another_call() -> None:
    assert find_duplicates([llm("1"), llm("2", "1", model="claude")]) == {}


def test_a_dated_model_name_is_the_same_model() -> None:
    assert find_duplicates([llm("1"), llm("2", "1", model="openai/gpt-4o-2024-08-06")]) == {"1": "2"}


def test_plain_spans_between_wrapper_and_call_do_not_hide_it() -> None:
    http = llm("2", "1", kind="span", model=None)
    assert find_duplicates([llm("1"), http, llm("3", "2")]) == {"1": "3"}


def test_a_call_inside_a_tool_is_another_call() -> None:
    assert find_duplicates([llm("1"), llm("2", "1", kind="tool"), llm("3", "2")]) == {}


def test_siblings_with_equal_usage_are_two_calls() -> None:
    root = llm("1", kind="chain")
    assert find_duplicates([root, llm("2", "1"), llm("3", "1")]) == {}


def test_three_instrumentations_on_one_client_count_once() -> None:
    assert find_duplicates([llm("1"), llm("2", "1"), llm("3", "2")]) == {"1": "3", "2": "3"}


def test_a_span_of_no_duration_completes_the_sibling_before_it() -> None:
    bare = {"input_tokens": None, "output_tokens": None}
    first, second = llm("1", "0", end_time=2, **bare), llm("5", "0", end_time=5)
    assert find_duplicates([first, second]) == {"1": "5"}


def test_a_call_with_a_duration_completes_no_sibling() -> None:
    bare = {"input_tokens": None, "output_tokens": None}
    assert find_duplicates([llm("1", "0", end_time=2, **bare), llm("5", "0", end_time=9)]) == {}


def test_a_retriever_around_a_retriever_is_one_retrieval() -> None:
    bare = {"kind": "retriever", "input_tokens": None, "output_tokens": None, "model": None}
    assert find_duplicates([llm("1", **bare), llm("2", "1", **bare)]) == {"1": "2"}


def test_agents_are_never_judged() -> None:
    assert find_duplicates([llm("1", kind="agent"), llm("2", "1", kind="agent")]) == {}


def test_spans_that_are_their_own_ancestors_are_survived() -> None:
    assert find_duplicates([llm("1", "2", kind="span"), llm("2", "1", kind="span"), llm("3", "1")]) == {}


outlines = st.lists(
    st.builds(
        llm,
        span_id=st.sampled_from("123456789abc"),
        parent=st.sampled_from([None, *"123456789abc"]),
        kind=st.sampled_from(["llm", "llm", "span", "chain", "retriever"]),
        scope=st.sampled_from(["a", "b"]),
        end_time=st.sampled_from([5, 20]),
        response_id=st.sampled_from([None, None, "r1", "r2"]),
        input_tokens=st.sampled_from([None, 10, 20]),
    ),
    unique_by=lambda span: span.span_id,
    max_size=9,
)


@given(outlines, st.randoms())
def test_the_order_of_arrival_does_not_matter(spans: list[SpanOutline], rng) -> None:
    shuffled = list(spans)
    rng.shuffle(shuffled)
    assert find_duplicates(shuffled) == find_duplicates(spans)


@given(outlines)
def test_what_counts_is_never_itself_a_duplicate(spans: list[SpanOutline]) -> None:
    marks = find_duplicates(spans)
    assert not set(marks) & set(marks.values())

"""Text that wants to be markup, in every field that a page shows: it adds none."""

import re
from html.parser import HTMLParser

import pytest
from collector_process import CollectorProcess
from rag_trace import RagTrace

ATTACK = "</textarea></title><script>alert(1)</script><img src=x onerror=alert(1)>\"' onfocus=alert(1) x='"
FILTERS = ("q", "session_id", "service", "environment", "kind", "name", "trace_id", "model", "user_id")


class Markup(HTMLParser):
    """All tags with the names of their attributes, and where links lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[tuple[str, ...]] = set()
        self.targets: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add((tag, *(name for name, _ in attrs)))
        self.targets |= {value or "" for name, value in attrs if name in {"href", "src", "action"}}


def sent(collector: CollectorProcess, text: str, user: str) -> RagTrace:
    trace = RagTrace(
        question=text,
        answer=text,
        name=text,
        model=text,
        user=user,
        system=text,
        failure=text,
        documents=[{"id": text, "content": text, "score": 1.0, "metadata": {text: text}}],
        call={text: text, "gen_ai.prompt.name": text, "error.type": text, "telltale.tags": [text]},
    )
    assert collector.send(trace.body()).status_code == 200
    collector.settle()
    return trace


@pytest.fixture(scope="module")
def harmless(collector: CollectorProcess) -> RagTrace:
    return sent(collector, "one two three four", "harmless")


@pytest.fixture(scope="module")
def hostile(collector: CollectorProcess) -> RagTrace:
    return sent(collector, ATTACK, ATTACK)


def html_of(collector: CollectorProcess, path: str, params: dict[str, str]) -> str:
    return collector.client.get(path, params=params, headers={"accept": "text/html"}).text


def assert_same_markup(html: str, harmless: str) -> None:
    found = Markup(html)
    assert found.tags == Markup(harmless).tags
    assert all(re.match(r"/(?!/)|\?|#main$", target) for target in found.targets), found.targets


@pytest.mark.parametrize("part", ["root_id", "guard_id", "retriever_id", "call_id"])
def test_a_trace_of_hostile_text_has_no_markup_of_its_own(
    collector: CollectorProcess, harmless: RagTrace, hostile: RagTrace, part: str
) -> None:
    pages = [
        html_of(collector, f"/traces/{trace.trace_id}", {"span": getattr(trace, part)}) for trace in (hostile, harmless)
    ]
    assert "&lt;script&gt;" in pages[0]
    assert_same_markup(*pages)


def test_a_list_of_hostile_text_has_no_markup_of_its_own(
    collector: CollectorProcess, harmless: RagTrace, hostile: RagTrace
) -> None:
    pages = [
        html_of(collector, "/traces", {"user_id": trace.user, "model": trace.model}) for trace in (hostile, harmless)
    ]
    assert hostile.trace_id in pages[0]
    assert_same_markup(*pages)


@pytest.mark.parametrize("text", [f"{ATTACK} unknown", "javascript:alert(1)", "//elsewhere.example"])
def test_hostile_filters_have_no_markup_of_their_own(
    collector: CollectorProcess, harmless: RagTrace, text: str
) -> None:
    assert harmless.trace_id in html_of(collector, "/traces", {"user_id": harmless.user})
    pages = [html_of(collector, "/traces", dict.fromkeys(FILTERS, given)) for given in (text, "nothing")]
    assert_same_markup(*pages)


@pytest.mark.parametrize(
    ("path", "params"),
    [("/traces", {"from": ATTACK}), (f"/traces/{ATTACK.replace('/', '')}", {}), (f"/no{ATTACK}", {})],
)
def test_error_pages_have_no_markup_of_their_own(
    collector: CollectorProcess, path: str, params: dict[str, str]
) -> None:
    pages = [
        html_of(collector, path, params),
        html_of(
            collector,
            path.replace(ATTACK.replace("/", ""), "ab").replace(ATTACK, "ab"),
            dict.fromkeys(params, "x"),
        ),
    ]
    assert_same_markup(*pages)

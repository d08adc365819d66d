"""The engine refuses one row of a batch: the others are stored, it is kept with its reason and can be carried again.

The refusal is the engine's own: a constraint on the table, as a schema that knows better would have it.
"""

import re
import time

import otlp
import pytest
from chaos_proxy import Faults
from figures import FigureRecorder
from html_text import text_of
from site_under_test import Site

from telltale_collector.decode import read_spans

SPANS = 10_000
_INSERT = re.compile(rb"insert_deduplication_token=[^& ]+-spans")


class CountInserts:
    """Sees every request to the engine; loses no answer."""

    def __init__(self) -> None:
        self.spans = 0

    def __call__(self, request: bytes) -> bool:
        self.spans += len(_INSERT.findall(request))
        return False


@pytest.fixture
def refusing(site: Site) -> Site:
    """The engine takes no span named poison."""
    site.engine.query("ALTER TABLE spans ADD CONSTRAINT no_poison CHECK name != 'poison'")
    return site


def letters_of(site: Site) -> list[dict]:
    return site.collector.get("/api/v1/dead-letters")["dead_letters"]


def test_of_ten_thousand_spans_one_is_refused_and_the_others_are_stored(
    refusing: Site, record_figure: FigureRecorder
) -> None:
    site = refusing
    inserts = CountInserts()
    site.proxy.break_with(Faults(lose_answer=inserts))
    spans = [otlp.span(f"good {at}") for at in range(SPANS)]
    spans[6789] = otlp.span("poison", attributes={"kept": "whole"})
    began = time.monotonic()
    assert site.collector.send(otlp.traces_body(*spans)).status_code == 200
    assert site.collector.send(otlp.traces_body(otlp.span("later"))).status_code == 200
    site.collector.settle()
    seconds = time.monotonic() - began
    stored = site.collector.get("/api/v1/stats")["spans"]
    (letter,) = letters_of(site)
    record_figure(f"stored of {SPANS} spans with one bad, and one later", stored, str(SPANS))
    record_figure("all stored within", round(seconds, 1), "<= 10", "s")
    record_figure("inserts of spans that it took", inserts.spans, "<= 31")
    record_figure("dead letters", 1, "1")
    assert stored == SPANS
    assert 3 <= inserts.spans <= 31
    assert "no_poison" in letter["reason"]
    payload = site.collector.client.get(f"/api/v1/dead-letters/{letter['id']}/payload")
    assert payload.headers["content-type"] == "application/x-protobuf"
    assert len(payload.content) == letter["size_bytes"]
    (kept,) = read_spans(payload.content)
    assert (kept.name, kept.span_id, kept.attributes) == ("poison", spans[6789]["span_id"], {"kept": "whole"})


def test_dead_letters_are_paged_shown_and_counted(refusing: Site) -> None:
    site = refusing
    for _ in range(3):
        bad = [otlp.span("poison") for _ in range(2)]
        assert site.collector.send(otlp.traces_body(*bad, otlp.span("good"))).status_code == 200
    site.collector.settle()
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        page = site.collector.get("/api/v1/dead-letters", limit=4, cursor=cursor)
        seen += [letter["id"] for letter in page["dead_letters"]]
        cursor = page["next_cursor"]
    assert len(seen) == len(set(seen)) == 6
    assert "telltale_dead_letters_total 6.0" in site.collector.client.get("/metrics").text
    shown = site.collector.client.get("/dead-letters").text
    assert "6 items" in text_of(shown)
    assert "no_poison" in text_of(shown)
    assert all(letter in shown for letter in seen)
    assert "6 items could not be stored" in text_of(site.collector.client.get("/checkup").text)


def test_letters_are_carried_again_once_their_reason_is_gone(refusing: Site, record_figure: FigureRecorder) -> None:
    site = refusing
    bad = [otlp.span("poison") for _ in range(3)]
    assert site.collector.send(otlp.traces_body(*bad)).status_code == 200
    site.collector.settle()
    chosen = letters_of(site)[0]["id"]
    again = site.collector.client.post("/api/v1/dead-letters/retry", json={"ids": [chosen]})
    assert (again.status_code, again.json()) == (202, {"carried": 1})
    site.collector.settle()
    assert len(letters_of(site)) == 3, "what fails again is a letter again"
    assert chosen not in {letter["id"] for letter in letters_of(site)}
    site.engine.query("ALTER TABLE spans DROP CONSTRAINT no_poison")
    assert site.collector.client.post("/api/v1/dead-letters/retry").json() == {"carried": 3}
    site.collector.settle()
    stored = site.collector.get("/api/v1/stats")["spans"]
    record_figure("dead letters stored after their reason was gone", stored, "3")
    assert stored == 3
    assert letters_of(site) == []
    assert "None" in text_of(site.collector.client.get("/dead-letters").text)


@pytest.mark.parametrize(
    ("path", "status"),
    [("/api/v1/dead-letters/" + "0" * 32 + "/payload", 404), ("/api/v1/dead-letters?cursor=x", 400)],
)
def test_a_letter_that_is_not_there_is_said_so(site: Site, path: str, status: int) -> None:
    assert site.collector.client.get(path).status_code == status

"""An insert is committed, and its answer never arrives: nobody can know, so it is repeated, and is there once."""

import os
import random
import re

import pytest
from chaos_proxy import NO_FAULTS, Faults
from figures import FigureRecorder
from oracle import Oracle, Senders, judge
from site_under_test import Site

LOST_ANSWERS = int(os.environ.get("TELLTALE_AMBIGUOUS", "20"))
_TOKEN = re.compile(rb"insert_deduplication_token=([^& ]+)")


class LoseAnswers:
    """Of each new insert the first answer is lost, and now and then those of its repetitions too."""

    def __init__(self, chance: random.Random) -> None:
        self.inserts: set[bytes] = set()
        self._chance = chance

    def __call__(self, request: bytes) -> bool:
        token = _TOKEN.search(request)
        if token is None:
            return False
        is_new = token[1] not in self.inserts
        self.inserts.add(token[1])
        return is_new or self._chance.random() < 0.3


@pytest.fixture
def options() -> list[str]:
    """Many small inserts."""
    return ["--linger-ms", "20"]


def test_an_insert_whose_answer_is_lost_is_repeated_and_stored_once(
    site: Site, chance: random.Random, record_figure: FigureRecorder
) -> None:
    oracle = Oracle()
    lose = LoseAnswers(chance)
    site.engine.query("SYSTEM STOP MERGES spans")  # else a merge could hide a second row
    with Senders(oracle, site.collector.url, clients=4, spans_per_s=400) as senders:
        site.proxy.break_with(Faults(lose_answer=lose))
        site.collector.wait_for(
            lambda: len(lose.inserts) >= LOST_ANSWERS, 60 + 10 * LOST_ANSWERS, f"{LOST_ANSWERS} answers to be lost"
        )
        site.proxy.break_with(NO_FAULTS)
        senders.wait(0.1)
    verdict = judge(site.collector, oracle)
    rows = site.engine.query("SELECT count() FROM spans").strip()
    record_figure("inserts whose answer was lost", len(lose.inserts), f">= {LOST_ANSWERS}")
    record_figure("answers lost, repetitions included", site.proxy.counts.answers_lost)
    record_figure("rows in the table beyond the spans sent", int(rows) - oracle.issued, "<= 0")
    verdict.record(record_figure)
    assert site.proxy.counts.answers_lost >= LOST_ANSWERS
    assert int(rows) == oracle.issued, "a repetition was written a second time"
    assert verdict.is_clean, verdict

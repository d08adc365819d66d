"""The store is away, slow, hanging, cut off or refusing: senders see nothing of it, all is stored afterwards, once."""

import os
import re
import time

import psutil
import pytest
from chaos_proxy import NO_FAULTS, Faults
from collector_process import CollectorProcess
from figures import FigureRecorder
from oracle import Oracle, Senders, judge
from site_under_test import Site

OUTAGE_S = float(os.environ.get("TELLTALE_OUTAGE_S", "8"))
DRAIN_LIMIT_S = 180
BYTES_A_SPAN = 2048
MIB = 1 << 20


def memory_of(collector: CollectorProcess) -> int:
    return psutil.Process(collector.pid).memory_info().rss


def failed_inserts(collector: CollectorProcess) -> float:
    found = re.search(r"^telltale_insert_failures_total (\S+)", collector.client.get("/metrics").text, re.MULTILINE)
    assert found
    return float(found[1])


def wait_for_a_failed_insert(collector: CollectorProcess, limit_s: float = 30) -> None:
    before = failed_inserts(collector)
    collector.wait_for(lambda: failed_inserts(collector) > before, limit_s, "an insert to fail")


def test_an_engine_that_is_away_delays_and_loses_nothing(site: Site, record_figure: FigureRecorder) -> None:
    oracle = Oracle(BYTES_A_SPAN)
    collector = site.collector
    with Senders(oracle, collector.url, clients=8, spans_per_s=1000) as senders:
        senders.wait(2)
        before = memory_of(collector)
        most = outage(site, senders)
        backlog = waiting_items(collector)
        site.engine.start()
        senders.wait(1)
    began = time.monotonic()
    verdict = judge(collector, oracle, settle_s=DRAIN_LIMIT_S)
    growth = max(most, memory_of(collector)) - before
    refused = sum(count for status, count in oracle.answers.items() if status != 200)
    record_figure("outage", OUTAGE_S, "", "s")
    record_figure("items waiting at its end", int(backlog))
    record_figure("requests refused or unanswered", refused + oracle.cut + oracle.not_connected, "0")
    record_figure("99 % of requests acknowledged within", round(oracle.slowest_of_99_percent(), 3), "<= 0.1", "s")
    record_figure("growth of memory", round(growth / MIB), "<= 100", "MiB")
    record_figure("drained and judged within", round(time.monotonic() - began, 1), f"<= {DRAIN_LIMIT_S}", "s")
    verdict.record(record_figure)
    assert refused + oracle.cut + oracle.not_connected == 0
    assert growth <= 200 * MIB, "the backlog is kept in memory"
    assert backlog > OUTAGE_S * 500
    assert verdict.is_clean, verdict


def outage(site: Site, senders: Senders) -> int:
    """Kill the engine and wait; the most memory that the collector took meanwhile."""
    site.engine.kill()
    most = 0
    until = time.monotonic() + OUTAGE_S
    while time.monotonic() < until:
        senders.wait(0.5)
        most = max(most, memory_of(site.collector))
    assert failed_inserts(site.collector) > 0, "no insert met the outage"
    return most


def waiting_items(collector: CollectorProcess) -> float:
    found = re.search(r"^telltale_wal_pending_items (\S+)", collector.client.get("/metrics").text, re.MULTILINE)
    assert found
    return float(found[1])


@pytest.mark.parametrize(
    "faults",
    [
        Faults(refuse=True),
        Faults(hang=True),
        Faults(delay_s=30),
        Faults(bytes_per_s=2000),
        Faults(cut_sent=1000),
        Faults(cut_answered=1),
        Faults(cut_answered=150),
        Faults(half_close=True),
    ],
    ids=["reset", "hanging", "30 s late", "slow line", "cut request", "cut answer", "half an answer", "half closed"],
)
def test_a_store_behind_a_failing_network_delays_and_loses_nothing(
    site: Site, faults: Faults, record_figure: FigureRecorder, request: pytest.FixtureRequest
) -> None:
    oracle = Oracle()
    with Senders(oracle, site.collector.url, clients=4, spans_per_s=400) as senders:
        senders.wait(0.3)
        site.proxy.break_with(faults)
        began = time.monotonic()
        wait_for_a_failed_insert(site.collector)
        cut_after = time.monotonic() - began
        senders.wait(0.3)
        site.proxy.break_with(NO_FAULTS)
        senders.wait(0.3)
    verdict = judge(site.collector, oracle)
    fault = request.node.callspec.id
    given_up = f"{fault}: an insert is given up within (time limit {site.timeout_s} s)"
    record_figure(given_up, round(cut_after, 1), "<= 60", "s")
    record_figure(f"{fault}: lost, doubled or changed of {verdict.acknowledged}", verdict.broken, "0")
    assert set(oracle.answers) == {200}
    assert verdict.is_clean, verdict


REFUSALS = {
    "too many parts": (
        (
            "SYSTEM STOP MERGES spans",
            "ALTER TABLE spans MODIFY SETTING parts_to_throw_insert = 1, parts_to_delay_insert = 1000",
        ),
        ("ALTER TABLE spans RESET SETTING parts_to_throw_insert, parts_to_delay_insert", "SYSTEM START MERGES spans"),
    ),
    "enough free space": (
        ("ALTER TABLE spans MODIFY SETTING min_free_disk_bytes_to_perform_insert = 1000000000000000",),
        ("ALTER TABLE spans MODIFY SETTING min_free_disk_bytes_to_perform_insert = 0",),
    ),
    "unknown_table": (("RENAME TABLE spans TO spans_away",), ("RENAME TABLE spans_away TO spans",)),
}
"""By what the engine says: the statements that make it refuse every insert, and those that let it take them again."""


@pytest.mark.parametrize("said", REFUSALS)
def test_a_store_that_refuses_everything_for_a_while_is_waited_for(
    site: Site, said: str, record_figure: FigureRecorder
) -> None:
    refuse, relent = REFUSALS[said]
    oracle = Oracle()
    with Senders(oracle, site.collector.url, clients=4, spans_per_s=400) as senders:
        senders.wait(1)
        run(site, refuse)
        wait_for_a_failed_insert(site.collector)
        reason = site.collector.client.get("/readyz").json()["reason"]
        run(site, relent)
        senders.wait(0.3)
    verdict = judge(site.collector, oracle)
    letters = site.engine.query("SELECT count() FROM dead_letters").strip()
    record_figure(f"{said}: lost, doubled or changed of {verdict.acknowledged}", verdict.broken, "0")
    record_figure(f"{said}: good spans set aside", letters, "0")
    assert said in reason.lower()
    assert letters == "0"
    assert verdict.is_clean, verdict


def run(site: Site, statements: tuple[str, ...]) -> None:
    for statement in statements:
        site.engine.query(statement)
